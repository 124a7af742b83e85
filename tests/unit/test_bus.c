/* objects: core/bus.o core/bus_moving.o util/lock.o util/log.o util/sink.o */
/*
 * The bus: claims in any order, overlaps refused, accesses split to what a
 * device decodes, and all ones where nothing is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "core/bus.h"

#define CALLS_MAX 16

/* A device that notes each call and answers with the offset. */
struct call {
	unsigned int range;
	uint64_t off;
	unsigned int size;
	uint64_t val;
};

struct notebook {
	unsigned int count;
	struct call calls[CALLS_MAX];
};

static struct notebook book;

static void note(unsigned int range, uint64_t off, unsigned int size,
		 uint64_t val)
{
	assert_true(book.count < CALLS_MAX);
	book.calls[book.count++] = (struct call){ range, off, size, val };
}

static uint64_t note_read(void *dev, unsigned int range, uint64_t off,
			  unsigned int size)
{
	(void)dev;
	note(range, off, size, 0);
	return 0xa0a0a0a0a0a0a0a0ULL + off; /* more than the bus may pass on */
}

static void note_write(void *dev, unsigned int range, uint64_t off,
		       unsigned int size, uint64_t val)
{
	(void)dev;
	note(range, off, size, val);
}

static const struct device_type narrow = {
	.name = "narrow",
	.width = 1,
	.read = note_read,
	.write = note_write,
};
static const struct device_type wide = {
	.name = "wide",
	.width = 4,
	.read = note_read,
	.write = note_write,
};

static void note_items(void *dev, unsigned int range, uint64_t off,
		       unsigned int size, unsigned int nr, void *to)
{
	(void)dev;
	(void)to;
	note(range, off, size, nr);
}

static const struct device_type strings = {
	.name = "strings",
	.width = 4,
	.read = note_read,
	.read_items = note_items,
};

static const struct device_type bound = {
	.name = "bound",
	.ranges = { { .reach = DEV_BEGUN }, { .reach = DEV_REGISTER } },
	.width = 2,
	.read = note_read,
	.write = note_write,
};

static struct device bound_dev = { .type = &bound };
static struct device narrow_dev = { .type = &narrow };
static struct device wide_dev = { .type = &wide };

/* narrow at 0x10-0x13, wide at 0x14-0x1b and, as range 1, at the very end. */
static void build(struct bus *bus)
{
	bus_init(bus, "port");
	assert_int_equal(bus_claim(bus, UINT64_MAX - 7, 8, &wide_dev, 1), 0);
	assert_int_equal(bus_claim(bus, 0x14, 8, &wide_dev, 0), 0);
	assert_int_equal(bus_claim(bus, 0x10, 4, &narrow_dev, 0), 0);
	assert_int_equal(bus_freeze(bus), 0);
	book.count = 0;
}

static void check_calls(const struct call *want, unsigned int count)
{
	assert_int_equal(book.count, count);
	for (unsigned int i = 0; i < count; i++) {
		assert_int_equal(book.calls[i].range, want[i].range);
		assert_int_equal(book.calls[i].off, want[i].off);
		assert_int_equal(book.calls[i].size, want[i].size);
		assert_int_equal(book.calls[i].val, want[i].val);
	}
	book.count = 0;
}

#define CHECK_CALLS(...)                                           \
	check_calls((const struct call[]){ __VA_ARGS__ },          \
		    sizeof((const struct call[]){ __VA_ARGS__ }) / \
			    sizeof(struct call))

static void reaches_the_device(void **state)
{
	struct bus bus;

	(void)state;
	build(&bus);
	assert_int_equal(bus_read(&bus, 0x12, 1), 0xa2);
	CHECK_CALLS({ 0, 2, 1, 0 });
	assert_int_equal(bus_read_byte(&bus, 0x12), 0xa2);
	CHECK_CALLS({ 0, 2, 1, 0 });
	bus_write_byte(&bus, 0x15, 0x5a);
	CHECK_CALLS({ 0, 1, 1, 0x5a });
	bus_write(&bus, 0x18, 4, 0x1122334455667788);
	CHECK_CALLS({ 0, 4, 4, 0x55667788 });
	bus_write(&bus, UINT64_MAX, 1, 0x55);
	CHECK_CALLS({ 1, 7, 1, 0x55 });
}

static void splits_what_is_too_wide(void **state)
{
	struct bus bus;

	(void)state;
	build(&bus);
	assert_int_equal(bus_read(&bus, 0x10, 4), 0xa3a2a1a0);
	CHECK_CALLS({ 0, 0, 1, 0 }, { 0, 1, 1, 0 }, { 0, 2, 1, 0 },
		    { 0, 3, 1, 0 });
	bus_write(&bus, 0x14, 8, 0x1122334455667788);
	CHECK_CALLS({ 0, 0, 4, 0x55667788 }, { 0, 4, 4, 0x11223344 });
}

static void crosses_from_one_to_the_next(void **state)
{
	struct bus bus;

	(void)state;
	build(&bus);
	assert_int_equal(bus_read(&bus, 0x13, 2), 0xa0a3);
	CHECK_CALLS({ 0, 3, 1, 0 }, { 0, 0, 1, 0 });
	assert_int_equal(bus_read(&bus, 0x1a, 4), 0xffffa0a6);
	CHECK_CALLS({ 0, 6, 2, 0 });
	assert_int_equal(bus.nr_stray, 2);
}

static void nothing_there_is_all_ones(void **state)
{
	struct bus bus;

	(void)state;
	build(&bus);
	assert_int_equal(bus_read(&bus, 0, 1), 0xff);
	assert_int_equal(bus_read(&bus, 0x1c, 2), 0xffff);
	assert_int_equal(bus_read(&bus, 0x1000, 4), 0xffffffff);
	assert_true(bus_read(&bus, 0x1000, 8) == UINT64_MAX);
	bus_write(&bus, 0x2000, 8, 0);
	assert_int_equal(book.count, 0);
	assert_true(bus.nr_stray > 0);
	assert_int_equal(bus.seen[0].addr, 0);
	assert_int_equal(bus.seen[0].reads, 1);
	assert_int_equal(bus.seen[0].writes, 0);
}

static void keeps_what_was_written_to_nobody(void **state)
{
	struct bus bus;

	(void)state;
	build(&bus);
	for (unsigned int i = 0; i < BUS_LAST + 2; i++)
		bus_write(&bus, 0x2000, 1, 'a' + i);
	assert_int_equal(bus.nr_seen, 1);
	assert_int_equal(bus.seen[0].writes, BUS_LAST + 2);
	assert_int_equal(bus.seen[0].at, 2);
	assert_memory_equal(bus.seen[0].last, "mncdefghijkl", BUS_LAST);
}

static void takes_what_began_in_the_range(void **state)
{
	struct bus bus;

	(void)state;
	bus_init(&bus, "port");
	bus_claim(&bus, 0x10, 4, &bound_dev, 0);
	assert_int_equal(bus_freeze(&bus), 0);
	book.count = 0;
	assert_int_equal(bus_read(&bus, 0x12, 4), 0xffffa0a2);
	CHECK_CALLS({ 0, 2, 2, 0 });
	assert_int_equal(bus_read(&bus, 0xe, 4), 0xffffffff);
	bus_write(&bus, 0xf, 8, 0);
	assert_int_equal(book.count, 0);
	bus_write(&bus, 0x10, 8, 0x8877665544332211);
	CHECK_CALLS({ 0, 0, 2, 0x2211 }, { 0, 2, 2, 0x4433 });
}

/* A register of four bytes, and one of a byte that lies across it. */
static void takes_a_register_as_a_whole(void **state)
{
	struct bus bus;

	(void)state;
	bus_init(&bus, "port");
	bus_claim(&bus, 0xcf9, 1, &bound_dev, 1);
	bus_claim(&bus, 0xcf8, 4, &bound_dev, 1);
	assert_int_equal(bus_freeze(&bus), 0);
	book.count = 0;
	bus_write(&bus, 0xcf8, 4, 0x80000400);
	CHECK_CALLS({ 1, 0, 4, 0x80000400 });
	bus_write(&bus, 0xcf9, 1, 6);
	CHECK_CALLS({ 1, 0, 1, 6 });
	bus_write(&bus, 0xcf8, 1, 0xff);
	bus_write(&bus, 0xcf8, 2, 0xffff);
	bus_write(&bus, 0xcf8, 8, ~0ULL);
	bus_write(&bus, 0xcf7, 4, ~0U);
	bus_write(&bus, 0xcf9, 2, 0xffff);
	assert_int_equal(bus_read(&bus, 0xcfa, 2), 0xffff);
	assert_int_equal(book.count, 0);
}

/* Addresses that are alike in their low bits, claimed and not. */
static void tells_the_like_apart(void **state)
{
	struct bus bus;

	(void)state;
	bus_init(&bus, "port");
	bus_claim(&bus, 0x1000 + BUS_LIKELY, 4, &narrow_dev, 1);
	bus_claim(&bus, 0x1000, 4, &narrow_dev, 0);
	assert_int_equal(bus_freeze(&bus), 0);
	book.count = 0;
	for (unsigned int i = 0; i < 4; i++) {
		bus_write(&bus, 0x1000 + i, 1, i);
		bus_write(&bus, 0x1000 + BUS_LIKELY + i, 1, i);
		CHECK_CALLS({ 0, i, 1, i }, { 1, i, 1, i });
	}
	bus_write(&bus, 0x1000 - BUS_LIKELY, 1, 0);
	bus_write(&bus, 0x1000 + 2 * BUS_LIKELY, 1, 0);
	bus_write(&bus, 0x1004, 1, 0);
	bus_write(&bus, 0, 1, 0);
	assert_int_equal(book.count, 0);
	assert_int_equal(bus.nr_stray, 4);
}

/* As a whole, if each access would be; and nothing else is the bus's to do. */
static void reads_strings(void **state)
{
	static struct device strings_dev = { .type = &strings };
	struct bus bus;

	(void)state;
	bus_init(&bus, "port");
	bus_claim(&bus, 0x10, 4, &narrow_dev, 0);
	bus_claim(&bus, 0x20, 8, &strings_dev, 3);
	bus_freeze(&bus);
	book.count = 0;
	assert_true(bus_read_items(&bus, 0x24, 4, 9, NULL));
	assert_int_equal(book.count, 1);
	assert_int_equal(book.calls[0].range, 3);
	assert_int_equal(book.calls[0].off, 4);
	assert_int_equal(book.calls[0].size, 4);
	assert_int_equal(book.calls[0].val, 9);
	assert_false(bus_read_items(&bus, 0x26, 4, 9, NULL));
	assert_false(bus_read_items(&bus, 0x20, 8, 9, NULL));
	assert_false(bus_read_items(&bus, 0x10, 1, 9, NULL));
	assert_false(bus_read_items(&bus, 0x50, 1, 9, NULL));
	assert_int_equal(book.count, 1);
}

static void refuses_overlaps(void **state)
{
	static const struct {
		uint64_t base, len;
		int err;
	} rows[] = {
		{ 0x0f, 1, 0 },	      { 0x0f, 2, -EEXIST },
		{ 0x10, 4, -EEXIST }, { 0x13, 1, -EEXIST },
		{ 0x14, 1, 0 },	      { 0, 0x1000, -EEXIST },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bus bus;

		bus_init(&bus, "port");
		bus_claim(&bus, 0x10, 4, &narrow_dev, 0);
		bus_claim(&bus, rows[i].base, rows[i].len, &wide_dev, 0);
		assert_int_equal(bus_freeze(&bus), rows[i].err);
	}
}

static void refuses_what_is_no_range(void **state)
{
	struct bus bus;

	(void)state;
	bus_init(&bus, "address");
	assert_int_equal(bus_claim(&bus, 0, 0, &wide_dev, 0), -EINVAL);
	assert_int_equal(bus_claim(&bus, 2, UINT64_MAX, &wide_dev, 0), -EINVAL);
	for (unsigned int i = 0; i < BUS_CLAIMS_MAX; i++)
		assert_int_equal(bus_claim(&bus, i, 1, &wide_dev, 0), 0);
	assert_int_equal(bus_claim(&bus, 999, 1, &wide_dev, 0), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reaches_the_device),
		cmocka_unit_test(splits_what_is_too_wide),
		cmocka_unit_test(crosses_from_one_to_the_next),
		cmocka_unit_test(nothing_there_is_all_ones),
		cmocka_unit_test(keeps_what_was_written_to_nobody),
		cmocka_unit_test(takes_what_began_in_the_range),
		cmocka_unit_test(takes_a_register_as_a_whole),
		cmocka_unit_test(tells_the_like_apart),
		cmocka_unit_test(reads_strings),
		cmocka_unit_test(refuses_overlaps),
		cmocka_unit_test(refuses_what_is_no_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
