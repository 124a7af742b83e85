/*
 * Counting VM exits, by reason, port or page, and direction. A vCPU's thread
 * writes into a ledger of its own, so that nothing is locked and no two of them
 * share a cache line. A guest chooses its ports: a ledger has a fixed number of
 * rows, and what finds them taken is counted together.
 */
#include <linux/kvm.h>
#include <stdatomic.h>

#include "probe.h"
#include "probes/stats/stats.h"

#define PAGE_MASK (~0xfffULL)

/* Accesses stop here, so that every other exit finds a row. */
#define ACCESS_ROWS_MAX 96

_Static_assert((STATS_ROWS_MAX & (STATS_ROWS_MAX - 1)) == 0, "a power of two");

struct lanes stats_lanes;

static __thread struct stats_lane *mine;
static atomic_bool failed;
static atomic_ullong raised[STATS_GUESTS_MAX][STATS_IRQS_MAX];

/* The ledger of this thread; NULL: no memory. */
static struct stats_lane *my_ledger(unsigned int guest_id, unsigned int cpu)
{
	if (mine)
		return mine;
	mine = lane_new(sizeof(*mine));
	if (!mine) {
		stats_fail();
		return NULL;
	}
	mine->guest_id = guest_id;
	mine->cpu = cpu;
	lane_publish(&stats_lanes, &mine->lane);
	return mine;
}

static struct stats_key key_of(const struct kvm_run *run)
{
	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		return (struct stats_key){
			.at = run->io.port,
			.reason = run->exit_reason,
			.place = STATS_PORT,
			.write = run->io.direction == KVM_EXIT_IO_OUT,
		};
	case KVM_EXIT_MMIO:
		return (struct stats_key){
			.at = run->mmio.phys_addr & PAGE_MASK,
			.reason = run->exit_reason,
			.place = STATS_PAGE,
			.write = run->mmio.is_write,
		};
	default:
		return (struct stats_key){ .reason = run->exit_reason,
					   .place = STATS_NONE };
	}
}

static bool is_same(const struct stats_key *a, const struct stats_key *b)
{
	return a->at == b->at && a->reason == b->reason && a->write == b->write;
}

static unsigned int hash_of(const struct stats_key *key)
{
	uint64_t hash = key->at ^ key->at >> 12 ^ (uint64_t)key->reason << 16;

	/* Knuth's multiplier, 2^64 / golden ratio; the top bits are mixed. */
	hash = (hash * 2 + key->write) * 0x9e3779b97f4a7c15ULL;
	return (hash >> 32) % STATS_ROWS_MAX;
}

static struct stats_row *other_row(struct stats_lane *lane,
				   const struct stats_key *key)
{
	unsigned int i = key->place == STATS_NONE ? 4 :
						    key->place * 2 + key->write;

	lane->other[i].key = (struct stats_key){ .reason = key->reason,
						 .place = STATS_OTHER,
						 .write = key->write };
	return &lane->other[i];
}

static struct stats_row *find_row(struct stats_lane *lane,
				  const struct stats_key *key)
{
	unsigned int max = key->place == STATS_NONE ? STATS_ROWS_MAX :
						      ACCESS_ROWS_MAX;
	unsigned int at = hash_of(key);

	for (unsigned int step = 0; step < STATS_ROWS_MAX; step++) {
		struct stats_row *row = &lane->rows[at];

		if (!row->reason) {
			/* Exits of other kinds have rows beyond the limit. */
			if (lane->nr_rows >= max)
				break;
			lane->nr_rows++;
			row->key = *key;
			return row;
		}
		if (is_same(&row->key, key))
			return row;
		at = (at + 1) % STATS_ROWS_MAX;
	}
	return other_row(lane, key);
}

static void count_data(struct stats_sum *sum, const struct kvm_run *run)
{
	if (run->exit_reason == KVM_EXIT_IO) {
		sum->items = run->io.count;
		sum->bytes = (uint64_t)run->io.count * run->io.size;
	} else if (run->exit_reason == KVM_EXIT_MMIO) {
		sum->items = 1;
		sum->bytes = run->mmio.len;
	}
}

void stats_add(struct stats_sum *sum, const struct stats_sum *more)
{
	sum->exits += more->exits;
	sum->items += more->items;
	sum->bytes += more->bytes;
	sum->guest_ns += more->guest_ns;
	sum->answer_ns += more->answer_ns;
	if (sum->worst_ns < more->worst_ns)
		sum->worst_ns = more->worst_ns;
}

void stats_count(const struct exit_view *view)
{
	struct stats_sum sum = {
		.exits = 1,
		.guest_ns = view->guest_ns,
		.answer_ns = view->answer_ns,
		.worst_ns = view->answer_ns,
	};
	struct stats_key key = key_of(view->run);
	struct stats_lane *lane = my_ledger(view->guest_id, view->cpu);
	struct stats_row *row;

	if (!lane)
		return;
	row = find_row(lane, &key);
	row->reason = view->reason;
	if (key.place != STATS_NONE && row->key.place != STATS_OTHER)
		row->handler = view->device;
	count_data(&sum, view->run);
	stats_add(&row->sum, &sum);
}

void stats_count_injection(unsigned int guest_id, unsigned int cpu)
{
	struct stats_lane *lane = my_ledger(guest_id, cpu);

	if (lane)
		lane->injected++;
}

void stats_count_line(unsigned int guest_id, unsigned int irq)
{
	if (guest_id < STATS_GUESTS_MAX && irq < STATS_IRQS_MAX)
		atomic_fetch_add_explicit(&raised[guest_id][irq], 1,
					  memory_order_relaxed);
}

uint64_t stats_raised(unsigned int guest_id, unsigned int irq)
{
	return atomic_load(&raised[guest_id][irq]);
}

void stats_copy_lane(struct stats_lane *to)
{
	const struct lane lane = to->lane;

	if (!mine)
		return;
	*to = *mine;
	to->lane = lane;
}

void stats_fail(void)
{
	atomic_store(&failed, true);
}

bool stats_has_failed(void)
{
	return atomic_load(&failed);
}
