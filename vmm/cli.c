/*
 * The command line of kvm-vmm. What the loaders, probes and commands bring
 * along comes from their tables, so --help and --list tell what was linked in.
 */
#include "cli.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot/select.h"
#include "cli_value.h"
#include "cli_word.h"
#include "command.h"
#include "core/probes.h"
#include "core/sandbox.h"
#include "core/services.h"
#include "device.h"
#include "feature.h"
#include "irqchip.h"
#include "loader.h"
#include "plug.h"
#include "probe.h"
#include "service.h"
#include "usage.h"
#include "util/log.h"
#include "view.h"
#include "viewers.h"

#define OPTIONS_MAX 160
#define WORD_MAX    24 /* of "--no-FEATURE" */

TABLE_DECLARE(command, command);
TABLE_DECLARE(device, device_type);
TABLE_DECLARE(feature, feature);
TABLE_DECLARE(loader, loader);
TABLE_DECLARE(plug, plug);
TABLE_DECLARE(probe, probe);
TABLE_DECLARE(service, service);

/* Values of long options that are not one of a table's rows. */
enum {
	OPT_INITRD = 256,
	OPT_LOADER,
	OPT_CMDLINE,
	OPT_MODULE,
	OPT_LOAD_AT,
	OPT_MEM,
	OPT_SMP,
	OPT_IRQCHIP,
	OPT_EOF,
	OPT_KEYS,
	OPT_DISPLAY,
	OPT_TIMEOUT,
	OPT_MAX_EXITS,
	OPT_MAX_OUTPUT,
	OPT_INTERLEAVE,
	OPT_SANDBOX,
	OPT_VERBOSE,
	OPT_LIST,
	OPT_VERSION,
	OPT_HELP,
	OPT_TABLES, /* the first of the tables' rows */
};

static const struct option fixed_options[] = {
	{ "initrd", required_argument, NULL, OPT_INITRD },
	{ "loader", required_argument, NULL, OPT_LOADER },
	{ "cmdline", required_argument, NULL, OPT_CMDLINE },
	{ "module", required_argument, NULL, OPT_MODULE },
	{ "load-at", required_argument, NULL, OPT_LOAD_AT },
	{ "mem", required_argument, NULL, OPT_MEM },
	{ "smp", required_argument, NULL, OPT_SMP },
	{ "irqchip", required_argument, NULL, OPT_IRQCHIP },
	{ "eof", required_argument, NULL, OPT_EOF },
	{ "keys", required_argument, NULL, OPT_KEYS },
	{ "display", required_argument, NULL, OPT_DISPLAY },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "max-exits", required_argument, NULL, OPT_MAX_EXITS },
	{ "max-output", required_argument, NULL, OPT_MAX_OUTPUT },
	{ "interleave", no_argument, NULL, OPT_INTERLEAVE },
	{ "sandbox", required_argument, NULL, OPT_SANDBOX },
	{ "verbose", no_argument, NULL, OPT_VERBOSE },
	{ "list", no_argument, NULL, OPT_LIST },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "help", no_argument, NULL, OPT_HELP },
};

/* One long option that a table's row brought along. */
struct table_option {
	const char *loader_option;
	const struct command *command;
	const struct probe *probe;
	const struct service *service;
	const struct plug *plug;
	const char *without; /* a feature's name */
};

struct parser {
	struct option longs[OPTIONS_MAX];
	struct table_option rows[OPTIONS_MAX];
	char names[OPTIONS_MAX][WORD_MAX]; /* those that are put together */
	unsigned int nr_longs, nr_rows;
};

static int force_kind(struct options *opt, const char *option, const char *kind)
{
	if (opt->loader_option && strcmp(opt->loader_option, kind) != 0)
		return cli_refuse(option, "only one kind can be forced");
	opt->loader_option = kind;
	return 0;
}

static int add_module(struct options *opt, const char *text)
{
	if (opt->nr_modules == MODULES_MAX)
		return cli_refuse("--module", "too many; 64 is the limit");
	opt->modules[opt->nr_modules++] =
		(struct module_option){ text, opt->nr_images };
	return 0;
}

/* --verbose is details of the log and the probe that goes by that name. */
static void turn_verbose_on(void)
{
	const struct probe *const *probe;

	log_set_verbose(1);
	TABLE_FOREACH(probe, probe) {
		if ((*probe)->option && !strcmp((*probe)->option, "--verbose"))
			probes_add(*probe);
	}
}

/* Beside the terminal there may be several; on it, the last one counts. */
static int take_display(struct options *opt, const char *arg)
{
	int taken = viewers_take(arg);

	if (taken)
		return taken < 0 ? taken : 0;
	opt->display = arg;
	return view_check(arg);
}

static int apply_fixed(struct options *opt, int value, const char *arg)
{
	switch (value) {
	case OPT_INITRD:
		opt->initrd = arg;
		return 0;
	case OPT_LOADER:
		return loader_check(arg) ? -EINVAL :
					   force_kind(opt, "--loader", arg);
	case OPT_CMDLINE:
		opt->cmdline = arg;
		return 0;
	case OPT_MODULE:
		return add_module(opt, arg);
	case OPT_LOAD_AT:
		return cli_parse_load_at(&opt->load_at, arg);
	case OPT_MEM:
		return cli_parse_mem(&opt->mem_size, arg);
	case OPT_SMP:
		return cli_parse_smp(&opt->nr_cpus, arg);
	case OPT_IRQCHIP:
		opt->irqchip = arg;
		return irqchip_check(arg);
	case OPT_EOF:
		return cli_parse_eof(&opt->eof, arg);
	case OPT_KEYS:
		return cli_parse_keys(&opt->keys, arg);
	case OPT_DISPLAY:
		return take_display(opt, arg);
	case OPT_TIMEOUT:
		return cli_parse_timeout(&opt->timeout_ns, arg);
	case OPT_MAX_EXITS:
		return cli_parse_max_exits(&opt->max_exits, arg);
	case OPT_MAX_OUTPUT:
		return cli_parse_max_output(&opt->max_output, arg);
	case OPT_INTERLEAVE:
		opt->interleave = true;
		return 0;
	case OPT_SANDBOX:
		return sandbox_choose(arg);
	case OPT_VERBOSE:
		turn_verbose_on();
		return 0;
	case OPT_LIST:
		usage_print_list();
		return 1;
	case OPT_VERSION:
		printf("kvm-vmm %s\n", MKVM_VERSION);
		return 1;
	case OPT_HELP:
		usage_print_help();
		return 1;
	case CLI_NO_VALUE:
		return cli_refuse(arg, "needs a value");
	default:
		return cli_refuse(arg, "no such option");
	}
}

static void go_without(struct options *opt, const char *name)
{
	unsigned int nr = 0;

	while (opt->without[nr] && strcmp(opt->without[nr], name) != 0)
		nr++;
	assert(nr < WITHOUT_MAX);
	opt->without[nr] = name;
}

/* For the image before it, or for all. */
static int plug_in(struct options *opt, const struct plug *plug,
		   const char *arg)
{
	if (opt->nr_plugged == PLUGGED_MAX)
		return cli_refuse(plug->option, "too many devices");
	opt->plugged[opt->nr_plugged++] =
		(struct plugged){ plug, arg, opt->nr_images, opt->said };
	return 0;
}

static int apply_row(struct options *opt, const struct table_option *row,
		     const char *arg)
{
	if (row->probe) {
		probes_add(row->probe);
		return row->probe->setup ? row->probe->setup(arg) : 0;
	}
	if (row->service && row->service->says)
		return 0; /* its words have been taken already */
	if (row->service) {
		services_add(row->service);
		return row->service->setup ? row->service->setup(arg) : 0;
	}
	if (row->plug)
		return plug_in(opt, row->plug, arg);
	if (row->without) {
		go_without(opt, row->without);
		return 0;
	}
	if (row->command) {
		opt->command = row->command;
		opt->command_arg = arg;
		return 0;
	}
	return force_kind(opt, row->loader_option, row->loader_option);
}

static void add_row(struct parser *p, const char *option, int has_arg,
		    struct table_option row)
{
	for (unsigned int i = 0; i < p->nr_rows; i++)
		if (p->rows[i].loader_option && row.loader_option &&
		    !strcmp(p->rows[i].loader_option, row.loader_option))
			return; /* two loaders share the option */
	assert(p->nr_longs < OPTIONS_MAX - 1); /* the last one ends the list */
	p->longs[p->nr_longs++] =
		(struct option){ option + 2, has_arg, NULL,
				 OPT_TABLES + (int)p->nr_rows };
	p->rows[p->nr_rows++] = row;
}

static int has_arg(const char *name, bool is_optional)
{
	if (!name)
		return no_argument;
	return is_optional ? optional_argument : required_argument;
}

/* --no-NAME. A feature may have several makers, and so the name twice. */
static void add_feature(struct parser *p, const char *name)
{
	static const char without[] = "--no-";
	const size_t without_len = sizeof(without) - 1, len = strlen(name);
	char *option = p->names[p->nr_rows];

	for (unsigned int i = 0; i < p->nr_rows; i++)
		if (p->rows[i].without && !strcmp(p->rows[i].without, name))
			return;
	assert(without_len + len < WORD_MAX);
	memcpy(option, without, without_len);
	memcpy(option + without_len, name, len + 1);
	add_row(p, option, no_argument,
		(struct table_option){ .without = name });
}

static void collect_features(struct parser *p)
{
	const struct device_type *const *device;
	const struct feature *const *feature;
	const struct loader *const *loader;
	const struct probe *const *probe;

	TABLE_FOREACH(device, device) {
		if (!device_is_chip(*device))
			add_feature(p, (*device)->name);
	}
	TABLE_FOREACH(feature, feature)
		add_feature(p, (*feature)->name);
	TABLE_FOREACH(loader, loader)
		add_feature(p, (*loader)->name);
	TABLE_FOREACH(probe, probe) {
		if (!(*probe)->option)
			add_feature(p, (*probe)->name);
	}
}

static void collect_options(struct parser *p)
{
	const struct loader *const *loader;
	const struct command *const *command;
	const struct probe *const *probe;
	const struct service *const *service;
	const struct plug *const *plug;

	memcpy(p->longs, fixed_options, sizeof(fixed_options));
	p->nr_longs = sizeof(fixed_options) / sizeof(fixed_options[0]);
	TABLE_FOREACH(loader, loader) {
		if ((*loader)->option)
			add_row(p, (*loader)->option, no_argument,
				(struct table_option){
					.loader_option = (*loader)->option });
	}
	TABLE_FOREACH(command, command) {
		if ((*command)->option)
			add_row(p, (*command)->option,
				has_arg((*command)->arg,
					!(*command)->needs_arg),
				(struct table_option){ .command = *command });
	}
	TABLE_FOREACH(probe, probe) {
		if ((*probe)->option && strcmp((*probe)->option, "--verbose"))
			add_row(p, (*probe)->option,
				has_arg((*probe)->arg, (*probe)->arg_optional),
				(struct table_option){ .probe = *probe });
	}
	TABLE_FOREACH(service, service)
		add_row(p, (*service)->option,
			has_arg((*service)->arg, (*service)->arg_optional),
			(struct table_option){ .service = *service });
	TABLE_FOREACH(plug, plug)
		add_row(p, (*plug)->option,
			has_arg((*plug)->arg, (*plug)->arg_optional),
			(struct table_option){ .plug = *plug });
	collect_features(p);
}

static int take_image(struct options *opt, const char *path)
{
	if (opt->nr_images == GUESTS_MAX)
		return cli_refuse(path, "too many images; 256 at once is the "
					"limit");
	opt->images[opt->nr_images++] = path;
	return 0;
}

/* The word of a row's option, if it stands behind it and cannot be an image. */
static const char *word_behind(const struct table_option *row,
			       struct cli_walk *walk)
{
	const char *word = *walk->at;

	if (!row->service || !row->service->is_arg || !word ||
	    !row->service->is_arg(word))
		return NULL;
	return *walk->at++;
}

static int take_row(struct options *opt, const struct table_option *row,
		    const char *arg, struct cli_walk *walk)
{
	return apply_row(opt, row, arg ? arg : word_behind(row, walk));
}

/*
 * Those of a snapshot are not the user's: they may say what machine it is, and
 * nothing else.
 */
static bool makes_machine(const struct parser *p, int value)
{
	const struct table_option *row;

	if (value < OPT_TABLES)
		return value == OPT_MEM || value == OPT_SMP ||
		       value == OPT_IRQCHIP || value == OPT_KEYS;
	row = &p->rows[value - OPT_TABLES];
	return row->plug || row->without;
}

static int take_words(struct options *opt, struct parser *parser, char **words)
{
	struct cli_walk walk = { .longs = parser->longs, .at = words };
	const char *arg;
	int value, err = 0;

	while (!err && (value = cli_next(&walk, &arg)) != CLI_END) {
		if (opt->said && !makes_machine(parser, value))
			err = cli_refuse(opt->said, "holds words that make no "
						    "machine");
		else if (value == CLI_IMAGE)
			err = take_image(opt, arg);
		else if (value >= OPT_TABLES)
			err = take_row(opt, &parser->rows[value - OPT_TABLES],
				       arg, &walk);
		else
			err = apply_fixed(opt, value, arg);
	}
	return err;
}

/* Those of @row, which has found a file that says how the machine is made. */
static int take_said(struct options *opt, struct parser *parser,
		     const struct service *service, const char *arg)
{
	struct said said;
	int err = service->says(arg, &said);

	if (!err)
		err = cli_check_said(parser->longs, arg, said.words);
	if (err)
		return err;
	opt->said = arg;
	err = take_words(opt, parser, (char **)said.words);
	opt->said = NULL;
	for (unsigned int i = 0; said.foreign && i < opt->nr_plugged && !err;
	     i++)
		if (opt->plugged[i].plug->is_of_host)
			err = cli_refuse(arg, "somebody else could have "
					      "written it, and it names "
					      "files of this host; copy it");
	return err ? err : take_image(opt, said.image);
}

/* Before all that the user says. */
static int look_for_said(struct options *opt, struct parser *parser,
			 char **words)
{
	struct cli_walk walk = { .longs = parser->longs, .at = words };
	const char *arg;
	int value, err = 0;

	while (!err && (value = cli_next(&walk, &arg)) != CLI_END) {
		const struct service *service =
			value < OPT_TABLES ?
				NULL :
				parser->rows[value - OPT_TABLES].service;

		if (service && service->says)
			err = take_said(opt, parser, service, arg);
	}
	return err;
}

/* Firmware needs no other image than itself. */
static int take_alone(struct options *opt)
{
	for (unsigned int i = 0; i < opt->nr_plugged; i++) {
		const struct plugged *p = &opt->plugged[i];

		if (p->plug->alone)
			return take_image(opt,
					  p->arg ? p->arg : p->plug->alone);
	}
	return cli_refuse("no image given",
			  "name at least one, such as images/bzImage");
}

int cli_parse(struct options *opt, int argc, char **argv)
{
	static struct parser parser; /* zeroes that nobody needs cost nothing */
	unsigned int nr_said;
	int err;

	*opt = (struct options){ .load_at = LOAD_AT_USUAL };
	if (cli_has_options(argv + 1))
		collect_options(&parser);
	err = cli_check_words(parser.longs, argc, argv);
	if (!err)
		err = look_for_said(opt, &parser, argv + 1);
	nr_said = opt->nr_images;
	if (!err)
		err = take_words(opt, &parser, argv + 1);
	if (err)
		return err;
	if (nr_said && opt->nr_images > nr_said)
		return cli_refuse(opt->images[nr_said],
				  "an image beside a guest that goes on; start "
				  "another kvm-vmm for it");
	if (!opt->nr_images && !opt->command)
		err = take_alone(opt);
	return err;
}
