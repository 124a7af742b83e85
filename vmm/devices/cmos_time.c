/*
 * The time in the clock of a PC: the host's, with what the guest has set it off
 * by, in the fields of the MC146818 ("Time, Calendar, and Alarm Locations").
 */
#include "devices/cmos.h"

#define HOUR_PM	  0x80
#define TM_YEAR_0 1900 /* of struct tm */

/* More than two digits and a month from 0 can say; and seconds, of such a year. */
#define FIELD_MAX  255
#define YEAR_MAX   (FIELD_MAX * 100 + FIELD_MAX)
#define CLOCKS_MAX (1LL << 41)

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
	struct tm tm;

	if (cmos_stands(c) || !(starts || stale))
		return;
	if (!gmtime_r(&t, &tm))
		return;
	c->now_s = clock;
	c->now = (struct cmos_date){
		.sec = tm.tm_sec,
		.min = tm.tm_min,
		.hour = tm.tm_hour,
		.mday = tm.tm_mday,
		.mon = tm.tm_mon,
		.year = tm.tm_year + TM_YEAR_0,
		.wday = tm.tm_wday,
	};
}

void cmos_set_clock(struct cmos *c)
{
	struct tm tm = {
		.tm_sec = c->now.sec,
		.tm_min = c->now.min,
		.tm_hour = c->now.hour,
		.tm_mday = c->now.mday,
		.tm_mon = c->now.mon,
		.tm_year = c->now.year - TM_YEAR_0,
	};

	c->now_s = timegm(&tm);
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
	const struct cmos_date *now = &c->now;

	switch (reg) {
	case RTC_SECONDS:
		*val = cmos_encode(c, now->sec);
		return true;
	case RTC_MINUTES:
		*val = cmos_encode(c, now->min);
		return true;
	case RTC_HOURS:
		*val = cmos_encode_hour(c, now->hour);
		return true;
	case RTC_WEEKDAY:
		*val = cmos_encode(c, now->wday + 1);
		return true;
	case RTC_DAY:
		*val = cmos_encode(c, now->mday);
		return true;
	case RTC_MONTH:
		*val = cmos_encode(c, now->mon + 1);
		return true;
	case RTC_YEAR:
		*val = cmos_encode(c, now->year % 100);
		return true;
	case RTC_CENTURY:
	case RTC_CENTURY_PS2:
		*val = cmos_encode(c, now->year / 100);
		return true;
	default:
		return false;
	}
}

bool cmos_set_field(struct cmos *c, unsigned int reg, uint8_t val)
{
	struct cmos_date *now = &c->now;

	switch (reg) {
	case RTC_SECONDS:
		now->sec = decode(c, val);
		return true;
	case RTC_MINUTES:
		now->min = decode(c, val);
		return true;
	case RTC_HOURS:
		now->hour = decode_hour(c, val);
		return true;
	case RTC_DAY:
		now->mday = decode(c, val);
		return true;
	case RTC_MONTH:
		now->mon = (int)decode(c, val) - 1;
		return true;
	case RTC_YEAR:
		now->year = now->year / 100 * 100 + (int)decode(c, val);
		return true;
	case RTC_CENTURY:
	case RTC_CENTURY_PS2:
		now->year = (int)decode(c, val) * 100 + now->year % 100;
		return true;
	default:
		return false;
	}
}

static bool is_field(int field)
{
	return field >= -1 && field <= FIELD_MAX;
}

static bool is_clock(int64_t clock)
{
	return clock >= -CLOCKS_MAX && clock <= CLOCKS_MAX;
}

bool cmos_time_is_possible(const struct cmos *c)
{
	const struct cmos_date *now = &c->now;

	return is_field(now->sec) && is_field(now->min) &&
	       is_field(now->hour) && is_field(now->mday) &&
	       is_field(now->mon) && is_field(now->wday) &&
	       now->year >= -YEAR_MAX && now->year <= YEAR_MAX &&
	       is_clock(c->now_s) && is_clock(c->offset_s) &&
	       is_clock(c->seen_s);
}
