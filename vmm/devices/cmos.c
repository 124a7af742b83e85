/*
 * The clock and CMOS RAM of a PC at ports 0x70 and 0x71, after the data sheet
 * of the MC146818 ("Address Map", "Registers"); cmos.h names the other parts.
 *
 * The clock counts seconds when the host's does. UIP shows before each of them
 * for as long as the chip would take to update; but all fields come from one
 * snapshot, so who does not look at it reads no torn time either.
 *
 * The RAM tells how large the machine is, as a BIOS does (IBM PC/AT Technical
 * Reference, "CMOS RAM"; RBIL, "CMOS Memory Map", for the words from 16 MiB on).
 * Left out: bit 7 of port 0x70, the NMI mask; other crystals than that of a PC;
 * daylight saving; the checksum, which no BIOS looks at here; hard disks.
 */
#include "devices/cmos.h"
#include "saved.h"

#define CMOS_BASE 0x70

enum {
	PORT_INDEX = 0,
	PORT_DATA = 1,
	PORT_COUNT = 2,
};

#define INDEX_MASK 0x7f

/* Of the RAM, what a BIOS fills in */
enum {
	CMOS_FLOPPIES = 0x10,
	CMOS_EQUIPMENT = 0x14,
	CMOS_BASE_KIB = 0x15,
	CMOS_EXTENDED_KIB = 0x17, /* from 1 MiB on, two copies */
	CMOS_EXTENDED_KIB_2 = 0x30,
	CMOS_BOOT_3 = 0x38,   /* what to start third, high digit */
	CMOS_BOOT = 0x3d,     /* first and second, low digit and high */
	CMOS_FROM_16M = 0x34, /* in units of 64 KiB, as the next */
	CMOS_FROM_4G = 0x5b,
	CMOS_LAST_CPU = 0x5f,
};

#define EQUIPMENT_FLOPPY  0x01
#define EQUIPMENT_FLOPPY2 0x40 /* one more than a single drive */
#define EQUIPMENT_FPU	  0x02
#define EQUIPMENT_MOUSE	  0x04
#define BASE_KIB	  640

/* An update takes 1984 us, and UIP comes 244 us before it. */
#define UIP_NS 2228000

static uint8_t read_reg_a(struct cmos *c)
{
	long ns = board_wall(c->board).tv_nsec;
	bool uip = !cmos_stands(c) && ns >= (long)NS_PER_SEC - UIP_NS;

	return c->ram[RTC_REG_A] | (uip ? A_UIP : 0);
}

static uint8_t read_data(struct cmos *c)
{
	uint8_t val = 0;

	cmos_snapshot(c, c->index);
	if (cmos_get_field(c, c->index, &val))
		return val;
	if (c->index == RTC_REG_A)
		return read_reg_a(c);
	if (c->index != RTC_REG_C)
		return c->ram[c->index];
	val = cmos_take_flags(c);
	cmos_update_irq(c);
	return val;
}

/* While the clock cmos_stands so does the snapshot; then it runs on from there. */
static void write_control(struct cmos *c, unsigned int reg, uint8_t val)
{
	bool stood = cmos_stands(c);

	if (!stood)
		cmos_snapshot(c, RTC_SECONDS);
	c->ram[reg] = val;
	if (stood && !cmos_stands(c))
		cmos_set_clock(c);
}

static void put(struct cmos *c, unsigned int reg, uint8_t val)
{
	bool setting = cmos_stands(c);

	cmos_follow(c);
	switch (reg) {
	case RTC_REG_A:
		write_control(c, reg, val & ~A_UIP);
		return;
	case RTC_REG_B: /* SET clears UIE */
		write_control(c, reg, val & B_SET ? val & ~B_UIE : val);
		return;
	case RTC_REG_C:
	case RTC_REG_D:
	case RTC_WEEKDAY: /* follows from the date */
		return;
	}
	if (!setting)
		cmos_snapshot(c, RTC_SECONDS);
	if (!cmos_set_field(c, reg, val))
		c->ram[reg] = val;
	else if (!setting)
		cmos_set_clock(c);
}

static uint64_t cmos_read(void *dev, unsigned int range, uint64_t off,
			  unsigned int size)
{
	struct cmos *c = dev;

	(void)range;
	(void)size;
	if (off == PORT_INDEX)
		return 0xff; /* write only */
	return read_data(c);
}

static void cmos_write(void *dev, unsigned int range, uint64_t off,
		       unsigned int size, uint64_t val)
{
	struct cmos *c = dev;

	(void)range;
	(void)size;
	if (off == PORT_INDEX) {
		c->index = val & INDEX_MASK;
		return;
	}
	put(c, c->index, val);
	cmos_update_irq(c);
}

static void put_number(struct cmos *c, unsigned int reg, uint64_t val,
		       unsigned int bytes)
{
	uint64_t max = (1ULL << 8 * bytes) - 1;

	if (val > max)
		val = max;
	for (; bytes; bytes--, val >>= 8)
		c->ram[reg++] = val;
}

/* Bytes of @ram_low from @start on. */
static uint64_t beyond(uint64_t ram_low, uint64_t start)
{
	return ram_low > start ? ram_low - start : 0;
}

/* That of the i8042, by the names of the two. */
static uint8_t mouse(struct board *board)
{
	bool has = IS_ON(CONFIG_DEV_MOUSE) && board_has(board, "mouse") &&
		   board_has(board, "i8042");

	return has ? EQUIPMENT_MOUSE : 0;
}

static uint8_t floppies(uint8_t drives)
{
	return (drives ? EQUIPMENT_FLOPPY : 0) |
	       (drives & 0x0f ? EQUIPMENT_FLOPPY2 : 0);
}

static void put_size(struct cmos *c)
{
	struct board_size size = board_size(c->board);
	uint64_t extended = beyond(size.ram_low, 1 << 20) >> 10;

	c->ram[CMOS_FLOPPIES] = board_floppies(c->board);
	c->ram[CMOS_EQUIPMENT] = EQUIPMENT_FPU | mouse(c->board) |
				 floppies(c->ram[CMOS_FLOPPIES]);
	put_number(c, CMOS_BASE_KIB,
		   size.ram_low >> 10 < BASE_KIB ? size.ram_low >> 10 :
						   BASE_KIB,
		   2);
	put_number(c, CMOS_EXTENDED_KIB, extended, 2);
	put_number(c, CMOS_EXTENDED_KIB_2, extended, 2);
	put_number(c, CMOS_FROM_16M, beyond(size.ram_low, 16 << 20) >> 16, 2);
	put_number(c, CMOS_FROM_4G, size.ram_high >> 16, 3);
	put_number(c, CMOS_LAST_CPU, size.nr_cpus - 1, 1);
}

/* As Bochs' BIOS has it, and whoever came after it. */
static void put_boot(struct cmos *c)
{
	const unsigned int order = board_boot(c->board);

	c->ram[CMOS_BOOT] = order;
	c->ram[CMOS_BOOT_3] = order >> 4 & 0xf0;
}

static void cmos_timer(void *dev)
{
	struct cmos *c = dev;

	c->deadline_ns = 0;
	cmos_follow(c);
	cmos_update_irq(c);
}

/* The time is the host's, less what the guest has set it off by: it is right again
 * without more. What was due meanwhile is told at once. */
static bool cmos_restored(void *dev, struct stash *in)
{
	const struct cmos *c = dev;

	(void)in;
	return ARE_BOOLS(&c->level) && c->index < CMOS_SIZE &&
	       has_only(c->flags, C_FLAGS) && cmos_time_is_possible(c);
}

static void cmos_init(void *dev, struct board *board)
{
	struct cmos *c = dev;

	c->board = board;
	cmos_irq_init(c);
	c->ram[RTC_REG_A] = A_RESET;
	c->ram[RTC_REG_B] = B_24H;
	c->ram[RTC_REG_D] = D_VRT;
	put_size(c);
	put_boot(c);
	cmos_snapshot(c, RTC_SECONDS);
	cmos_follow(c);
	c->flags = 0;
}

static const struct device_type cmos = {
	.name = "cmos",
	.what = "real-time clock and CMOS RAM at ports 0x70-0x71",
	.ranges = { { DEV_PIO, CMOS_BASE, PORT_COUNT, DEV_LANES } },
	.irqs = { 8 },
	.nr_irqs = IS_ON(CONFIG_RTC_IRQ8),
	.width = 1,
	.size = sizeof(struct cmos),
	.init = cmos_init,
	.read = cmos_read,
	.write = cmos_write,
	.timer = cmos_timer,
	.version = 2,
	.saved = offsetof(struct cmos, index),
	.restored = IF_ON(CONFIG_SNAPSHOT, cmos_restored),
};

DEVICE(cmos);
