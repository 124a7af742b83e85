/*
 * What the clock of a PC has to tell: the flags of register C and IRQ8, after
 * the data sheet of the MC146818 ("Interrupts", "Periodic Interrupt Selection").
 *
 * Nothing ticks. What has happened follows from the clock when somebody looks,
 * and a timer runs only for interrupts that are on and not yet raised: none is
 * counted twice, and those that the guest has not taken are lost, as on the chip.
 */
#include "devices/cmos.h"

#define CRYSTAL_HZ 32768
#define ALARM_ANY  0xc0 /* any value fits */

#define MINUTE 60
#define HOUR   3600
#define DAY    86400
#define NEVER  (1LL << 40) /* no clock comes there */

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

/* The first second after @clock at which the alarm goes off, or NEVER. */
static int64_t next_alarm(const struct cmos *c, int64_t clock)
{
	int64_t t = clock + 1, end = clock + DAY;

	if (!alarm_can_come(c))
		return NEVER;
	while (t <= end) {
		int64_t of_day = (t % DAY + DAY) % DAY;

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
	return NEVER;
}

/* Which bit of the crystal's count has the rate of PF; 0: it cmos_stands. */
static unsigned int rate_shift(const struct cmos *c)
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

static uint64_t beats_to_ns(uint64_t beats)
{
	return beats / CRYSTAL_HZ * NS_PER_SEC +
	       (beats % CRYSTAL_HZ * NS_PER_SEC + CRYSTAL_HZ - 1) / CRYSTAL_HZ;
}

void cmos_follow(struct cmos *c)
{
	uint64_t beats = beats_at(board_now_ns(c->board));
	unsigned int shift = rate_shift(c);
	int64_t clock = cmos_time(c).tv_sec;

	if (shift && beats >> shift != c->seen_beats >> shift)
		c->flags |= C_PF;
	if (!cmos_stands(c) && clock != c->seen_s) {
		c->flags |= C_UF;
		if (clock > c->seen_s && next_alarm(c, c->seen_s) <= clock)
			c->flags |= C_AF;
	}
	c->seen_beats = beats;
	c->seen_s = clock;
}

/* Nanoseconds of the guest's age, at which its clock will be at @second; a day
 * from now if that is later. */
static uint64_t due_at(struct cmos *c, int64_t second)
{
	uint64_t now_ns = board_now_ns(c->board);
	struct timespec time = cmos_time(c);
	int64_t wait_s = second - time.tv_sec;

	if (wait_s <= 0)
		return now_ns + 1;
	if (wait_s > DAY)
		wait_s = DAY;
	return now_ns + wait_s * NS_PER_SEC - time.tv_nsec;
}

/* When the next flag is due whose interrupt is on; 0: not before an access. */
static uint64_t next_due(struct cmos *c)
{
	uint8_t on = c->ram[RTC_REG_B];
	unsigned int shift = rate_shift(c);
	uint64_t due = 0, at;

	if (c->level)
		return 0;
	if ((on & C_PF) && shift)
		due = beats_to_ns(((c->seen_beats >> shift) + 1) << shift);
	if (cmos_stands(c) || !(on & (C_AF | C_UF)))
		return due;
	at = due_at(c, on & C_UF ? c->seen_s + 1 : next_alarm(c, c->seen_s));
	return due && due < at ? due : at;
}

void cmos_update_irq(struct cmos *c)
{
	bool level = c->flags & c->ram[RTC_REG_B] & C_FLAGS;
	uint64_t deadline;

	if (level != c->level) {
		c->level = level;
		board_irq(c->board, 0, level);
	}
	deadline = next_due(c);
	if (deadline == c->deadline_ns)
		return;
	c->deadline_ns = deadline;
	board_timer(c->board, deadline);
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
