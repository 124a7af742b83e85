/*
 * Where records go: a file, or the pipe to kvm-insn, a program beside this one that
 * prints them. It decodes what guests have made of their memory, so it is in a jail,
 * and Zydis' tables are none of kvm-vmm's.
 */
#define _GNU_SOURCE /* pipe2() */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "abi/exit_status.h"
#include "core/vm.h"
#include "service/insn/insn.h"
#include "util/backend.h"
#include "util/log.h"
#include "util/outfile.h"
#include "util/sink.h"

#define PROGRAM	  "kvm-insn"
#define NAME_SHOW 200 /* characters of a guest's name */

static const char *path; /* constant once vCPUs run; NULL: kvm-insn */
static struct sink out;
static pid_t pid;
static atomic_int failed; /* errno; nothing more is written */

static void give_up(int err)
{
	int none = 0;

	if (!atomic_compare_exchange_strong(&failed, &none, err))
		return;
	if (path)
		log_error("--trace-insn: %s: %s; the trace ends here", path,
			  strerror(err));
	else if (err == EPIPE)
		log_error("--trace-insn: " PROGRAM " has ended; the trace "
			  "ends here");
	else
		log_error("--trace-insn: " PROGRAM ": %s; the trace ends here",
			  strerror(err));
}

bool insn_output_failed(void)
{
	return atomic_load_explicit(&failed, memory_order_relaxed);
}

bool insn_output_put(const void *buf, size_t len)
{
	int err;

	if (insn_output_failed())
		return false;
	err = sink_write(&out, buf, len);
	if (err)
		give_up(-err);
	return !err;
}

int insn_output_file(const char *name)
{
	static const char *const heads[] = { INSN_HEAD, NULL };
	int fd;

	if (path) {
		log_error("--trace-insn: given twice; one file takes all "
			  "guests");
		return -EINVAL;
	}
	fd = outfile_open("--trace-insn", name, heads);
	if (fd < 0)
		return fd;
	path = name;
	sink_own(&out, fd);
	return 0;
}

static int start_program(bool steps)
{
	char *argv[] = { PROGRAM, steps ? "step" : "live", NULL };
	int ends[2], fds[] = { -1, STDERR_FILENO, STDERR_FILENO };

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	fds[0] = ends[0];
	pid = backend_start(argv, NULL, fds, 3);
	close(ends[0]);
	if (pid < 0) {
		close(ends[1]);
		return pid;
	}
	sink_own(&out, ends[1]);
	return 0;
}

/* One line, whatever the name is. */
static void put_guest(const struct vm *vm)
{
	char line[NAME_SHOW + 64];
	int len = snprintf(line, sizeof(line), "guest %u %u %.*s\n",
			   vm->config.id, vm->nr_vcpus, NAME_SHOW,
			   vm->config.name);

	for (int i = 0; i < len - 1; i++)
		if ((unsigned char)line[i] < ' ')
			line[i] = '?';
	insn_output_put(line, len);
}

int insn_output_start(struct vm *vms, unsigned int nr_vms, bool steps)
{
	int err = path ? 0 : start_program(steps);

	if (err) {
		log_error("%s: " PROGRAM ": %s%s",
			  steps ? "--step" : "--trace-insn", strerror(-err),
			  err == -ENOENT ?
				  "; it belongs beside kvm-vmm, and `make` "
				  "builds it; --trace-insn=FILE does without" :
				  log_advice(-err));
		return err;
	}
	insn_output_put(INSN_HEAD INSN_TELLS "\n",
			sizeof(INSN_HEAD INSN_TELLS "\n") - 1);
	for (unsigned int i = 0; i < nr_vms; i++)
		put_guest(&vms[i]);
	insn_output_put("\n", 1);
	return 0;
}

int insn_output_end(void)
{
	int err = sink_close(&out);

	if (err)
		give_up(-err);
	if (pid > 0) {
		if (atomic_load(&failed) == ETIMEDOUT)
			backend_kill(pid);
		backend_wait(pid);
	}
	switch (atomic_load(&failed)) {
	case 0:
		return STATUS_OK;
	case ETIMEDOUT:
		return STATUS_LIMIT;
	default:
		return STATUS_FAILED;
	}
}
