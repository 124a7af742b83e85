/* The end of the lab when something it stands on is missing. */
#include "inside.h"

#include <stdio.h>
#include <sys/reboot.h>
#include <unistd.h>

static void (*tell)(const char *text, size_t len);

void fail_through(void (*teller)(const char *text, size_t len))
{
	tell = teller;
}

void fail(const char *subject, const char *what)
{
	char text[4300];
	int len;

	len = snprintf(text, sizeof(text), "%s: %s (%m)", subject, what);
	if (len >= (int)sizeof(text))
		len = sizeof(text) - 1;
	fprintf(stderr, "lab init: %s\n", text);
	if (tell)
		tell(text, (size_t)len);
	else
		reboot(RB_AUTOBOOT);
	for (;;)
		pause();
}
