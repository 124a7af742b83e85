/* --show-trace FILE: kvm-insn prints what --trace-insn=FILE has written. It alone looks
 * into the file, which may be anybody's. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "abi/exit_status.h"
#include "abi/insn_status.h"
#include "command.h"
#include "util/backend.h"
#include "util/log.h"

#define PROGRAM "kvm-insn"

/* What is to be said, if anything, and how it ends. */
static int judge(const char *path, int status)
{
	switch (status) {
	case INSN_OK:
	case INSN_NO_READER: /* as of a pipe to head(1) */
		return status ? STATUS_FAILED : STATUS_OK;
	case INSN_CUT:
		log_warn("--show-trace: %s: it was cut off here; up to here it "
			 "is whole",
			 path);
		return STATUS_OK;
	case INSN_DAMAGED: /* it has said where */
		log_error("--show-trace: %s: damaged", path);
		return STATUS_USAGE;
	case INSN_OTHER:
		log_error("--show-trace: %s: no trace; --trace-insn=FILE "
			  "writes one",
			  path);
		return STATUS_USAGE;
	case INSN_IO:
		log_error("--show-trace: %s: it cannot be read", path);
		return STATUS_USAGE;
	case INSN_NO_JAIL: /* it has said so */
		return STATUS_FAILED;
	default:
		log_error("--show-trace: " PROGRAM " has ended with status %d",
			  status);
		return STATUS_FAILED;
	}
}

static int show(const char *path)
{
	char *argv[] = { PROGRAM, "file", NULL };
	int fds[] = { open(path, O_RDONLY | O_CLOEXEC), STDOUT_FILENO,
		      STDERR_FILENO };
	pid_t pid;

	if (fds[0] < 0) {
		log_error("--show-trace: %s: %s", path, strerror(errno));
		return STATUS_USAGE;
	}
	pid = backend_start(argv, NULL, fds, 3);
	close(fds[0]);
	if (pid < 0) {
		log_error("--show-trace: " PROGRAM ": %s%s", strerror(-pid),
			  pid == -ENOENT ? "; it belongs beside kvm-vmm, and "
					   "`make` builds it" :
					   log_advice(-pid));
		return STATUS_FAILED;
	}
	return judge(path, backend_wait(pid));
}

static const struct command show_trace = {
	.option = "--show-trace",
	.arg = "FILE",
	.needs_arg = true,
	.what = "prints what --trace-insn=FILE has written",
	.run = show,
};
COMMAND(show_trace);
