/*
 * The guest's clock and what time it was outside. A guest that was saved and
 * restored was stalled, and not set back: its clocks have gone on by the time
 * that has passed outside, as clocks do.
 */
#include <errno.h>
#include <time.h>

#include "core/state.h"
#include "core/vm.h"
#include "util/clock.h"
#include "util/parts.h"

#define PART	"time"
#define VERSION 1

struct saved {
	uint64_t guest_ns; /* vm_now_ns() */
	uint64_t wall_ns;  /* since 1970-01-01 UTC, at that moment */
};

int state_save_time(struct vm *vm, struct parts *parts)
{
	const struct saved saved = {
		.guest_ns = vm_now_ns(vm),
		.wall_ns = clock_read_ns(CLOCK_REALTIME),
	};

	STASH_PUT(parts_add(parts, PART, 0, VERSION), saved);
	return 0;
}

int state_load_time(struct vm *vm, struct parts *parts, const char *subject)
{
	struct stash *in = parts_take(parts, subject, PART, 0, VERSION);
	uint64_t wall_ns = clock_read_ns(CLOCK_REALTIME);
	struct saved saved;

	if (!in)
		return -EINVAL;
	STASH_GET(in, saved);
	/* A wall clock that was set back meanwhile: no time has passed. */
	if (wall_ns > saved.wall_ns)
		saved.guest_ns += wall_ns - saved.wall_ns;
	vm->start_ns = clock_now_ns() - saved.guest_ns;
	return 0;
}
