/*
 * initcpio: makes, lists and checks the initramfs that Linux unpacks.
 *
 * The command line is read here and nowhere else. Exit status: 0; 64 the input is at fault; 70 the host is.
 */
#include "create.h"
#include "load.h"
#include "report.h"
#include "show.h"
#include "squeeze.h"
#include "verify.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_BAD    64
#define EXIT_FAILED 70

static void print_help(void)
{
	printf("initcpio: makes, lists and checks an initramfs\n"
	       "\n"
	       "  initcpio create [-z COMPRESSOR] [-M DEPFILE] [-u] -o OUT "
	       "INPUT...\n"
	       "  initcpio ls [-m MIB] ARCHIVE       print what is in it, as "
	       "ls -l\n"
	       "  initcpio verify [-m MIB] ARCHIVE   say what Linux would "
	       "stumble over\n"
	       "\n"
	       "INPUT is a file list, or a folder that is added whole. What a "
	       "later input\nsays replaces what an earlier one said.\n"
	       "COMPRESSOR is one of %s.\n"
	       "DEPFILE gets rules for make: what OUT was made from.\n"
	       "-u makes each hard link a file of its own.\n"
	       "MIB is how much an archive may unpack to, if it seems too "
	       "much.\n"
	       "SOURCE_DATE_EPOCH is the time of every file (default 0).\n"
	       "\n"
	       "A line of a file list is one of\n"
	       "  dir NAME MODE UID GID\n"
	       "  file NAME SOURCE MODE UID GID [HARDLINK...]\n"
	       "  slink NAME TARGET MODE UID GID\n"
	       "  nod NAME MODE UID GID c|b MAJOR MINOR\n"
	       "  pipe NAME MODE UID GID\n"
	       "  sock NAME MODE UID GID\n"
	       "with \"quotes\" around blanks, ${NAME} from the environment "
	       "and # comments.\n",
	       compressor_names());
}

static int read_epoch(time_t *mtime)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");

	*mtime = 0;
	if (!text || !*text)
		return 0;
	if (strspn(text, "0123456789") != strlen(text) || strlen(text) > 10 ||
	    strtoull(text, NULL, 10) > UINT32_MAX)
		return report_bad("SOURCE_DATE_EPOCH=%.40s: not seconds from 0 "
				  "to %u",
				  text, UINT32_MAX);
	*mtime = strtoull(text, NULL, 10);
	return 0;
}

static int read_options(int argc, char **argv, struct request *r)
{
	int option;

	r->compressor = compressor_find("none");
	while ((option = getopt(argc, argv, "+:z:o:M:u")) != -1) {
		if (option == 'z')
			r->compressor = compressor_find(optarg);
		else if (option == 'o')
			r->output = optarg;
		else if (option == 'M')
			r->depfile = optarg;
		else if (option == 'u')
			r->unlinked = true;
		else
			return report_bad("create: option -%c %s; see "
					  "initcpio --help",
					  optopt,
					  option == ':' ? "needs a value" :
							  "is unknown");
		if (!r->compressor)
			return -EINVAL;
	}
	r->inputs = argv + optind;
	r->count = argc - optind;
	if (!r->output || !*r->output)
		return report_bad("create: no output; add -o FILE");
	if (!r->count)
		return report_bad("create: nothing to put in; name a file list "
				  "or a folder");
	return read_epoch(&r->mtime);
}

static int create(int argc, char **argv)
{
	struct request r = { 0 };
	int err = read_options(argc, argv, &r);

	return err ? err : create_archive(&r);
}

#define LIMIT_MIB_MAX 65536

static int read_limit(const char *text, uint64_t *limit)
{
	if (!*text || strspn(text, "0123456789") != strlen(text) ||
	    strlen(text) > 5 || !strtoul(text, NULL, 10) ||
	    strtoul(text, NULL, 10) > LIMIT_MIB_MAX)
		return report_bad("-m %.40s: not a number of MiB from 1 to %d",
				  text, LIMIT_MIB_MAX);
	*limit = strtoul(text, NULL, 10) << 20;
	return 0;
}

/* [-m MIB] ARCHIVE: its bytes, its name and the limit. */
static int one_archive(int argc, char **argv, struct buf *raw,
		       const char **path, uint64_t *limit)
{
	int option, err = 0;

	while (!err && (option = getopt(argc, argv, "+:m:")) != -1)
		err = option == 'm' ?
			      read_limit(optarg, limit) :
			      report_bad("%s: option -%c %s; see initcpio "
					 "--help",
					 argv[0], optopt,
					 option == ':' ? "needs a value" :
							 "is unknown");
	if (err)
		return err;
	if (argc - optind != 1)
		return report_bad("%s: takes one archive; see initcpio --help",
				  argv[0]);
	*path = argv[optind];
	return load_file(*path, raw);
}

static int list(int argc, char **argv)
{
	struct buf raw = { 0 };
	const char *path;
	uint64_t limit = 0;
	int err = one_archive(argc, argv, &raw, &path, &limit);

	if (!err)
		err = show_archive(stdout, path, raw.data, raw.len, limit);
	buf_free(&raw);
	return err;
}

static int verify(int argc, char **argv)
{
	struct buf raw = { 0 };
	const char *path;
	uint64_t limit = 0;
	int err = one_archive(argc, argv, &raw, &path, &limit);

	if (!err)
		err = verify_archive(stdout, path, raw.data, raw.len, limit);
	buf_free(&raw);
	return err;
}

static int help(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	print_help();
	return 0;
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "create", create }, { "ls", list },	{ "verify", verify },
	{ "--help", help },   { "help", help }, { "-h", help },
};

static int run(int argc, char **argv)
{
	if (argc < 2)
		return report_bad("no command; try initcpio --help");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	return report_bad("%s: no such command; there are create, ls, verify "
			  "and --help",
			  argv[1]);
}

/*
 * Where a standard descriptor is closed, the next file would take its place
 * and get our messages: one that nothing can be written to stands in for it.
 */
static void fill_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	int err;

	fill_descriptors();
	signal(SIGPIPE, SIG_IGN); /* a child or reader that is gone: EPIPE */
	err = run(argc, argv);
	if (!err && (fflush(stdout) || ferror(stdout)))
		err = report_failed("standard output: %s", strerror(errno));
	if (!err)
		return EXIT_SUCCESS;
	return err == -EINVAL ? EXIT_BAD : EXIT_FAILED;
}
