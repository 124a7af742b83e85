/*
 * kvm-web: a guest's screen, console, keyboard and mouse in a browser on this machine,
 * for kvm-vmm, by libwebsockets.
 *
 *	kvm-web 0	its descriptors are those of backends/screen/link.h
 *
 * The first message is the word in the page's address, which no command
 * line may show. It ends with 0 when kvm-vmm or its guest does, 1 when that says
 * what makes no sense, 64 when it is called in another way, 69 when this machine does
 * not let it.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "backends/web/server.h"
#include "backends/web/web.h"

#define USAGE	    64
#define UNAVAILABLE 69

static int refuse(int status, const char *what)
{
	fprintf(stderr, "kvm-web: %s\n", what);
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

static void take_word(const struct screen_link_message *m)
{
	if (m->kind == SCREEN_LINK_WORD && m->len && m->len < WEB_PATH_MAX - 2)
		snprintf(web_path, sizeof(web_path), "/%.*s/", (int)m->len,
			 (const char *)m->text);
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--show-sandbox"))
		return jail_show(&web_jail);
	if (argc != 2 || strcmp(argv[1], "0") != 0)
		return refuse(USAGE, "it is kvm-vmm that starts this program, "
				     "for --display web");
	ignore_signals();
	if (!link_open() || link_receive(take_word, true) != LINK_THERE ||
	    !*web_path)
		return refuse(USAGE, "these are not its descriptors");
	if (!tiles_open() || !server_open(link_listeners()))
		return refuse(UNAVAILABLE, "no memory");
	if (!jail_enter(&web_jail))
		return refuse(UNAVAILABLE,
			      "this kernel has no seccomp filters");
	return server_run();
}
