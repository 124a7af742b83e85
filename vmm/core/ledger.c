/* VM exits by who answers: see ledger.h. */
#include "core/ledger.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "core/probes.h"
#include "core/vm.h"
#include "probe.h"
#include "viewer.h"

#define GUESTS_MAX 16 /* whose exits are counted; the others have none */

struct entry {
	_Atomic(const char *) name; /* NULL: free, and so are those behind it */
	atomic_ullong exits;
};

static struct entry guests[GUESTS_MAX][VIEWER_COUNTS];

/* The entry of @name, which is one pointer for each name; the last is whatever finds
 * no other. */
static struct entry *entry_of(struct entry *entries, const char *name)
{
	for (unsigned int i = 0; i < VIEWER_COUNTS - 1; i++) {
		const char *taken = NULL;

		if (atomic_load_explicit(&entries[i].name,
					 memory_order_relaxed) == name ||
		    atomic_compare_exchange_strong(&entries[i].name, &taken,
						   name) ||
		    taken == name)
			return &entries[i];
	}
	atomic_store(&entries[VIEWER_COUNTS - 1].name, "other");
	return &entries[VIEWER_COUNTS - 1];
}

static void after(const struct exit_view *view)
{
	const char *name = view->device ? view->device : view->reason;

	if (view->guest_id < GUESTS_MAX)
		atomic_fetch_add_explicit(
			&entry_of(guests[view->guest_id], name)->exits, 1,
			memory_order_relaxed);
}

static const struct probe ledger = {
	.name = "ledger",
	.what = "VM exits by who answers, for viewers",
	.after = after,
};

void ledger_turn_on(void)
{
	probes_add(&ledger);
}

unsigned int ledger_read(const struct vm *vm, struct viewer_count *counts)
{
	struct entry *entries;
	unsigned int nr = 0;

	if (vm->config.id >= GUESTS_MAX)
		return 0;
	entries = guests[vm->config.id];
	for (unsigned int i = 0; i < VIEWER_COUNTS; i++) {
		const char *name = atomic_load(&entries[i].name);

		if (name)
			counts[nr++] = (struct viewer_count){
				name, atomic_load(&entries[i].exits)
			};
	}
	return nr;
}
