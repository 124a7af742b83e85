/*
 * kvm-web: a guest's screen, console, keyboard and mouse in a browser on this machine,
 * for kvm-vmm, by libwebsockets. How it is called, and how it ends:
 * backends/screen/program.h. The word that it hears first is the one in the page's
 * address, which no command line may show.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "backends/screen/program.h"
#include "backends/web/server.h"
#include "backends/web/web.h"

static const struct jail_call calls[] = {
	{ JAIL_CALL(poll, "waits for people and for kvm-vmm") },
	{ JAIL_CALL(ppoll, "the same, by some C libraries") },
#include "backends/screen/calls.inc"
#include "backends/jail/libc.inc"
};

static void take_word(const struct screen_link_message *m)
{
	if (m->kind == SCREEN_LINK_WORD && m->len && m->len < WEB_PATH_MAX - 2)
		snprintf(web_path, sizeof(web_path), "/%.*s/", (int)m->len,
			 (const char *)m->text);
}

static bool hear_word(void)
{
	return link_receive(take_word, true) == LINK_THERE && *web_path;
}

static bool open_all(void)
{
	return tiles_open() && server_open();
}

static const struct screen_program program = {
	.option = "--display web",
	.jail = { .program = "kvm-web",
		  .calls = calls,
		  .nr_calls = sizeof(calls) / sizeof(*calls),
		  .memory = 1ull << 30,
		  .descriptors = WEB_DESCRIPTORS },
	.hear_word = hear_word,
	.open = open_all,
	.run = server_run,
};

int main(int argc, char **argv)
{
	return screen_main(argc, argv, &program);
}
