/* objects: VMM:core/ VMM:devices/ VMM:pci/ VMM:irqchip/ VMM:terminal/ VMM:util/ VMM:x86/ */
/* objects: VMM:probes/explain/ VMM:probes/trace/ */
/* wrap: ioctl event_timer_fd event_arm clock_gettime */
/*
 * A snapshot made by an enemy: what a machine is after some steps is saved,
 * damaged as the input says, and another machine restored from it. If that takes
 * it, it goes on with the rest of the input, a guest made by an enemy. What is not
 * damaged has to be taken.
 */
#define _GNU_SOURCE /* memfd_create(), pipe2() */
#include "machine_world.h"

#include "core/state.h"
#include "util/parts.h"

#define DAMAGES_MAX 8
#define STEPS_MAX   32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void play(struct machine *m, unsigned int steps)
{
	while (steps-- && in.left && !atomic_load(&m->vm.stopping))
		step(m);
}

/* Another byte, fewer of them, or one more. */
static void damage(struct parts *parts)
{
	struct stash *stash = &parts->list[next() % parts->nr]->stash;
	uint8_t how = next();

	if (how == 0)
		stash->len = stash->len ? next_word(2) % stash->len : 0;
	else if (how == 1)
		stash_put(stash, &how, sizeof(how));
	else if (stash->len)
		stash->data[next_word(2) % stash->len] = next();
}

/* What the first of two machines is, damaged. True: it has remained as it is. */
static bool make(struct machine *m, uint8_t how, struct parts *parts)
{
	unsigned int damages;

	build(m, how);
	play(m, next() % STEPS_MAX);
	if (state_save(&m->vm, parts))
		abort();
	take_down(m);
	damages = next() % DAMAGES_MAX;
	is_strict = damages;
	for (unsigned int i = 0; i < damages; i++)
		damage(parts);
	return !damages;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct machine machine;
	struct parts parts = { 0 };
	struct machine *m = &machine;
	bool whole;
	uint8_t how;

	in = (struct bytes){ data, size };
	open_console();
	how = next();
	whole = make(m, how, &parts);
	build(m, how);
	if (!state_load(&m->vm, &parts, "fuzz"))
		play(m, ~0U);
	else if (whole)
		abort();
	take_down(m);
	parts_free(&parts);
	return 0;
}
