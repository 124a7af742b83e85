/*
 * The ledger as JSON; docs/stats.md describes it. Times are nanoseconds, and
 * ports and addresses are strings, as people write them.
 */
#include "probes/stats/stats.h"
#include "section.h"
#include "util/json.h"

#define SCHEMA 1 /* a change that could break a reader is a new number */

TABLE_DECLARE(section, section);

static void add_sum(struct json *json, const struct stats_sum *sum)
{
	json_number(json, "exits", sum->exits);
	json_number(json, "accesses", sum->items);
	json_number(json, "bytes", sum->bytes);
	json_number(json, "guest_ns", sum->guest_ns);
	json_number(json, "answer_ns", sum->answer_ns);
	json_number(json, "worst_answer_ns", sum->worst_ns);
}

static void add_reasons(struct json *json, const struct stats_guest *guest)
{
	json_array(json, "reasons");
	for (size_t i = 0; i < guest->nr_rows; i++) {
		const struct stats_row *row = &guest->rows[i];
		struct stats_sum sum = { 0 };
		bool is_first = true;

		for (size_t j = 0; j < guest->nr_rows; j++) {
			if (guest->rows[j].key.reason != row->key.reason)
				continue;
			is_first = is_first && j >= i;
			stats_add(&sum, &guest->rows[j].sum);
		}
		if (!is_first)
			continue;
		json_row(json, NULL);
		json_string(json, "reason", row->reason);
		add_sum(json, &sum);
		json_close(json);
	}
	json_close(json);
}

static void add_row(struct json *json, const struct stats_row *row)
{
	unsigned long long at = row->key.at;

	json_row(json, NULL);
	json_string(json, "reason", row->reason);
	if (row->key.place == STATS_PORT)
		json_format(json, "port", "0x%llx", at);
	if (row->key.place == STATS_PAGE)
		json_format(json, "page", "0x%llx", at);
	if (row->key.place == STATS_OTHER)
		json_bool(json, "other", true);
	if (row->key.place != STATS_NONE) {
		json_string(json, "direction", row->key.write ? "out" : "in");
		json_string(json, "handler", row->handler ? row->handler : "");
	}
	add_sum(json, &row->sum);
	json_close(json);
}

/* What no exit shows, as far as it is known. */
static void add_unseen(struct json *json, const struct stats_unseen *unseen)
{
	if (unseen->injected_known)
		json_number(json, "injected", unseen->injected);
	if (unseen->kernel_known)
		json_number(json, "kernel_exits", unseen->kernel_exits);
	if (!unseen->kvm.known)
		return;
	json_row(json, "kvm");
	for (unsigned int i = 0; i < STATS_KVM_COUNT; i++)
		if (stats_kvm_has(&unseen->kvm, i))
			json_number(json, stats_kvm_name(i),
				    unseen->kvm.values[i]);
	json_close(json);
}

static void add_end(struct json *json, const struct stats_end *end)
{
	json_string(json, "name", end->guest);
	if (end->is_over)
		json_number(json, "status", (uint64_t)end->status);
	json_number(json, "vcpus", end->nr_cpus);
	json_number(json, "memory_bytes", end->mem_bytes);
	if (end->resident_known)
		json_number(json, "guest_resident_kib", end->resident_kib);
}

static void add_cpus(struct json *json, const struct stats_guest *guest)
{
	json_array(json, "cpus");
	for (unsigned int cpu = 0; cpu < guest->nr_cpus; cpu++) {
		json_row(json, NULL);
		json_number(json, "cpu", cpu);
		add_sum(json, &guest->cpus[cpu].sum);
		add_unseen(json, &guest->cpus[cpu].unseen);
		json_close(json);
	}
	json_close(json);
}

static void add_interrupts(struct json *json, const struct stats_guest *guest)
{
	json_array(json, "interrupts");
	for (unsigned int irq = 0; irq < STATS_IRQS_MAX; irq++) {
		if (!guest->raised[irq])
			continue;
		json_row(json, NULL);
		json_number(json, "irq", irq);
		json_number(json, "raised", guest->raised[irq]);
		json_close(json);
	}
	json_close(json);
}

static void add_guest(struct json *json, const struct stats_guest *guest,
		      bool is_live)
{
	const struct section *const *section;

	json_object(json, NULL);
	json_number(json, "id", guest->id);
	add_end(json, guest->end);
	add_sum(json, &guest->sum);
	add_unseen(json, &guest->unseen);
	add_reasons(json, guest);
	json_array(json, "rows");
	for (size_t i = 0; i < guest->nr_rows; i++)
		add_row(json, &guest->rows[i]);
	json_close(json);
	add_cpus(json, guest);
	add_interrupts(json, guest);
	stats_add_queues(json, guest->id);
	TABLE_FOREACH(section, section) {
		if ((*section)->is_on())
			(*section)->add(json, (*section)->key, guest->id,
					is_live);
	}
	json_close(json);
}

void stats_add_schema(struct json *json)
{
	json_string(json, "program", "kvm-vmm");
	json_number(json, "schema", SCHEMA);
}

void stats_add_json(struct json *json, const struct stats *stats)
{
	json_number(json, "wall_ns", stats->wall_ns);
	json_number(json, "cpu_user_ns", stats->cpu_user_ns);
	json_number(json, "cpu_system_ns", stats->cpu_system_ns);
	json_number(json, "peak_resident_kib", stats->peak_kib);
	if (stats->resident_known)
		json_number(json, "guest_resident_kib", stats->resident_kib);
	add_sum(json, &stats->sum);
	json_array(json, "guests");
	for (unsigned int id = 0; id < stats->nr_guests; id++)
		if (stats->guests[id].end)
			add_guest(json, &stats->guests[id], stats->is_live);
	json_close(json);
}

void stats_print_json(FILE *to, const struct stats *stats)
{
	struct json json;

	json_begin(&json, to);
	json_object(&json, NULL);
	stats_add_schema(&json);
	stats_add_json(&json, stats);
	json_close(&json);
}
