/* A signal to the calling thread: see signal_self.h. */
#define _GNU_SOURCE /* gettid() */
#include "util/signal_self.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

void signal_self(int sig)
{
	syscall(SYS_tgkill, getpid(), gettid(), sig);
}

#ifndef __GLIBC__ /* whose own does the same */
void abort(void)
{
	signal_self(SIGABRT);
	signal(SIGABRT, SIG_DFL); /* it was caught, or ignored */
	signal_self(SIGABRT);
	_exit(128 + SIGABRT);
}
#endif
