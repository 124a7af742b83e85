/* objects: devices/cmos.o devices/cmos_time.o devices/cmos_flags.o devices/cmos_irq.o */
/* objects: devices/debugcon.o devices/fwcfg.o devices/fwcfg_dma.o devices/hypercall.o */
/* objects: devices/fwcfg_saved.o util/fwfile.o */
/* objects: devices/hypercall_saved.o */
/* objects: devices/i8042.o devices/i8042_kbd.o devices/i8042_keys.o */
/* objects: devices/i8042_scan.o devices/i8042_input.o */
/* objects: devices/i8042_mouse.o devices/i8042_ko_none.o */
/* objects: devices/ioapic.o devices/pic.o devices/pit.o devices/pit_counter.o devices/speaker_none.o */
/* objects: devices/port92.o devices/post.o devices/reset.o */
/* objects: devices/serial.o devices/serial_irq.o devices/serial_fifo.o */
/* objects: core/bus.o core/bus_moving.o util/lock.o util/log.o util/sink.o */
/*
 * Which device an access meets that is wider than its range, or lies across
 * its edge: all devices on one bus, each replaced by a spy that notes what it
 * gets. Every range has its rows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/bus.h"

#define DEVICES_MAX 16
#define NOTES_MAX   256
#define VALUE	    0x8877665544332211

TABLE_DECLARE(device, device_type);

struct spy {
	struct device_type type;
	struct device dev;
};

static struct spy spies[DEVICES_MAX];
static unsigned int nr_spies;
static struct bus pio, mmio;
static char notes[NOTES_MAX];

static void note(const struct device_type *type, unsigned int range,
		 uint64_t off, unsigned int size, uint64_t val)
{
	size_t len = strlen(notes);

	assert_in_range(size, 1, type->width);
	assert_true(off + size <= type->ranges[range].len);
	snprintf(notes + len, sizeof(notes) - len, "%s%s %llx:%u=%llx",
		 len ? ", " : "", type->name,
		 (unsigned long long)(type->ranges[range].base + off), size,
		 (unsigned long long)val);
}

static void spy_write(void *dev, unsigned int range, uint64_t off,
		      unsigned int size, uint64_t val)
{
	note(dev, range, off, size, val);
}

/* Answers with its addresses' low bytes, so that each lane is known. */
static uint64_t spy_read(void *dev, unsigned int range, uint64_t off,
			 unsigned int size)
{
	const struct device_type *type = dev;
	uint64_t val = 0;

	note(type, range, off, size, 0);
	for (unsigned int i = 0; i < size; i++)
		val |= ((type->ranges[range].base + off + i) & 0xff) << i * 8;
	return val;
}

static void add_spy(const struct device_type *type)
{
	struct spy *spy = &spies[nr_spies++];

	spy->type = *type;
	spy->type.read = spy_read;
	spy->type.write = spy_write;
	spy->dev = (struct device){ .type = &spy->type, .state = &spy->type };
	for (unsigned int i = 0; i < DEV_RANGES_MAX && type->ranges[i].len; i++)
		assert_int_equal(bus_claim(type->ranges[i].space == DEV_PIO ?
						   &pio :
						   &mmio,
					   type->ranges[i].base,
					   type->ranges[i].len, &spy->dev, i),
				 0);
}

static int build(void **state)
{
	const struct device_type *const *row;

	(void)state;
	bus_init(&pio, "port");
	bus_init(&mmio, "address");
	TABLE_FOREACH(device, row) {
		assert_in_range(nr_spies, 0, DEVICES_MAX - 1);
		add_spy(*row);
	}
	assert_int_equal(bus_freeze(&pio), 0);
	assert_int_equal(bus_freeze(&mmio), 0);
	return 0;
}

/* A write of @size bytes of VALUE at @addr, and who gets what of it. */
struct row {
	enum dev_space space;
	uint64_t addr;
	unsigned int size;
	const char *wanted;
};

static const struct row rows[] = {
	/* The chips of the ISA bus: each byte is an access of its own. */
	{ DEV_PIO, 0x20, 2, "pic 20:1=11, pic 21:1=22" },
	{ DEV_PIO, 0x1e, 4, "pic 20:1=33, pic 21:1=44" },
	{ DEV_PIO, 0xa1, 2, "pic a1:1=11" },
	{ DEV_PIO, 0x4d0, 2, "pic 4d0:1=11, pic 4d1:1=22" },
	{ DEV_PIO, 0x4ce, 4, "pic 4d0:1=33, pic 4d1:1=44" },
	{ DEV_PIO, 0x42, 4, "pit 42:1=11, pit 43:1=22" },
	{ DEV_PIO, 0x3f, 2, "pit 40:1=22" },
	{ DEV_PIO, 0x60, 2, "i8042 60:1=11, pit 61:1=22" },
	{ DEV_PIO, 0x61, 4, "pit 61:1=11, i8042 64:1=44" },
	{ DEV_PIO, 0x64, 4, "i8042 64:1=11" },
	{ DEV_PIO, 0x70, 2, "cmos 70:1=11, cmos 71:1=22" },
	{ DEV_PIO, 0x71, 4, "cmos 71:1=11" },
	{ DEV_PIO, 0x7f, 2, "post 80:1=22" },
	{ DEV_PIO, 0x80, 4, "post 80:1=11" },
	{ DEV_PIO, 0x91, 2, "port92 92:1=22" },
	{ DEV_PIO, 0x92, 2, "port92 92:1=11" },
	{ DEV_PIO, 0x3f6, 4, "serial 3f8:1=33, serial 3f9:1=44" },
	{ DEV_PIO, 0x3f8, 2, "serial 3f8:1=11, serial 3f9:1=22" },
	{ DEV_PIO, 0x3ff, 2, "serial 3ff:1=11" },
	/* What is no chip of any bus is met by who means it, and only so. */
	{ DEV_PIO, 0xe9, 2, "debugcon e9:1=11" },
	{ DEV_PIO, 0xe8, 2, "" },
	{ DEV_PIO, 0xe6, 4, "" },
	{ DEV_PIO, 0x500, 4, "hypercall 500:4=44332211" },
	{ DEV_PIO, 0x502, 4, "hypercall 502:2=2211" },
	{ DEV_PIO, 0x4fe, 4, "" },
	{ DEV_PIO, 0x4ff, 2, "" },
	{ DEV_PIO, 0x510, 2, "fwcfg 510:2=2211" },
	{ DEV_PIO, 0x510, 4, "fwcfg 510:2=2211" },
	{ DEV_PIO, 0x511, 2, "fwcfg 511:1=11" },
	{ DEV_PIO, 0x512, 4, "fwcfg 514:2=4433" },
	{ DEV_PIO, 0x51a, 4, "fwcfg 51a:2=2211" },
	{ DEV_PIO, 0x50f, 2, "" },
	/* The address register of PCI lies across the reset register. */
	{ DEV_PIO, 0xcf9, 1, "reset cf9:1=11" },
	{ DEV_PIO, 0xcf8, 4, "" },
	{ DEV_PIO, 0xcf8, 2, "" },
	{ DEV_PIO, 0xcf9, 2, "" },
	{ DEV_PIO, 0xcf7, 4, "" },
	/* Registers of 32 bits. */
	{ DEV_MMIO, 0xfec00000, 8, "ioapic fec00000:4=44332211" },
	{ DEV_MMIO, 0xfec00002, 4, "ioapic fec00002:2=2211" },
	{ DEV_MMIO, 0xfebffffc, 8, "" },
	{ DEV_MMIO, 0xfec00010, 8, "ioapic fec00010:4=44332211" },
	{ DEV_MMIO, 0xfec0000c, 8, "" },
	{ DEV_MMIO, 0xfec0000e, 4, "" },
};

static struct bus *bus_of(const struct row *row)
{
	return row->space == DEV_PIO ? &pio : &mmio;
}

static void each_access_meets_whom_it_means(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];

		notes[0] = '\0';
		bus_write(bus_of(row), row->addr, row->size, VALUE);
		if (strcmp(notes, row->wanted))
			print_error("%u bytes at 0x%llx\n", row->size,
				    (unsigned long long)row->addr);
		assert_string_equal(notes, row->wanted);
	}
}

/* Bytes that nobody answers read as ones, and all others as their own. */
static void reads_go_the_way_of_writes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		uint64_t val;

		notes[0] = '\0';
		val = bus_read(bus_of(row), row->addr, row->size);
		assert_int_equal(!notes[0], !row->wanted[0]);
		for (unsigned int at = 0; at < row->size; at++) {
			unsigned int lane = val >> at * 8 & 0xff;

			if (lane != 0xff)
				assert_int_equal(lane, (row->addr + at) & 0xff);
			assert_true(row->wanted[0] || lane == 0xff);
		}
	}
}

static bool is_crossed(const struct dev_range *range, const struct row *row)
{
	return row->space == range->space &&
	       row->addr < range->base + range->len &&
	       range->base < row->addr + row->size &&
	       (row->addr < range->base ||
		row->addr + row->size > range->base + range->len);
}

static void every_range_is_crossed_in_the_table(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < nr_spies; i++) {
		const struct dev_range *range = spies[i].type.ranges;

		for (; range < spies[i].type.ranges + DEV_RANGES_MAX &&
		       range->len;
		     range++) {
			bool found = false;

			for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]);
			     r++)
				found |= is_crossed(range, &rows[r]);
			if (!found)
				fail_msg("%s: no row across 0x%llx",
					 spies[i].type.name,
					 (unsigned long long)range->base);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_access_meets_whom_it_means),
		cmocka_unit_test(reads_go_the_way_of_writes),
		cmocka_unit_test(every_range_is_crossed_in_the_table),
	};

	return cmocka_run_group_tests(tests, build, NULL);
}
