/*
 * kvm-gunzip: unpacks an image for kvm-vmm, from standard input to standard
 * output. The file may have been made by an enemy: the process that reads it can
 * do nothing from then on but read, write and end (seccomp(2),
 * SECCOMP_SET_MODE_STRICT), whatever it is talked into.
 */
#define _GNU_SOURCE
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "abi/gunzip.h"
#include "backends/gunzip.h"

int main(void)
{
	int status = GUNZIP_IO;

	if (!prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT))
		status = gunzip_fds(STDIN_FILENO, STDOUT_FILENO);
	/* _exit() would be exit_group(2), which is not allowed any more. */
	for (;;)
		syscall(SYS_exit, status);
}
