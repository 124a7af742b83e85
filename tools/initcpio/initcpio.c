/*
 * initcpio: makes, lists and checks the initramfs that Linux unpacks.
 *
 * The command line is read here and nowhere else. Exit status: 0; 64 the input is at fault; 70 the host is.
 */
#include "create.h"
#include "report.h"
#include "show.h"
#include "squeeze.h"
#include "verify.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_BAD    64
#define EXIT_FAILED 70

static void print_help(void)
{
	printf("initcpio: makes, lists and checks an initramfs\n"
	       "\n"
	       "  initcpio create [-z COMPRESSOR] [-M DEPFILE] -o OUT INPUT...\n"
	       "  initcpio ls ARCHIVE       print what is in it, as ls -l\n"
	       "  initcpio verify ARCHIVE   say what Linux would stumble over\n"
	       "\n"
	       "INPUT is a file list, or a folder that is added whole. What a "
	       "later input\nsays replaces what an earlier one said.\n"
	       "COMPRESSOR is one of %s.\n"
	       "DEPFILE gets rules for make: what OUT was made from.\n"
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
	while ((option = getopt(argc, argv, "+:z:o:M:")) != -1) {
		if (option == 'z')
			r->compressor = compressor_find(optarg);
		else if (option == 'o')
			r->output = optarg;
		else if (option == 'M')
			r->depfile = optarg;
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

static int one_archive(int argc, char **argv, struct buf *raw,
		       struct buf *plain)
{
	if (argc != 2)
		return report_bad("%s: takes one archive; see initcpio --help",
				  argv[0]);
	return unsqueeze_file(argv[1], raw, plain);
}

static int list(int argc, char **argv)
{
	struct buf raw = { 0 }, plain = { 0 };
	int err = one_archive(argc, argv, &raw, &plain);

	if (!err)
		err = show_archive(stdout, argv[1], plain.data, plain.len);
	buf_free(&raw);
	buf_free(&plain);
	return err;
}

static int verify(int argc, char **argv)
{
	struct buf raw = { 0 }, plain = { 0 };
	int err = one_archive(argc, argv, &raw, &plain);
	const char *fault;

	if (!err)
		err = verify_archive(argv[1], plain.data, plain.len);
	fault = raw.len ? squeeze_fault(&raw) : NULL;
	if (fault)
		err = report_bad("%s: %s", argv[1], fault);
	if (!err)
		printf("%s: %zu bytes, %zu unpacked: good\n", argv[1], raw.len,
		       plain.len);
	buf_free(&raw);
	buf_free(&plain);
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

int main(int argc, char **argv)
{
	int err;

	signal(SIGPIPE, SIG_IGN); /* a child or reader that is gone: EPIPE */
	err = run(argc, argv);
	if (!err && (fflush(stdout) || ferror(stdout)))
		err = report_failed("standard output: %s", strerror(errno));
	if (!err)
		return EXIT_SUCCESS;
	return err == -EINVAL ? EXIT_BAD : EXIT_FAILED;
}
