/*
 * kvm-vnc: a guest's screen for VNC clients (RFC 6143), for kvm-vmm, by LibVNCServer.
 *
 *	kvm-vnc 0	its descriptors are those of backends/screen/link.h
 *
 * It ends with 0 when kvm-vmm or its guest does, 1 when that says what makes no
 * sense, 64 when it is called in another way, 69 when this machine does not let it.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "backends/vnc/server.h"

#define USAGE	    64
#define UNAVAILABLE 69

static int refuse(int status, const char *what)
{
	fprintf(stderr, "kvm-vnc: %s\n", what);
	return status;
}

/* What is typed at the terminal is for kvm-vmm, which ends this program. */
static void ignore_signals(void)
{
	static const int ignored[] = { SIGPIPE, SIGINT, SIGQUIT, SIGHUP,
				       SIGTSTP };

	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		signal(ignored[i], SIG_IGN);
}

int main(int argc, char **argv)
{
	unsigned int nr_listeners;

	if (argc == 2 && !strcmp(argv[1], "--show-sandbox"))
		return jail_show(&vnc_jail);
	if (argc != 2 || strcmp(argv[1], "0") != 0)
		return refuse(USAGE, "it is kvm-vmm that starts this program, "
				     "for --display vnc");
	ignore_signals();
	if (!link_open())
		return refuse(USAGE, "these are not its descriptors");
	nr_listeners = link_listeners();
	if (!server_open())
		return refuse(UNAVAILABLE, "no memory");
	if (!jail_enter(&vnc_jail))
		return refuse(UNAVAILABLE,
			      "this kernel has no seccomp filters");
	return server_run(nr_listeners);
}
