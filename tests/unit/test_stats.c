/* objects: probes/stats/ledger.o probes/stats/read.o probes/stats/json.o
 * probes/stats/queues.o probes/stats/table.o probes/stats/end.o probes/stats/kvm.o core/memory.o
 * util/json.o util/utf8.o util/lane.o util/log.o util/sink.o */
/*
 * The ledger of --stats: rows by reason, place and direction, several vCPUs and
 * guests added up, a guest that uses more ports than there are rows, what a
 * guest leaves behind, and what is printed of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/kvm.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "abi/exit_status.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "irqchip.h"
#include "probe.h"
#include "probes/stats/stats.h"
#include "util/clock.h"

#define NR_GUESTS 5
#define GUEST_NS  100
#define ANSWER_NS 7
#define PAGE_SIZE 4096

#define NR_CPUS	   2
#define WITH_APICS 4 /* the guest whose interrupts the host kernel injects */

/* A vCPU of its own, in a thread of its own as in real life. */
struct cpu {
	unsigned int guest_id, cpu;
	void (*run)(struct cpu *cpu);
	struct exit_view view;
	struct kvm_run area;
};

static void leave(struct cpu *cpu, const char *reason, const char *device)
{
	cpu->view.reason = reason;
	cpu->view.device = device;
	stats_count(&cpu->view);
}

static void io(struct cpu *cpu, bool out, unsigned int port, unsigned int size,
	       unsigned int count)
{
	cpu->area.exit_reason = KVM_EXIT_IO;
	cpu->area.io.direction = out ? KVM_EXIT_IO_OUT : KVM_EXIT_IO_IN;
	cpu->area.io.port = port;
	cpu->area.io.size = size;
	cpu->area.io.count = count;
	leave(cpu, "IO", port == 0x3f8 ? "serial" : NULL);
}

static void mmio(struct cpu *cpu, bool out, uint64_t gpa, unsigned int size)
{
	cpu->area.exit_reason = KVM_EXIT_MMIO;
	cpu->area.mmio.is_write = out;
	cpu->area.mmio.phys_addr = gpa;
	cpu->area.mmio.len = size;
	leave(cpu, "MMIO", NULL);
}

static void halt(struct cpu *cpu)
{
	cpu->area.exit_reason = KVM_EXIT_HLT;
	leave(cpu, "HLT", NULL);
}

static void take_interrupts(struct cpu *cpu)
{
	for (int i = 0; i < 3; i++)
		stats_count_injection(cpu->guest_id, cpu->cpu);
}

static void *start(void *arg)
{
	struct cpu *cpu = arg;
	char name[] = "guest";

	cpu->view = (struct exit_view){
		.guest = name,
		.guest_id = cpu->guest_id,
		.nr_guests = NR_GUESTS,
		.cpu = cpu->cpu,
		.nr_cpus = NR_CPUS,
		.run = &cpu->area,
		.guest_ns = GUEST_NS,
		.answer_ns = ANSWER_NS,
	};
	cpu->run(cpu);
	memset(name, 'x', sizeof(name)); /* gone with the guest */
	return NULL;
}

static void run(unsigned int guest_id, unsigned int cpu_id,
		void (*function)(struct cpu *cpu))
{
	struct cpu cpu = { guest_id, cpu_id, function, { 0 }, { 0 } };
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, start, &cpu), 0);
	pthread_join(thread, NULL);
}

static const struct stats_row *find(const struct stats_guest *guest,
				    const char *reason, enum stats_place place,
				    uint64_t at, bool write)
{
	for (size_t i = 0; i < guest->nr_rows; i++) {
		const struct stats_row *row = &guest->rows[i];

		if (!strcmp(row->reason, reason) && row->key.place == place &&
		    row->key.at == at && row->key.write == write)
			return row;
	}
	return NULL;
}

/* Every sum that is made of others is made of these. */
static void check_sums(const struct stats_guest *guest)
{
	struct stats_sum rows = { 0 }, cpus = { 0 };

	for (size_t i = 0; i < guest->nr_rows; i++)
		stats_add(&rows, &guest->rows[i].sum);
	for (unsigned int i = 0; i < guest->nr_cpus; i++)
		stats_add(&cpus, &guest->cpus[i].sum);
	assert_memory_equal(&rows, &guest->sum, sizeof(rows));
	assert_memory_equal(&cpus, &guest->sum, sizeof(cpus));
	assert_int_equal(rows.guest_ns, rows.exits * GUEST_NS);
	assert_int_equal(rows.answer_ns, rows.exits * ANSWER_NS);
}

static void read_guest(struct stats *stats, unsigned int id)
{
	assert_int_equal(stats_read(stats, clock_now_ns()), 0);
	assert_int_equal(stats->nr_guests, NR_GUESTS);
	assert_int_equal(stats->guests[id].id, id);
	check_sums(&stats->guests[id]);
}

static void a_bit_of_each(struct cpu *cpu)
{
	for (int i = 0; i < 3; i++)
		io(cpu, true, 0x3f8, 1, 1);
	io(cpu, false, 0x3f8, 1, 1);
	io(cpu, true, 0x3f8, 2, 10);
	mmio(cpu, true, 0xfee00000, 4);
	mmio(cpu, true, 0xfee00ffc, 4);
	mmio(cpu, false, 0xfee01000, 8);
	halt(cpu);
}

static void a_row_is_a_reason_a_place_and_a_direction(void **state)
{
	const struct stats_row *row;
	struct stats stats;

	(void)state;
	run(0, 0, a_bit_of_each);
	read_guest(&stats, 0);
	assert_int_equal(stats.guests[0].sum.exits, 9);
	assert_int_equal(stats.guests[0].sum.bytes, 3 + 1 + 20 + 4 + 4 + 8);
	assert_int_equal(stats.guests[0].nr_rows, 5);
	row = find(&stats.guests[0], "IO", STATS_PORT, 0x3f8, true);
	assert_int_equal(row->sum.exits, 4);
	assert_int_equal(row->sum.items, 13);
	assert_string_equal(row->handler, "serial");
	assert_ptr_equal(row, stats.guests[0].rows); /* the most exits */
	row = find(&stats.guests[0], "MMIO", STATS_PAGE, 0xfee00000, true);
	assert_int_equal(row->sum.exits, 2);
	assert_null(row->handler);
	assert_non_null(find(&stats.guests[0], "HLT", STATS_NONE, 0, false));
	assert_string_equal(stats.guests[0].end->guest, "guest");
	stats_free(&stats);
}

static void vcpus_are_added_up(void **state)
{
	struct stats stats;

	(void)state;
	run(1, 0, a_bit_of_each);
	run(1, 1, a_bit_of_each);
	read_guest(&stats, 1);
	assert_int_equal(stats.guests[1].nr_rows, 5);
	assert_int_equal(stats.guests[1].sum.exits, 18);
	assert_int_equal(stats.guests[1].cpus[1].sum.exits, 9);
	stats_free(&stats);
}

static void every_port(struct cpu *cpu)
{
	for (unsigned int port = 0; port <= 0xffff; port++) {
		io(cpu, port & 1, port, 1, 1);
		if (port == 0x100) /* when accesses have all of their rows */
			halt(cpu);
	}
	for (unsigned int page = 0; page < 1000; page++)
		mmio(cpu, page & 1, 0xe0000000 + page * 0x1000, 1);
	halt(cpu);
	io(cpu, false, 0, 1, 1); /* the first one has a row still */
}

/* Reasons are the host kernel's: there is no end to them by contract. */
static void every_reason(struct cpu *cpu)
{
	for (unsigned int reason = 100; reason < 100 + 2 * STATS_ROWS_MAX;
	     reason++) {
		cpu->area.exit_reason = reason;
		leave(cpu, "any", NULL);
	}
}

static void more_reasons_than_rows_are_counted(void **state)
{
	struct stats stats;

	(void)state;
	run(4, 1, every_reason);
	read_guest(&stats, 4);
	assert_int_equal(stats.guests[4].sum.exits, 2 * STATS_ROWS_MAX);
	stats_free(&stats);
}

static void a_guest_that_uses_every_port_is_counted(void **state)
{
	const struct stats_guest *guest;
	struct stats stats;

	(void)state;
	run(2, 0, every_port);
	run(2, 1, every_port);
	read_guest(&stats, 2);
	guest = &stats.guests[2];
	assert_int_equal(guest->sum.exits, 2 * (0x10000 + 1000 + 3));
	assert_true(guest->nr_rows < STATS_ROWS_MAX);
	assert_int_equal(find(guest, "IO", STATS_PORT, 0, false)->sum.exits, 4);
	assert_int_equal(find(guest, "HLT", STATS_NONE, 0, false)->sum.exits,
			 4);
	for (int write = 0; write < 2; write++) {
		const struct stats_row *io_row, *mmio_row;

		io_row = find(guest, "IO", STATS_OTHER, 0, write);
		mmio_row = find(guest, "MMIO", STATS_OTHER, 0, write);
		assert_int_equal(io_row->sum.exits, 2 * (0x8000 - 48));
		assert_int_equal(mmio_row->sum.exits, 2 * 500);
		assert_null(io_row->handler);
	}
	stats_free(&stats);
}

static void lines_that_rise_are_counted(void **state)
{
	struct stats stats;

	(void)state;
	stats_count_line(3, 4);
	stats_count_line(3, 4);
	stats_count_line(3, 15);
	stats_count_line(3, 16);
	stats_count_line(256, 4);
	read_guest(&stats, 3);
	assert_int_equal(stats.guests[3].raised[4], 2);
	assert_int_equal(stats.guests[3].raised[15], 1);
	assert_int_equal(stats.guests[3].sum.exits, 0);
	stats_free(&stats);
}

/* Guests end: without a kernel that counts, three pages of RAM written. */
static int end_guests(void **state)
{
	static const struct irqchip apics = { .has_apic = true };
	struct vcpu cpus[NR_CPUS] = { { .fd = -1 }, { .fd = -1 } };
	char name[] = "guest";
	struct vm vm = { .fd = -1, .vcpus = cpus, .nr_vcpus = NR_CPUS };

	(void)state;
	vm.config.name = name;
	vm.config.nr_guests = NR_GUESTS;
	if (mem_init(&vm.mem, MEM_MIN))
		return -1;
	madvise(vm.mem.mapping, vm.mem.size, MADV_NOHUGEPAGE);
	for (unsigned int page = 1; page <= 3; page++)
		vm.mem.base[page * PAGE_SIZE] = 1;
	for (unsigned int id = 0; id < NR_GUESTS; id++) {
		vm.config.id = id;
		vm.config.irqchip = id == WITH_APICS ? &apics : NULL;
		vm.status = id == 2 ? STATUS_CRASHED : STATUS_OK;
		stats_take_end(&vm);
	}
	memset(name, 'x', sizeof(name)); /* gone with the guest */
	mem_free(&vm.mem);
	return 0;
}

static void a_guest_without_an_exit_leaves_something(void **state)
{
	const struct stats_guest *guest;
	struct stats stats;

	(void)state;
	read_guest(&stats, 3);
	guest = &stats.guests[3];
	assert_int_equal(guest->nr_rows, 0);
	assert_int_equal(guest->nr_cpus, NR_CPUS);
	assert_string_equal(guest->end->guest, "guest");
	assert_int_equal(guest->end->status, STATUS_OK);
	assert_int_equal(stats.guests[2].end->status, STATUS_CRASHED);
	assert_int_equal(guest->end->mem_bytes, MEM_MIN);
	if (guest->end->resident_known) {
		assert_int_equal(guest->end->resident_kib, 3 * 4);
		assert_int_equal(stats.resident_kib, NR_GUESTS * 3 * 4);
	}
	assert_int_equal(stats.resident_known, guest->end->resident_known);
	stats_free(&stats);
}

static void interrupts_are_counted_by_who_knows(void **state)
{
	struct stats_guest all;
	struct stats stats;

	(void)state;
	run(3, 1, take_interrupts);
	run(WITH_APICS, 0, take_interrupts);
	read_guest(&stats, 3);
	assert_true(stats.guests[3].unseen.injected_known);
	assert_int_equal(stats.guests[3].cpus[0].unseen.injected, 0);
	assert_int_equal(stats.guests[3].cpus[1].unseen.injected, 3);
	assert_int_equal(stats.guests[3].unseen.injected, 3);
	assert_false(stats.guests[WITH_APICS].unseen.injected_known);
	assert_false(stats.guests[3].unseen.kernel_known);
	assert_int_equal(stats_read_all(&all, &stats), 0);
	assert_false(all.unseen.injected_known);
	stats_free_guest(&all);
	stats_free(&stats);
}

static void printed(void (*print)(FILE *to, const struct stats *stats),
		    const char *const *wanted, size_t count)
{
	struct stats stats;
	char *text;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	read_guest(&stats, 0);
	print(to, &stats);
	fclose(to);
	for (size_t i = 0; i < count; i++)
		if (!strstr(text, wanted[i]))
			fail_msg("no `%s` in\n%s", wanted[i], text);
	free(text);
	stats_free(&stats);
}

#define PRINTED(print, wanted) \
	printed(print, wanted, sizeof(wanted) / sizeof((wanted)[0]))

static void both_formats_print_it(void **state)
{
	static const char *const in_json[] = {
		"\"exits\": 133105,",
		"{\"reason\": \"IO\", \"port\": \"0x3f8\", \"direction\": "
		"\"out\", \"handler\": \"serial\", \"exits\": 4, \"accesses\": "
		"13, \"bytes\": 23, \"guest_ns\": 400, \"answer_ns\": 28, "
		"\"worst_answer_ns\": 7}",
		"\"page\": \"0xfee00000\"",
		"\"other\": true",
		"{\"irq\": 4, \"raised\": 2}",
		"\"status\": 71",
		"\"memory_bytes\": 65536",
		"\"injected\": 3",
	};
	static const char *const in_table[] = {
		"133105 VM exits",
		"IO in, other places\n",
		"IO 0x3f8 out, serial",
		"IRQ4 2 times, IRQ15 1 times",
	};

	(void)state;
	PRINTED(stats_print_json, in_json);
	PRINTED(stats_print_table, in_table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_is_a_reason_a_place_and_a_direction),
		cmocka_unit_test(vcpus_are_added_up),
		cmocka_unit_test(a_guest_that_uses_every_port_is_counted),
		cmocka_unit_test(lines_that_rise_are_counted),
		cmocka_unit_test(a_guest_without_an_exit_leaves_something),
		cmocka_unit_test(interrupts_are_counted_by_who_knows),
		cmocka_unit_test(both_formats_print_it),
		cmocka_unit_test(more_reasons_than_rows_are_counted),
	};

	return cmocka_run_group_tests(tests, end_guests, NULL);
}
