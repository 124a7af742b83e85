/*
 * Adding up the ledgers of all vCPUs, guest by guest, and what the process as
 * a whole used.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "probes/stats/stats.h"
#include "util/clock.h"

static int status = -1; /* /proc/self/status; constant once vCPUs run */

static const struct stats_lane *lane_of(const struct lane *lane)
{
	return (const struct stats_lane *)lane;
}

static int compare_keys(const void *a, const void *b)
{
	const struct stats_key *x = &((const struct stats_row *)a)->key;
	const struct stats_key *y = &((const struct stats_row *)b)->key;

	if (x->reason != y->reason)
		return x->reason < y->reason ? -1 : 1;
	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return (int)x->write - (int)y->write;
}

/* The most exits first; what has as many keeps a fixed order. */
static int compare_exits(const void *a, const void *b)
{
	const struct stats_row *x = a, *y = b;

	if (x->sum.exits != y->sum.exits)
		return x->sum.exits > y->sum.exits ? -1 : 1;
	return compare_keys(a, b);
}

static void take_row(struct stats_guest *guest, const struct stats_row *row)
{
	if (row->reason)
		guest->rows[guest->nr_rows++] = *row;
}

static void take_lane(struct stats_guest *guest, const struct stats_lane *lane)
{
	struct stats_cpu *cpu = &guest->cpus[lane->cpu];
	size_t first = guest->nr_rows;

	for (size_t i = 0; i < STATS_ROWS_MAX; i++)
		take_row(guest, &lane->rows[i]);
	for (size_t i = 0; i < sizeof(lane->other) / sizeof(lane->other[0]);
	     i++)
		take_row(guest, &lane->other[i]);
	for (size_t i = first; i < guest->nr_rows; i++)
		stats_add(&cpu->sum, &guest->rows[i].sum);
	stats_add(&guest->sum, &cpu->sum);
	cpu->unseen.injected = lane->injected;
}

/* Makes one row of those that several vCPUs have, and sorts them. */
static void merge_rows(struct stats_guest *guest)
{
	struct stats_row *rows = guest->rows;
	size_t kept = 0;

	qsort(rows, guest->nr_rows, sizeof(*rows), compare_keys);
	for (size_t i = 0; i < guest->nr_rows; i++) {
		if (kept && !compare_keys(&rows[kept - 1], &rows[i]))
			stats_add(&rows[kept - 1].sum, &rows[i].sum);
		else
			rows[kept++] = rows[i];
	}
	guest->nr_rows = kept;
	qsort(rows, kept, sizeof(*rows), compare_exits);
}

static void add_unseen(struct stats_unseen *unseen,
		       const struct stats_unseen *more)
{
	unseen->injected_known &= more->injected_known;
	unseen->kernel_known &= more->kernel_known;
	unseen->injected += more->injected;
	unseen->kernel_exits += more->kernel_exits;
	stats_kvm_add(&unseen->kvm, &more->kvm);
}

/*
 * Where the host kernel has local APICs, it alone knows what it injects, ours
 * included; elsewhere nobody but kvm-vmm injects. An instruction that KVM
 * emulates can leave more often than the CPU did: hence no less than 0.
 */
static void read_unseen(struct stats_cpu *cpu, const struct stats_kvm *kvm,
			bool has_apic)
{
	struct stats_unseen *unseen = &cpu->unseen;
	uint64_t exits = kvm->values[STATS_KVM_EXITS];

	unseen->kvm = *kvm;
	unseen->injected_known = true;
	if (has_apic) {
		unseen->injected = kvm->values[STATS_KVM_IRQ_INJECTIONS];
		unseen->injected_known =
			stats_kvm_has(kvm, STATS_KVM_IRQ_INJECTIONS);
	}
	unseen->kernel_known = stats_kvm_has(kvm, STATS_KVM_EXITS);
	if (exits > cpu->sum.exits)
		unseen->kernel_exits = exits - cpu->sum.exits;
}

static void read_end(struct stats_guest *guest, const struct stats_end *end)
{
	for (unsigned int i = 0; i < guest->nr_cpus; i++) {
		struct stats_cpu *cpu = &guest->cpus[i];

		read_unseen(cpu, &end->cpus[i], end->has_apic);
		if (i)
			add_unseen(&guest->unseen, &cpu->unseen);
		else
			guest->unseen = cpu->unseen;
	}
	stats_kvm_join(&guest->unseen.kvm, &end->vm);
}

static int read_guest(struct stats_guest *guest, const struct stats_end *end,
		      const struct lanes *lanes)
{
	const size_t rows_of_lane =
		sizeof(struct stats_lane) / sizeof(struct stats_row);
	const struct lane *lane;

	guest->id = end->guest_id;
	guest->end = end;
	guest->nr_cpus = end->nr_cpus;
	for (unsigned int irq = 0; irq < STATS_IRQS_MAX; irq++)
		guest->raised[irq] = stats_raised(guest->id, irq);
	guest->rows = calloc(guest->nr_cpus * (rows_of_lane + 1),
			     sizeof(*guest->rows));
	guest->cpus = calloc(guest->nr_cpus, sizeof(*guest->cpus));
	if (!guest->rows || !guest->cpus)
		return -ENOMEM;
	LANE_FOREACH(lanes, lane)
	{
		if (lane_of(lane)->guest_id == guest->id)
			take_lane(guest, lane_of(lane));
	}
	merge_rows(guest);
	read_end(guest, end);
	return 0;
}

static uint64_t to_ns(const struct timeval *time)
{
	return time->tv_sec * NS_PER_SEC + time->tv_usec * NS_PER_US;
}

/*
 * The peak of this program: what getrusage() has may be that of the process
 * that started it, because it outlives exec().
 */
static uint64_t read_peak_kib(const struct rusage *used)
{
	static const char peak[] = "VmHWM:";
	char text[4096];
	const ssize_t len = pread(status, text, sizeof(text) - 1, 0);
	const char *at;

	text[len > 0 ? len : 0] = '\0';
	at = strstr(text, peak);
	if (!at)
		return used->ru_maxrss;
	return strtoull(at + strlen(peak), NULL, 10);
}

void stats_open_status(void)
{
	if (status < 0)
		status = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
}

static const struct stats_end *end_of(const struct lane *lane)
{
	return (const struct stats_end *)lane;
}

static int read_guests(struct stats *stats, const struct lanes *ends,
		       const struct lanes *lanes)
{
	const struct lane *lane;

	LANE_FOREACH(ends, lane)
	{
		const struct stats_end *end = end_of(lane);
		struct stats_guest *guest = &stats->guests[end->guest_id];
		int err = read_guest(guest, end, lanes);

		if (err)
			return err;
		stats_add(&stats->sum, &guest->sum);
		stats->resident_kib += end->resident_kib;
		stats->resident_known &= end->resident_known;
	}
	return 0;
}

/* Counts of the process as a whole. */
static void read_process(struct stats *stats, uint64_t started_ns, bool is_live)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	*stats = (struct stats){
		.is_live = is_live,
		.wall_ns = clock_now_ns() - started_ns,
		.cpu_user_ns = to_ns(&used.ru_utime),
		.cpu_system_ns = to_ns(&used.ru_stime),
		.peak_kib = is_live ? (uint64_t)used.ru_maxrss :
				      read_peak_kib(&used),
		.resident_known = true,
	};
}

int stats_add_up(struct stats *stats, uint64_t started_ns, bool is_live,
		 const struct lanes *ends, const struct lanes *lanes)
{
	const struct lane *any = ends->first;
	int err = -ENOMEM;

	read_process(stats, started_ns, is_live);
	stats->nr_guests = any ? end_of(any)->nr_guests : 0;
	stats->guests = calloc(stats->nr_guests + 1, sizeof(*stats->guests));
	if (stats->guests)
		err = read_guests(stats, ends, lanes);
	if (err)
		stats_free(stats);
	return err;
}

int stats_read(struct stats *stats, uint64_t started_ns)
{
	return stats_add_up(stats, started_ns, false, &stats_ends,
			    &stats_lanes);
}

int stats_read_all(struct stats_guest *all, const struct stats *stats)
{
	size_t nr_rows = 0;

	for (unsigned int id = 0; id < stats->nr_guests; id++)
		nr_rows += stats->guests[id].nr_rows;
	*all = (struct stats_guest){ .sum = stats->sum,
				     .unseen = stats->guests[0].unseen };
	all->rows = calloc(nr_rows + 1, sizeof(*all->rows));
	if (!all->rows)
		return -ENOMEM;
	for (unsigned int id = 0; id < stats->nr_guests; id++) {
		const struct stats_guest *guest = &stats->guests[id];

		for (size_t i = 0; i < guest->nr_rows; i++)
			take_row(all, &guest->rows[i]);
		for (unsigned int irq = 0; irq < STATS_IRQS_MAX; irq++)
			all->raised[irq] += guest->raised[irq];
		if (id)
			add_unseen(&all->unseen, &guest->unseen);
	}
	merge_rows(all);
	return 0;
}

void stats_free_guest(struct stats_guest *guest)
{
	free(guest->rows);
	free(guest->cpus);
}

void stats_free_ends(struct lanes *ends)
{
	struct lane *lane = ends->first;

	while (lane) {
		struct lane *next = lane->next;

		free(lane);
		lane = next;
	}
	ends->first = NULL;
}

void stats_free(struct stats *stats)
{
	struct lanes ends = { stats->live_ends };

	for (unsigned int id = 0; stats->guests && id < stats->nr_guests; id++)
		stats_free_guest(&stats->guests[id]);
	free(stats->guests);
	stats_free_ends(&ends);
}
