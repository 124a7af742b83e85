/*
 * The ledger for people. One guest has a row for each reason, place and
 * direction; several are added up, and have a line each below.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "probes/stats/stats.h"
#include "util/clock.h"

#define KIB_PER_MIB 1024.0

#define HEAD                                                                \
	"     exits   share       bytes    guest ms   answer ms  us each  " \
	"us worst  exit\n"

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static void print_sum(FILE *to, const struct stats_sum *sum, uint64_t all)
{
	double each = sum->exits ? (double)sum->answer_ns / sum->exits : 0;

	fprintf(to, "%10llu %6.1f%% %11llu %11.3f %11.3f %8.2f %9.1f  ",
		(unsigned long long)sum->exits, percent(sum->exits, all),
		(unsigned long long)sum->bytes,
		sum->guest_ns / (double)NS_PER_MS,
		sum->answer_ns / (double)NS_PER_MS, each / (double)NS_PER_US,
		sum->worst_ns / (double)NS_PER_US);
}

static void print_what(FILE *to, const struct stats_row *row)
{
	const char *way = row->key.write ? "out" : "in";

	switch (row->key.place) {
	case STATS_PORT:
		fprintf(to, "%s 0x%llx %s, %s", row->reason,
			(unsigned long long)row->key.at, way,
			row->handler ? row->handler : "nobody");
		break;
	case STATS_PAGE:
		fprintf(to, "%s page 0x%llx %s, %s", row->reason,
			(unsigned long long)row->key.at, way,
			row->handler ? row->handler : "nobody");
		break;
	case STATS_OTHER:
		fprintf(to, "%s %s, other places", row->reason, way);
		break;
	case STATS_NONE:
		fputs(row->reason, to);
		break;
	}
	if (row->sum.items > row->sum.exits)
		fprintf(to, ", %llu accesses",
			(unsigned long long)row->sum.items);
	putc('\n', to);
}

static void print_interrupts(FILE *to, const struct stats_guest *guest)
{
	const char *before = "interrupt lines raised: ";

	for (unsigned int irq = 0; irq < STATS_IRQS_MAX; irq++) {
		if (!guest->raised[irq])
			continue;
		fprintf(to, "%sIRQ%u %llu times", before, irq,
			(unsigned long long)guest->raised[irq]);
		before = ", ";
	}
	if (*before == ',')
		putc('\n', to);
}

static void print_unseen(FILE *to, const struct stats_unseen *unseen)
{
	if (unseen->injected_known)
		fprintf(to, "interrupts injected: %llu\n",
			(unsigned long long)unseen->injected);
	if (unseen->kernel_known)
		fprintf(to,
			"VM exits that the host kernel answered by itself: "
			"%llu\n",
			(unsigned long long)unseen->kernel_exits);
}

static void print_rows(FILE *to, const struct stats_guest *guest)
{
	if (guest->nr_rows)
		fputs(HEAD, to);
	for (size_t i = 0; i < guest->nr_rows; i++) {
		print_sum(to, &guest->rows[i].sum, guest->sum.exits);
		print_what(to, &guest->rows[i]);
	}
	if (guest->nr_rows) {
		print_sum(to, &guest->sum, guest->sum.exits);
		fputs("all\n", to);
	}
	print_interrupts(to, guest);
	print_unseen(to, &guest->unseen);
}

static void print_guests(FILE *to, const struct stats *stats)
{
	fputs(HEAD, to);
	for (unsigned int id = 0; id < stats->nr_guests; id++) {
		const struct stats_guest *guest = &stats->guests[id];

		print_sum(to, &guest->sum, stats->sum.exits);
		fprintf(to, "%s\n", guest->end->guest);
	}
}

void stats_print_table(FILE *to, const struct stats *stats)
{
	struct stats_guest all;

	fprintf(to,
		"\n%llu VM exits in %.3f ms, %llu bytes moved; peak of resident "
		"memory %.1f MiB",
		(unsigned long long)stats->sum.exits,
		stats->wall_ns / (double)NS_PER_MS,
		(unsigned long long)stats->sum.bytes,
		stats->peak_kib / KIB_PER_MIB);
	if (stats->resident_known)
		fprintf(to, ", %.1f MiB of it guest RAM",
			stats->resident_kib / KIB_PER_MIB);
	putc('\n', to);
	if (stats_read_all(&all, stats))
		return;
	print_rows(to, &all);
	stats_print_queues(to);
	stats_free_guest(&all);
	if (stats->nr_guests > 1)
		print_guests(to, stats);
}
