/*
 * kvm-vmm --show-sandbox: what the walls of a run let through, in the order of
 * calls.h and with its reasons, and what else is given away.
 */
#define _GNU_SOURCE /* CLONE_... */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/exit_status.h"
#include "command.h"
#include "sandbox/kinds.h"
#include "sandbox/sandbox.h"

struct row {
	const char *call;
	unsigned int kinds;
	const char *form, *why;
};

static const struct row rows[] = {
#define ROW(call, kinds, form, why, ...) { #call, kinds, form, why },
#include "sandbox/calls.h"
#undef ROW
};

#define NR_ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct {
	enum sandbox_kind kind;
	unsigned int takes;
	const char *what;
} kinds[] = {
	{ SANDBOX_MAIN, MAIN,
	  "Main thread: console, timers, messages, the end" },
	{ SANDBOX_MAKER, MAIN | WORKER,
	  "Main thread, where a device may want workers: those have both their own "
	  "filter and this" },
	{ SANDBOX_VCPU, VCPU, "A vCPU's thread, which runs the guest" },
	{ SANDBOX_WORKER, WORKER,
	  "A worker: waits for the files and sockets of a device" },
	{ SANDBOX_SHARE, WORKER | SHARE,
	  "A worker of --share, which opens files below the directory" },
	{ SANDBOX_SERVICE, SERVICE,
	  "A service: the server of --gdb, the one of --control" },
	{ SANDBOX_SAVER, SAVER,
	  "A saver: of --save and --save-on-exit, which write a guest to its "
	  "file" },
};

static void show_kind(size_t nr)
{
	size_t len;

	filter_of(kinds[nr].kind, &len);
	printf("\n%s (%zu instructions of BPF):\n", kinds[nr].what, len);
	for (size_t i = 0; i < NR_ROWS; i++)
		if (rows[i].kinds & kinds[nr].takes)
			printf("  %-18s %-24s %s\n", rows[i].call, rows[i].form,
			       rows[i].why);
}

static void show_names(void)
{
	printf("\nThe main thread, where a socket's file is to be removed at the "
	       "end:\n");
	for (size_t i = 0; i < NR_ROWS; i++)
		if (rows[i].kinds & NAMES)
			printf("  %-18s %-24s %s\n", rows[i].call, rows[i].form,
			       rows[i].why);
}

static void show_rest(void)
{
	const int version = landlock_version();

	printf("Raised when all files are open, before a guest runs. What is not "
	       "listed ends the\nrun with status %d; --sandbox=log names it and "
	       "goes on.\n\n",
	       STATUS_FAILED);
	printf("System calls   %s\n",
	       filter_is_there() ?
		       "filtered for each kind of thread, as below" :
		       "NOT CHECKED: this host's kernel has no "
		       "seccomp filters");
	if (version > 0)
		printf("Landlock       version %d: no file is opened, made or "
		       "removed but below a\n               --share, and a "
		       "socket's own file at the end%s\n",
		       version,
		       version < 4 ? "" :
				     "; no TCP socket is bound or "
				     "connected");
	else
		printf("Landlock       NOT THERE: this host's kernel has none; "
		       "files are guarded by\n               system calls "
		       "alone\n");
	printf("Capabilities   none, in any of the five sets; of root, a worker of "
	       "--share keeps\n               those that concern files\n"
	       "Privileges     no new ones: a program with the set-user-ID bit "
	       "gives none\n"
	       "Core           none, and nobody but root may look into the process "
	       "(not dumpable)\n"
	       "Descriptors    what the caller left open is closed; the limit is "
	       "what it was\n"
	       "Back ends      have walls of their own: kvm-net --show-sandbox, and "
	       "so on\n");
}

static int show(const char *arg)
{
	(void)arg;
	show_rest();
	for (size_t nr = 0; nr < sizeof(kinds) / sizeof(kinds[0]); nr++)
		show_kind(nr);
	show_names();
	return STATUS_OK;
}

static const struct command show_sandbox = {
	.option = "--show-sandbox",
	.what = "print what the walls around a run let through, and why",
	.run = show,
};
COMMAND(show_sandbox);
