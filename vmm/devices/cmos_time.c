/*
 * The time in the clock of a PC: the host's, with what the guest has set it off
 * by, in the fields of the MC146818 ("Time, Calendar, and Alarm Locations").
 */
#include "devices/cmos.h"

#define HOUR_PM 0x80

/* The years 0 to 9999, more than which the registers cannot tell; seconds since
 * 1970. */
#define CLOCK_MIN (-62167219200LL)
#define CLOCK_MAX 253402300799LL

static int64_t within(int64_t clock)
{
	return clock < CLOCK_MIN ? CLOCK_MIN :
	       clock > CLOCK_MAX ? CLOCK_MAX :
				   clock;
}

static struct timespec host_time(struct cmos *c)
{
	struct timespec time = board_wall(c->board);

	time.tv_sec = within(time.tv_sec);
	return time;
}

struct timespec cmos_time(struct cmos *c)
{
	struct timespec time = host_time(c);

	time.tv_sec = within(time.tv_sec + c->offset_s);
	return time;
}

void cmos_snapshot(struct cmos *c, unsigned int reg)
{
	int64_t clock = cmos_time(c).tv_sec;
	bool starts = reg == RTC_REG_A || reg == RTC_SECONDS;
	bool stale = clock < c->now_s || clock > c->now_s + 1;
	time_t t = clock;

	if (cmos_stands(c) || !(starts || stale))
		return;
	if (gmtime_r(&t, &c->now))
		c->now_s = clock;
}

void cmos_set_clock(struct cmos *c)
{
	c->now_s = timegm(&c->now);
	c->offset_s = c->now_s - host_time(c).tv_sec;
	c->seen_s = c->now_s;
}

uint8_t cmos_encode(const struct cmos *c, unsigned int val)
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
uint8_t cmos_encode_hour(const struct cmos *c, unsigned int hour)
{
	unsigned int hour12 = hour % 12 ? hour % 12 : 12;

	if (c->ram[RTC_REG_B] & B_24H)
		return cmos_encode(c, hour);
	return cmos_encode(c, hour12) | (hour >= 12 ? HOUR_PM : 0);
}

static unsigned int decode_hour(const struct cmos *c, uint8_t val)
{
	if (c->ram[RTC_REG_B] & B_24H)
		return decode(c, val);
	return decode(c, val & ~HOUR_PM) % 12 + (val & HOUR_PM ? 12 : 0);
}

bool cmos_stands(const struct cmos *c)
{
	return (c->ram[RTC_REG_B] & B_SET) ||
	       (c->ram[RTC_REG_A] & A_HELD) == A_HELD;
}

bool cmos_get_field(const struct cmos *c, unsigned int reg, uint8_t *val)
{
	const struct tm *tm = &c->now;
	int year = tm->tm_year + 1900;

	switch (reg) {
	case RTC_SECONDS:
		*val = cmos_encode(c, tm->tm_sec);
		return true;
	case RTC_MINUTES:
		*val = cmos_encode(c, tm->tm_min);
		return true;
	case RTC_HOURS:
		*val = cmos_encode_hour(c, tm->tm_hour);
		return true;
	case RTC_WEEKDAY:
		*val = cmos_encode(c, tm->tm_wday + 1);
		return true;
	case RTC_DAY:
		*val = cmos_encode(c, tm->tm_mday);
		return true;
	case RTC_MONTH:
		*val = cmos_encode(c, tm->tm_mon + 1);
		return true;
	case RTC_YEAR:
		*val = cmos_encode(c, year % 100);
		return true;
	case RTC_CENTURY:
	case RTC_CENTURY_PS2:
		*val = cmos_encode(c, year / 100);
		return true;
	default:
		return false;
	}
}

bool cmos_set_field(struct cmos *c, unsigned int reg, uint8_t val)
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
	case RTC_CENTURY_PS2:
		tm->tm_year = (int)decode(c, val) * 100 + year % 100 - 1900;
		return true;
	default:
		return false;
	}
}
