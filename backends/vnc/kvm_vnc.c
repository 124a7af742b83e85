/*
 * kvm-vnc: a guest's screen for VNC clients (RFC 6143), for kvm-vmm, by LibVNCServer.
 * How it is called, and how it ends: backends/screen/program.h.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "backends/screen/program.h"
#include "backends/vnc/server.h"

static const struct jail_call calls[] = {
	{ JAIL_CALL(select, "waits for people and for kvm-vmm") },
	{ JAIL_CALL(pselect6, "the same, by some C libraries") },
#include "backends/screen/calls.inc"
#include "backends/jail/libc.inc"
};

static const struct screen_program program = {
	.option = "--display vnc",
	.jail = { .program = "kvm-vnc",
		  .calls = calls,
		  .nr_calls = sizeof(calls) / sizeof(*calls),
		  .memory = 1ull << 30,
		  .descriptors = SERVER_DESCRIPTORS },
	.open = server_open,
	.run = server_run,
};

int main(int argc, char **argv)
{
	return screen_main(argc, argv, &program);
}
