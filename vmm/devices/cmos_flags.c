/*
 * What the clock of a PC has to tell: the flags of register C, after the data sheet
 * of the MC146818 ("Interrupts", "Periodic Interrupt Selection"). Nothing ticks:
 * what has happened follows from the clock when somebody looks.
 */
#include "devices/cmos.h"

#define ALARM_ANY 0xc0 /* any value fits */

#define MINUTE 60
#define HOUR   3600

static bool alarm_fits(const struct cmos *c, unsigned int reg, uint8_t val)
{
	uint8_t alarm = c->ram[reg];

	return alarm >= ALARM_ANY || alarm == val;
}

/* Whether there is a second at which it can go off at all: if so, it is within
 * a minute that fits. */
static bool alarm_can_come(const struct cmos *c)
{
	bool can = false;

	for (unsigned int second = 0; second < MINUTE; second++)
		can |= alarm_fits(c, RTC_ALARM_SECONDS, cmos_encode(c, second));
	return can;
}

/* The first second after @clock at which the alarm goes off, or CMOS_NEVER. */
int64_t cmos_next_alarm(const struct cmos *c, int64_t clock)
{
	int64_t t = clock + 1, end = clock + CMOS_DAY;

	if (!alarm_can_come(c))
		return CMOS_NEVER;
	while (t <= end) {
		int64_t of_day = (t % CMOS_DAY + CMOS_DAY) % CMOS_DAY;

		if (!alarm_fits(c, RTC_ALARM_HOURS,
				cmos_encode_hour(c, of_day / HOUR)))
			t += HOUR - of_day % HOUR;
		else if (!alarm_fits(c, RTC_ALARM_MINUTES,
				     cmos_encode(c, of_day / MINUTE % MINUTE)))
			t += MINUTE - of_day % MINUTE;
		else if (!alarm_fits(c, RTC_ALARM_SECONDS,
				     cmos_encode(c, of_day % MINUTE)))
			t++;
		else
			return t;
	}
	return CMOS_NEVER;
}

/* Which bit of the crystal's count has the rate of PF; 0: it cmos_stands. */
unsigned int cmos_rate_shift(const struct cmos *c)
{
	unsigned int rate = c->ram[RTC_REG_A] & A_RATE;

	if (!rate || (c->ram[RTC_REG_A] & A_HELD) == A_HELD)
		return 0;
	return rate <= 2 ? rate + 6 : rate - 1;
}

static uint64_t beats_at(uint64_t ns)
{
	return ns / NS_PER_SEC * CRYSTAL_HZ +
	       ns % NS_PER_SEC * CRYSTAL_HZ / NS_PER_SEC;
}

void cmos_follow(struct cmos *c)
{
	uint64_t beats = beats_at(board_now_ns(c->board));
	unsigned int shift = cmos_rate_shift(c);
	int64_t clock = cmos_time(c).tv_sec;

	if (shift && beats >> shift != c->seen_beats >> shift)
		c->flags |= C_PF;
	if (!cmos_stands(c) && clock != c->seen_s) {
		c->flags |= C_UF;
		if (clock > c->seen_s && cmos_next_alarm(c, c->seen_s) <= clock)
			c->flags |= C_AF;
	}
	c->seen_beats = beats;
	c->seen_s = clock;
}

uint8_t cmos_take_flags(struct cmos *c)
{
	uint8_t flags;

	cmos_follow(c);
	flags = c->flags;
	if (flags & c->ram[RTC_REG_B])
		flags |= C_IRQF;
	c->flags = 0;
	return flags;
}
