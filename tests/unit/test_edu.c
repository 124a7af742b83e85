/* objects: pci/edu.o pci/host.o pci/config.o pci/saved.o pci/interrupt.o */
/*
 * The teaching device: each register as QEMU's documentation says, its
 * interrupts by pin and message, and DMA that would leave RAM or its page.
 */
#include "pci_world.h"
#include "reloaded.h"

#include <string.h>

#include "plug.h"

TABLE_DECLARE(plug, plug);

#define ID	   0x00
#define LIVE	   0x04
#define FACTORIAL  0x08
#define STATUS	   0x20
#define IRQ_STATUS 0x24
#define RAISE	   0x60
#define ACK	   0x64
#define SRC	   0x80
#define DST	   0x88
#define COUNT	   0x90
#define CMD	   0x98
#define PAGE	   0x40000
#define SECOND	   1000000000ULL

static const struct device_type *edu;

/* Stands for the plan: what the option asks for. */
struct planned *plan_add(struct plan *plan, const struct device_type *type,
			 const void *config, size_t size)
{
	static struct planned planned;

	(void)plan;
	(void)config;
	(void)size;
	edu = type;
	return &planned;
}

static void open_edu(struct world *w)
{
	memset(w, 0, sizeof(*w));
	assert_string_equal((*__start_table_plug)->option, "--edu");
	assert_int_equal((*__start_table_plug)->plug(NULL, NULL), 0);
	open_world(w, edu);
	put(w, 4, 2, 6); /* memory, bus master */
}

static void wait(struct world *w)
{
	fake_run_until(&w->board, w->board.now_ns + SECOND);
}

static void dma(struct world *w, uint64_t src, uint64_t dst, uint64_t count,
		uint32_t cmd)
{
	out(w, 0, SRC, 8, src);
	out(w, 0, DST, 8, dst);
	out(w, 0, COUNT, 8, count);
	out(w, 0, CMD, 4, cmd);
	assert_int_equal(in(w, 0, CMD, 4), cmd);
	wait(w);
	assert_int_equal(in(w, 0, CMD, 4), cmd & ~1U);
}

static struct world world;

static void is_what_drivers_look_for(void **state)
{
	struct world *w = &world;

	(void)state;
	open_edu(w);
	assert_int_equal(get(w, 0, 4), 0x11e81234);
	assert_int_equal(get(w, 8, 4), 0x00ff0010);
	assert_int_equal(get(w, 0x3d, 1), 1);
	put(w, 0x10, 4, UINT32_MAX);
	assert_int_equal(get(w, 0x10, 4), 0xfff00000);
	assert_true(find_cap(w, 5));
	assert_int_equal(in(w, 0, ID, 4), 0x010000ed);
	out(w, 0, ID, 4, 0);
	assert_int_equal(in(w, 0, ID, 4), 0x010000ed);
	out(w, 0, LIVE, 4, 0x12345678);
	assert_int_equal(in(w, 0, LIVE, 4), 0xedcba987);
	close_world(w);
}

static void answers_no_other_widths(void **state)
{
	static const struct {
		uint64_t off;
		unsigned int size;
		bool right;
	} rows[] = {
		{ ID, 1, false },   { ID, 2, false },	{ ID, 8, false },
		{ ID, 4, true },    { SRC, 2, false },	{ SRC, 4, true },
		{ SRC, 8, true },   { 0x40, 4, false }, { 0xa0, 8, false },
		{ PAGE, 4, false },
	};
	struct world *w = &world;

	(void)state;
	open_edu(w);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned int size = rows[i].size;
		uint64_t ones = size == 8 ? UINT64_MAX : (1ULL << 8 * size) - 1;

		assert_int_equal(in(w, 0, rows[i].off, size) != ones,
				 rows[i].right);
		out(w, 0, rows[i].off, size, 0x33);
	}
	assert_int_equal(in(w, 0, LIVE, 4), 0);
	out(w, 0, LIVE, 1, 0);
	out(w, 0, LIVE, 8, 0);
	assert_int_equal(in(w, 0, LIVE, 4), 0);
	close_world(w);
}

static void computes_factorials(void **state)
{
	static const uint32_t rows[][2] = {
		{ 0, 1 },	   { 1, 1 },	       { 5, 120 },
		{ 12, 479001600 }, { 13, 1932053504 }, { 33, 0x80000000 },
		{ 34, 0 },	   { UINT32_MAX, 0 },
	};
	struct world *w = &world;

	(void)state;
	open_edu(w);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		out(w, 0, FACTORIAL, 4, rows[i][0]);
		assert_int_equal(in(w, 0, STATUS, 4), 1);
		out(w, 0, FACTORIAL, 4, 3); /* not while it computes */
		wait(w);
		assert_int_equal(in(w, 0, STATUS, 4), 0);
		assert_int_equal(in(w, 0, FACTORIAL, 4), rows[i][1]);
	}
	assert_false(w->board.pin);
	out(w, 0, STATUS, 4, 0xffffffff);
	assert_int_equal(in(w, 0, STATUS, 4), 0x80);
	out(w, 0, FACTORIAL, 4, 4);
	wait(w);
	assert_true(w->board.pin);
	assert_int_equal(in(w, 0, IRQ_STATUS, 4), 1);
	close_world(w);
}

static void raises_its_pin(void **state)
{
	struct world *w = &world;

	(void)state;
	open_edu(w);
	out(w, 0, RAISE, 4, 0x6);
	assert_true(w->board.pin);
	assert_int_equal(in(w, 0, IRQ_STATUS, 4), 0x6);
	out(w, 0, ACK, 4, 0x2);
	assert_true(w->board.pin);
	out(w, 0, ACK, 4, 0xffffffff);
	assert_false(w->board.pin);
	out(w, 0, RAISE, 4, 0);
	assert_false(w->board.pin);
	assert_int_equal(w->board.messages, 0);
	close_world(w);
}

static void raises_by_message(void **state)
{
	struct world *w = &world;
	unsigned int cap;

	(void)state;
	open_edu(w);
	cap = find_cap(w, 5);
	put(w, cap + 4, 4, 0xfee00000);
	put(w, cap + 12, 2, 0x51);
	put(w, cap + 2, 2, 1);
	out(w, 0, RAISE, 4, 1);
	assert_int_equal(w->board.messages, 1);
	assert_int_equal(w->board.message_data, 0x51);
	out(w, 0, RAISE, 4, 2);
	assert_int_equal(w->board.messages, 2);
	out(w, 0, RAISE, 4, 0); /* the old ones are there still */
	assert_int_equal(w->board.messages, 3);
	out(w, 0, ACK, 4, 3);
	out(w, 0, RAISE, 4, 0);
	assert_int_equal(w->board.messages, 3);
	assert_int_equal(w->board.pin_changes, 0);
	close_world(w);
}

static void copies_there_and_back(void **state)
{
	struct world *w = &world;

	(void)state;
	open_edu(w);
	memcpy(w->ram + 0x100, "there and back", 15);
	dma(w, 0x100, PAGE + 0x20, 15, 0x1);
	dma(w, PAGE + 0x20, 0x1000, 15, 0x7);
	assert_string_equal((char *)w->ram + 0x1000, "there and back");
	assert_int_equal(in(w, 0, IRQ_STATUS, 4), 0x100);
	assert_true(w->board.pin);
	/* 28 bits of an address count; all of the page, to the end of RAM. */
	dma(w, 0xf0000100, PAGE, 4096, 0x1);
	dma(w, PAGE, RAM_SIZE - 4096, 4096, 0x3);
	assert_string_equal((char *)w->ram + RAM_SIZE - 4096, "there and back");
	assert_int_equal(w->board.oddities, 0);
	close_world(w);
}

static void copies_nothing_else(void **state)
{
	static const struct {
		uint64_t src, dst, count;
		uint32_t cmd;
	} rows[] = {
		{ 0, PAGE, 4097, 1 },
		{ 0, PAGE + 1, 4096, 1 },
		{ 0, PAGE - 1, 2, 1 },
		{ 0, PAGE + 4097, 0, 1 },
		{ 0, 0, 4, 1 },
		{ 0, UINT64_MAX, 2, 1 },
		{ 0, PAGE, UINT64_MAX, 1 },
		{ RAM_SIZE - 3, PAGE, 4, 1 },
		{ 0x0ffffffe, PAGE, 4, 1 },
		{ PAGE, RAM_SIZE - 4095, 4096, 3 },
		{ PAGE + 4093, 0, 4, 3 },
		{ UINT64_MAX - 1, 0, 4, 3 },
	};
	static uint8_t before[RAM_SIZE];
	struct world *w = &world;

	(void)state;
	open_edu(w);
	memset(w->ram, 0x55, RAM_SIZE);
	memcpy(before, w->ram, RAM_SIZE);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		dma(w, rows[i].src, rows[i].dst, rows[i].count, rows[i].cmd);
		assert_int_equal(w->board.oddities, i + 1);
	}
	put(w, 4, 2, 2); /* no bus master */
	dma(w, PAGE, 0, 4, 3);
	assert_int_equal(w->board.oddities, sizeof(rows) / sizeof(rows[0]) + 1);
	assert_memory_equal(w->ram, before, RAM_SIZE);
	close_world(w);
}

static void is_left_alone_at_work(void **state)
{
	struct world *w = &world;

	(void)state;
	open_edu(w);
	out(w, 0, CMD, 4, 4); /* not started */
	assert_int_equal(in(w, 0, CMD, 4), 0);
	out(w, 0, FACTORIAL, 4, 5);
	out(w, 0, COUNT, 4, 8);
	out(w, 0, DST, 4, PAGE);
	out(w, 0, CMD, 4, 1);
	out(w, 0, COUNT, 4, 0x5000);
	out(w, 0, CMD, 4, 0);
	assert_int_equal(in(w, 0, COUNT, 8), 8);
	assert_int_equal(in(w, 0, CMD, 8), 1);
	wait(w); /* both end, each in its time */
	assert_int_equal(in(w, 0, FACTORIAL, 4), 120);
	assert_int_equal(in(w, 0, CMD, 8), 0);
	assert_int_equal(w->board.oddities, 0);
	assert_int_equal(w->board.deadline_ns, 0);
	close_world(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_what_drivers_look_for),
		cmocka_unit_test(answers_no_other_widths),
		cmocka_unit_test(computes_factorials),
		cmocka_unit_test(raises_its_pin),
		cmocka_unit_test(raises_by_message),
		cmocka_unit_test(copies_there_and_back),
		cmocka_unit_test(copies_nothing_else),
		cmocka_unit_test(is_left_alone_at_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
