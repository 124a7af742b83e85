/* One line that is written over: see progress.h. */
#include "service/snapshot/progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "util/clock.h"

#define EVERY_NS (NS_PER_SEC / 2)

static __thread struct {
	bool wanted, shown;
	uint64_t bytes, done, next_ns;
} progress;

void progress_want(void)
{
	progress.wanted = isatty(STDERR_FILENO);
}

/* What a terminal does not take is not worth another attempt. */
static void put(const char *text, int len)
{
	progress.shown = write(STDERR_FILENO, text, len) == len;
}

void progress_begin(uint64_t bytes)
{
	progress.bytes = bytes;
	progress.done = 0;
	progress.next_ns = clock_now_ns() + EVERY_NS;
}

void progress_add(uint64_t bytes)
{
	char line[64];

	progress.done += bytes;
	if (!progress.wanted || clock_now_ns() < progress.next_ns)
		return;
	progress.next_ns = clock_now_ns() + EVERY_NS;
	put(line, snprintf(line, sizeof(line),
			   "\rkvm-vmm: %llu of %llu MiB are saved ",
			   (unsigned long long)progress.done >> 20,
			   (unsigned long long)progress.bytes >> 20));
}

void progress_end(void)
{
	static const char gone[] = "\r\033[K";

	if (progress.shown)
		put(gone, sizeof(gone) - 1);
	progress.shown = false;
}
