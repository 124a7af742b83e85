/* Nobody sees the screen beside the terminal: what stands in without a viewer. */
#include "viewers.h"

int viewers_take(const char *arg)
{
	(void)arg;
	return 0;
}

bool viewers_are_wanted(void)
{
	return false;
}

int viewers_open(struct event_loop *loop)
{
	(void)loop;
	return 0;
}

void viewers_close(void)
{
}

int viewers_start(struct console *console, struct vm *vms, unsigned int nr)
{
	(void)console;
	(void)vms;
	(void)nr;
	return 0;
}

void viewers_end(void)
{
}
