/*
 * The clock and CMOS RAM of a PC at ports 0x70 and 0x71, after the data sheet
 * of the MC146818 ("Address Map", "Registers").
 *
 * The clock runs on the host's UTC plus what the guest has set it off by. All
 * fields come from one snapshot, so UIP is never seen. IRQ8 is not wired:
 * periodic, alarm and update interrupts do not come, and the alarm is only
 * stored. The divider bits do not stop the clock. Bit 7 of port 0x70, the
 * NMI mask, is ignored. The memory size bytes (0x15-0x18, 0x30, 0x31, 0x34,
 * 0x35) are left at 0: a loader tells its guest the size in its own way.
 */
#include <time.h>

#include "device.h"

#define CMOS_BASE 0x70

enum {
	PORT_INDEX = 0,
	PORT_DATA = 1,
	PORT_COUNT = 2,
};

enum {
	RTC_SECONDS = 0x00,
	RTC_MINUTES = 0x02,
	RTC_HOURS = 0x04,
	RTC_WEEKDAY = 0x06, /* 1 is Sunday */
	RTC_DAY = 0x07,	    /* of the month */
	RTC_MONTH = 0x08,   /* 1-12 */
	RTC_YEAR = 0x09,    /* 0-99 */
	RTC_REG_A = 0x0a,
	RTC_REG_B = 0x0b,
	RTC_REG_C = 0x0c,
	RTC_REG_D = 0x0d,
	RTC_CENTURY = 0x32, /* the PC's own, not of the MC146818 */
	CMOS_SIZE = 0x80,
};

#define INDEX_MASK 0x7f

#define A_UIP	0x80
#define A_RESET 0x26 /* 32.768 kHz crystal, 1024 Hz square wave */

#define B_SET	0x80 /* no updates: the guest is setting the time */
#define B_UIE	0x10
#define B_DM	0x04 /* binary, else BCD */
#define B_24H	0x02
#define C_UF	0x10 /* an update since the last read */
#define D_VRT	0x80 /* the battery is good */
#define HOUR_PM 0x80

/* The years 0 to 9999, more than which the registers cannot tell; seconds since
 * 1970. */
#define CLOCK_MIN (-62167219200LL)
#define CLOCK_MAX 253402300799LL

struct cmos {
	struct board *board;
	uint8_t index;
	uint8_t ram[CMOS_SIZE];
	struct tm now;	  /* the snapshot */
	int64_t now_s;	  /* its time, guest seconds since 1970 */
	int64_t offset_s; /* guest clock minus host clock */
	int64_t seen_s;	  /* guest clock when C was last read */
};

static int64_t within(int64_t clock)
{
	return clock < CLOCK_MIN ? CLOCK_MIN :
	       clock > CLOCK_MAX ? CLOCK_MAX :
				   clock;
}

static int64_t host_clock(struct cmos *c)
{
	return within(board_wall_s(c->board));
}

static int64_t guest_clock(struct cmos *c)
{
	return within(host_clock(c) + c->offset_s);
}

/*
 * Takes a new snapshot when the guest starts to read the time, which is at
 * UIP or at the seconds, or when the old one has become stale.
 */
static void update_snapshot(struct cmos *c, unsigned int reg)
{
	int64_t clock = guest_clock(c);
	bool starts = reg == RTC_REG_A || reg == RTC_SECONDS;
	bool stale = clock < c->now_s || clock > c->now_s + 1;
	time_t t = clock;

	if ((c->ram[RTC_REG_B] & B_SET) || !(starts || stale))
		return;
	if (gmtime_r(&t, &c->now))
		c->now_s = clock;
}

/* Lets the clock run on from the fields of the snapshot. */
static void set_clock(struct cmos *c)
{
	c->now_s = timegm(&c->now);
	c->offset_s = c->now_s - host_clock(c);
	c->seen_s = c->now_s;
}

static uint8_t encode(const struct cmos *c, unsigned int val)
{
	if (c->ram[RTC_REG_B] & B_DM)
		return val;
	return (val / 10) << 4 | val % 10;
}

static unsigned int decode(const struct cmos *c, uint8_t val)
{
	if (c->ram[RTC_REG_B] & B_DM)
		return val;
	return (val >> 4) * 10 + (val & 0xf);
}

/* 24 h: 0-23. 12 h: 12, 1-11 with bit 7 for the afternoon. */
static uint8_t encode_hour(const struct cmos *c, unsigned int hour)
{
	unsigned int hour12 = hour % 12 ? hour % 12 : 12;

	if (c->ram[RTC_REG_B] & B_24H)
		return encode(c, hour);
	return encode(c, hour12) | (hour >= 12 ? HOUR_PM : 0);
}

static unsigned int decode_hour(const struct cmos *c, uint8_t val)
{
	if (c->ram[RTC_REG_B] & B_24H)
		return decode(c, val);
	return decode(c, val & ~HOUR_PM) % 12 + (val & HOUR_PM ? 12 : 0);
}

/* UF tells a guest that polls for it when the second has changed. */
static uint8_t read_reg_c(struct cmos *c)
{
	int64_t clock = guest_clock(c);
	bool updated = clock != c->seen_s && !(c->ram[RTC_REG_B] & B_SET);

	c->seen_s = clock;
	return updated ? C_UF : 0;
}

static uint8_t cmos_get(struct cmos *c, unsigned int reg)
{
	const struct tm *tm = &c->now;
	int year;

	update_snapshot(c, reg);
	year = tm->tm_year + 1900;
	switch (reg) {
	case RTC_SECONDS:
		return encode(c, tm->tm_sec);
	case RTC_MINUTES:
		return encode(c, tm->tm_min);
	case RTC_HOURS:
		return encode_hour(c, tm->tm_hour);
	case RTC_WEEKDAY:
		return encode(c, tm->tm_wday + 1);
	case RTC_DAY:
		return encode(c, tm->tm_mday);
	case RTC_MONTH:
		return encode(c, tm->tm_mon + 1);
	case RTC_YEAR:
		return encode(c, year % 100);
	case RTC_CENTURY:
		return encode(c, year / 100);
	case RTC_REG_C:
		return read_reg_c(c);
	default:
		return c->ram[reg];
	}
}

/* Changes one field of the time; false when @reg is not one. */
static bool set_field(struct cmos *c, unsigned int reg, uint8_t val)
{
	struct tm *tm = &c->now;
	int year = tm->tm_year + 1900;

	switch (reg) {
	case RTC_SECONDS:
		tm->tm_sec = decode(c, val);
		return true;
	case RTC_MINUTES:
		tm->tm_min = decode(c, val);
		return true;
	case RTC_HOURS:
		tm->tm_hour = decode_hour(c, val);
		return true;
	case RTC_DAY:
		tm->tm_mday = decode(c, val);
		return true;
	case RTC_MONTH:
		tm->tm_mon = (int)decode(c, val) - 1;
		return true;
	case RTC_YEAR:
		tm->tm_year = year / 100 * 100 + (int)decode(c, val) - 1900;
		return true;
	case RTC_CENTURY:
		tm->tm_year = (int)decode(c, val) * 100 + year % 100 - 1900;
		return true;
	default:
		return false;
	}
}

/* While SET is on the snapshot stands still; then the clock runs from it. */
static void write_reg_b(struct cmos *c, uint8_t val)
{
	uint8_t old = c->ram[RTC_REG_B];

	if (val & B_SET)
		val &= ~B_UIE;
	if (val & ~old & B_SET)
		update_snapshot(c, RTC_SECONDS);
	c->ram[RTC_REG_B] = val;
	if (old & ~val & B_SET)
		set_clock(c);
}

static void cmos_put(struct cmos *c, unsigned int reg, uint8_t val)
{
	bool setting = c->ram[RTC_REG_B] & B_SET;

	switch (reg) {
	case RTC_REG_A:
		c->ram[reg] = val & ~A_UIP;
		return;
	case RTC_REG_B:
		write_reg_b(c, val);
		return;
	case RTC_REG_C:
	case RTC_REG_D:
	case RTC_WEEKDAY: /* follows from the date */
		return;
	}
	if (!setting)
		update_snapshot(c, RTC_SECONDS);
	if (!set_field(c, reg, val))
		c->ram[reg] = val;
	else if (!setting)
		set_clock(c);
}

static uint64_t cmos_read(void *dev, unsigned int range, uint64_t off,
			  unsigned int size)
{
	struct cmos *c = dev;

	(void)range;
	(void)size;
	if (off == PORT_INDEX)
		return 0xff; /* write only */
	return cmos_get(c, c->index);
}

static void cmos_write(void *dev, unsigned int range, uint64_t off,
		       unsigned int size, uint64_t val)
{
	struct cmos *c = dev;

	(void)range;
	(void)size;
	if (off == PORT_INDEX)
		c->index = val & INDEX_MASK;
	else
		cmos_put(c, c->index, val);
}

static void cmos_init(void *dev, struct board *board)
{
	struct cmos *c = dev;

	c->board = board;
	c->ram[RTC_REG_A] = A_RESET;
	c->ram[RTC_REG_B] = B_24H;
	c->ram[RTC_REG_D] = D_VRT;
	update_snapshot(c, RTC_SECONDS);
}

static const struct device_type cmos = {
	.name = "cmos",
	.what = "real-time clock and CMOS RAM at ports 0x70-0x71",
	.ranges = { { DEV_PIO, CMOS_BASE, PORT_COUNT, DEV_LANES } },
	.width = 1,
	.size = sizeof(struct cmos),
	.init = cmos_init,
	.read = cmos_read,
	.write = cmos_write,
};

DEVICE(cmos);
