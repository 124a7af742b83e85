/*
 * kvm-gunzip: unpacks an image for kvm-vmm, from standard input to standard
 * output. The file may have been made by an enemy: the process that reads it can
 * do nothing from then on but read, write and end (seccomp(2),
 * SECCOMP_SET_MODE_STRICT), whatever it is talked into, and is alone, besides.
 */
#define _GNU_SOURCE
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "abi/gunzip.h"
#include "backends/gunzip.h"
#include "backends/jail/jail.h"

static const struct jail jail = {
	.program = "kvm-gunzip",
	.memory = 64ull << 20,
	.descriptors = 3,
	.has_files = true,
};

int main(int argc, char **argv)
{
	int status = GUNZIP_IO;

	if (argc == 2 && !strcmp(argv[1], "--show-sandbox"))
		return jail_show(&jail);
	if (jail_enter(&jail))
		status = gunzip_fds(STDIN_FILENO, STDOUT_FILENO);
	/* _exit() would be exit_group(2), which is not allowed any more. */
	for (;;)
		syscall(SYS_exit, status);
}
