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
#include "cli_word.h"
#include "command.h"
#include "core/probes.h"
#include "core/services.h"
#include "core/smp.h"
#include "device.h"
#include "feature.h"
#include "irqchip.h"
#include "loader.h"
#include "plug.h"
#include "probe.h"
#include "service.h"
#include "usage.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/size.h"
#include "view.h"

#define OPTIONS_MAX    112
#define WORD_MAX       24 /* of "--no-FEATURE" */
#define TIMEOUT_MIN_NS 1000000
#define TIMEOUT_MAX    1000000000UL /* seconds */

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
	OPT_INTERLEAVE,
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
	{ "interleave", no_argument, NULL, OPT_INTERLEAVE },
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

static int usage_error(const char *option, const char *why)
{
	log_error("%s: %s; try `kvm-vmm --help`", option, why);
	return -EINVAL;
}

static int parse_mem(struct options *opt, const char *text)
{
	if (size_parse(text, &opt->mem_size))
		return usage_error("--mem", "give a size such as 64K, 128M or "
					    "5G");
	if (opt->mem_size < MEM_MIN || opt->mem_size > MEM_MAX ||
	    opt->mem_size % 4096)
		return usage_error("--mem", "give whole 4 KiB pages, from 64K "
					    "to 1T");
	return 0;
}

/* Hexadecimal behind 0x, else decimal, and nothing else. */
static int parse_load_at(struct options *opt, const char *text)
{
	char *end;

	errno = 0;
	opt->load_at = strtoull(text, &end, strncmp(text, "0x", 2) ? 10 : 16);
	if (*text < '0' || *text > '9' || errno || *end ||
	    opt->load_at >= MEM_HOLE_START)
		return usage_error("--load-at", "give an address such as "
						"0x100000, below 0xc0000000");
	return 0;
}

static int parse_smp(struct options *opt, const char *text)
{
	uint64_t count;

	if (size_number(text, ~0u, &count) || !count)
		return usage_error("--smp", "give a number of vCPUs, 1 or "
					    "more");
	if (count > smp_limit()) {
		log_error("--smp: this kvm-vmm was built for at most %u; set "
			  "SMP and SMP_MAX in `make menuconfig`",
			  smp_limit());
		return -EINVAL;
	}
	opt->nr_cpus = count;
	return 0;
}

/* Decimal seconds up to TIMEOUT_MAX, and nothing else. By hand: strtod() would
 * be the only reader of real numbers here, and is 7 KB. */
static int parse_seconds(const char *text, uint64_t *ns)
{
	uint64_t unit = NS_PER_SEC;
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	*ns = strtoull(text, &end, 10);
	if (errno || *ns > TIMEOUT_MAX)
		return -EINVAL;
	*ns *= NS_PER_SEC;
	if (*end == '.')
		for (end++; *end >= '0' && *end <= '9'; end++)
			*ns += (*end - '0') * (unit /= 10);
	return *end || *ns > TIMEOUT_MAX * NS_PER_SEC ? -EINVAL : 0;
}

static int parse_timeout(struct options *opt, const char *text)
{
	if (parse_seconds(text, &opt->timeout_ns) ||
	    opt->timeout_ns < TIMEOUT_MIN_NS)
		return usage_error("--timeout", "give seconds, such as 10 or "
						"0.5");
	return 0;
}

static int parse_eof(struct options *opt, const char *text)
{
	static const char *const words[] = {
		[EOF_WAIT] = "wait", [EOF_POWEROFF] = "poweroff", [EOF_HANGUP] = "hangup"
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!strcmp(text, words[i])) {
			opt->eof = i;
			return 0;
		}
	}
	return usage_error("--eof", "give wait, poweroff or hangup");
}

static int parse_keys(struct options *opt, const char *text)
{
	static const char *const words[] = { "auto", "serial", "keyboard",
					     "console" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i]) != 0)
			continue;
		opt->keys = i ? words[i] : NULL;
		return 0;
	}
	return usage_error("--keys", "give serial, keyboard, console or auto");
}

static int force_kind(struct options *opt, const char *option, const char *kind)
{
	if (opt->loader_option && strcmp(opt->loader_option, kind) != 0)
		return usage_error(option, "only one kind can be forced");
	opt->loader_option = kind;
	return 0;
}

static int add_module(struct options *opt, const char *text)
{
	if (opt->nr_modules == MODULES_MAX)
		return usage_error("--module", "too many; 64 is the limit");
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
		return parse_load_at(opt, arg);
	case OPT_MEM:
		return parse_mem(opt, arg);
	case OPT_SMP:
		return parse_smp(opt, arg);
	case OPT_IRQCHIP:
		opt->irqchip = arg;
		return irqchip_check(arg);
	case OPT_EOF:
		return parse_eof(opt, arg);
	case OPT_KEYS:
		return parse_keys(opt, arg);
	case OPT_DISPLAY:
		opt->display = arg;
		return view_check(arg);
	case OPT_TIMEOUT:
		return parse_timeout(opt, arg);
	case OPT_MAX_EXITS:
		if (size_number(arg, ~0UL, &opt->max_exits) || !opt->max_exits)
			return usage_error("--max-exits", "give a number, 1 or "
							  "more");
		return 0;
	case OPT_INTERLEAVE:
		opt->interleave = true;
		return 0;
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
		return usage_error(arg, "needs a value");
	default:
		return usage_error(arg, "no such option");
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
		return usage_error(plug->option, "too many devices");
	opt->plugged[opt->nr_plugged++] =
		(struct plugged){ plug, arg, opt->nr_images };
	return 0;
}

static int apply_row(struct options *opt, const struct table_option *row,
		     const char *arg)
{
	if (row->probe) {
		probes_add(row->probe);
		return row->probe->setup ? row->probe->setup(arg) : 0;
	}
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
	TABLE_FOREACH(command, command)
		add_row(p, (*command)->option,
			has_arg((*command)->arg, !(*command)->needs_arg),
			(struct table_option){ .command = *command });
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
		return usage_error(path, "too many images; 256 at once is the "
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
	walk->at++;
	return word;
}

static int take_row(struct options *opt, const struct table_option *row,
		    const char *arg, struct cli_walk *walk)
{
	return apply_row(opt, row, arg ? arg : word_behind(row, walk));
}

int cli_parse(struct options *opt, int argc, char **argv)
{
	static struct parser parser; /* zeroes that nobody needs cost nothing */
	struct cli_walk walk = { .longs = parser.longs, .at = argv + 1 };
	const char *arg;
	int value, err;

	*opt = (struct options){ .load_at = LOAD_AT_USUAL };
	if (cli_has_options(argv + 1))
		collect_options(&parser);
	err = cli_check_words(parser.longs, argc, argv);
	while (!err && (value = cli_next(&walk, &arg)) != CLI_END) {
		if (value == CLI_IMAGE)
			err = take_image(opt, arg);
		else if (value >= OPT_TABLES)
			err = take_row(opt, &parser.rows[value - OPT_TABLES],
				       arg, &walk);
		else
			err = apply_fixed(opt, value, arg);
	}
	if (!err && !opt->nr_images && !opt->command)
		err = usage_error("no image given", "name at least one, such "
						    "as images/bzImage");
	return err;
}
