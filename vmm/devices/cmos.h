/*
 * Between the parts of the clock and CMOS RAM: the ports and the RAM (cmos.c),
 * the time and how its fields are written (cmos_time.c), what has happened since
 * the guest last looked (cmos_flags.c), and IRQ8 (cmos_irq.c, cmos_irq_none.c).
 */
#ifndef MKVM_CMOS_H
#define MKVM_CMOS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "device.h"
#include "util/clock.h"

enum {
	RTC_SECONDS = 0x00,
	RTC_ALARM_SECONDS = 0x01,
	RTC_MINUTES = 0x02,
	RTC_ALARM_MINUTES = 0x03,
	RTC_HOURS = 0x04,
	RTC_ALARM_HOURS = 0x05,
	RTC_WEEKDAY = 0x06, /* 1 is Sunday */
	RTC_DAY = 0x07,	    /* of the month */
	RTC_MONTH = 0x08,   /* 1-12 */
	RTC_YEAR = 0x09,    /* 0-99 */
	RTC_REG_A = 0x0a,
	RTC_REG_B = 0x0b,
	RTC_REG_C = 0x0c,
	RTC_REG_D = 0x0d,
	RTC_CENTURY = 0x32, /* the PC's own, not of the MC146818 */
	RTC_CENTURY_PS2 = 0x37,
	CMOS_SIZE = 0x80,
};

#define A_UIP	0x80
#define A_RESET 0x26 /* 32.768 kHz crystal, 1024 Hz square wave */
#define A_HELD	0x60 /* the divider is held in reset: the clock stands */
#define A_RATE	0x0f /* of the periodic flag */

#define B_SET 0x80 /* no updates: the guest is setting the time */
#define B_UIE 0x10
#define B_DM  0x04 /* binary, else BCD */
#define B_24H 0x02

/* Register C; in B the same bits are the enables. */
#define C_IRQF	0x80
#define C_PF	0x40 /* periodic */
#define C_AF	0x20 /* alarm */
#define C_UF	0x10 /* update: the next second */
#define C_FLAGS (C_PF | C_AF | C_UF)

#define D_VRT 0x80 /* the battery is good */

/* A date as the guest reads and writes it: struct tm without the host's pointer. */
struct cmos_date {
	int sec, min, hour;
	int mday, mon; /* from 1, from 0 */
	int year;      /* of the calendar */
	int wday;      /* from Sunday, 0 */
};

#define CRYSTAL_HZ 32768
#define CMOS_DAY   86400
#define CMOS_NEVER (1LL << 40) /* no clock comes there */

struct cmos {
	struct board *board;
	bool interrupts; /* the guest, by IRQ8 */

	/* What is remembered of it begins here. */
	uint8_t index;
	uint8_t ram[CMOS_SIZE];

	struct cmos_date now; /* the snapshot */
	int64_t now_s;	      /* its time, guest seconds since 1970 */
	int64_t offset_s;     /* guest clock minus host clock */

	uint8_t flags;	      /* of register C */
	int64_t seen_s;	      /* guest clock up to which they are raised */
	uint64_t seen_beats;  /* of the crystal, likewise */
	bool level;	      /* IRQ8 */
	uint64_t deadline_ns; /* of the timer; 0: none */
};

/* The guest's clock, since 1970. */
struct timespec cmos_time(struct cmos *c);

/* The clock does not run: the guest sets it. */
bool cmos_stands(const struct cmos *c);

/*
 * Takes a new snapshot when the guest starts to read the time, which is at
 * UIP or at the seconds, or when the old one has become stale.
 */
void cmos_snapshot(struct cmos *c, unsigned int reg);

/* Lets the clock run on from the fields of the snapshot. */
void cmos_set_clock(struct cmos *c);

/* Whether the clock can be so. */
bool cmos_time_is_possible(const struct cmos *c);

/* A number, and an hour of 0 to 23, as register B wants them. */
uint8_t cmos_encode(const struct cmos *c, unsigned int val);
uint8_t cmos_encode_hour(const struct cmos *c, unsigned int hour);

/* Reads or writes field @reg of the snapshot; false when it is none. */
bool cmos_get_field(const struct cmos *c, unsigned int reg, uint8_t *val);
bool cmos_set_field(struct cmos *c, unsigned int reg, uint8_t val);

/* Raises the flags of what has happened since the last time. */
void cmos_follow(struct cmos *c);

/* The first second after @clock at which the alarm goes off, or CMOS_NEVER. */
int64_t cmos_next_alarm(const struct cmos *c, int64_t clock);

/* Which bit of the crystal's count has the rate of PF; 0: it stands. */
unsigned int cmos_rate_shift(const struct cmos *c);

/* At power-on, whether there is such a thing. */
void cmos_irq_init(struct cmos *c);

/* IRQ8 and the timer follow from the registers: to be called last. */
void cmos_update_irq(struct cmos *c);

/* Register C: reading clears it. */
uint8_t cmos_take_flags(struct cmos *c);

#endif
