/* There is serial output and nothing else: what stands in without a display. */
#include <errno.h>
#include <string.h>

#include "util/log.h"
#include "view.h"

int view_check(const char *name)
{
	if (!strcmp(name, "none"))
		return 0;
	log_error("--display %s: no display was built in", name);
	return -EINVAL;
}

bool view_is_wanted(const char *name)
{
	(void)name;
	return false;
}

int view_open(struct view *view, const char *name, const char *const *without,
	      bool annotated)
{
	(void)view;
	(void)name;
	(void)without;
	(void)annotated;
	return 0;
}

void view_close(struct view *view)
{
	(void)view;
}

void view_start(struct view *view, struct event_loop *loop,
		struct console *console, struct vm *vms, unsigned int nr)
{
	(void)view;
	(void)loop;
	(void)console;
	(void)vms;
	(void)nr;
}

void view_switch(struct view *view)
{
	(void)view;
	log_warn("no display was built in");
}

void view_resume(struct view *view)
{
	(void)view;
}

void view_end(struct view *view)
{
	(void)view;
}
