/*
 * IRQ8, by which the clock of a PC tells what its flags say, after the data sheet
 * of the MC146818 ("Interrupts").
 *
 * A timer runs only for interrupts that are on and not yet raised: none is counted
 * twice, and those that the guest has not taken are lost, as on the chip.
 */
#include "devices/cmos.h"
#include "feature.h"

static const struct feature irq8 = {
	.name = "irq8",
	.what = "interrupts of the clock",
};
FEATURE(irq8);

static uint64_t beats_to_ns(uint64_t beats)
{
	return beats / CRYSTAL_HZ * NS_PER_SEC +
	       (beats % CRYSTAL_HZ * NS_PER_SEC + CRYSTAL_HZ - 1) / CRYSTAL_HZ;
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
	if (wait_s > CMOS_DAY)
		wait_s = CMOS_DAY;
	return now_ns + wait_s * NS_PER_SEC - time.tv_nsec;
}

/* When the next flag is due whose interrupt is on; 0: not before an access. */
static uint64_t next_due(struct cmos *c)
{
	uint8_t on = c->ram[RTC_REG_B];
	unsigned int shift = cmos_rate_shift(c);
	uint64_t due = 0, at;

	if (c->level)
		return 0;
	if ((on & C_PF) && shift)
		due = beats_to_ns(((c->seen_beats >> shift) + 1) << shift);
	if (cmos_stands(c) || !(on & (C_AF | C_UF)))
		return due;
	at = due_at(c,
		    on & C_UF ? c->seen_s + 1 : cmos_next_alarm(c, c->seen_s));
	return due && due < at ? due : at;
}

void cmos_update_irq(struct cmos *c)
{
	bool level = c->flags & c->ram[RTC_REG_B] & C_FLAGS;
	uint64_t deadline;

	if (!c->interrupts)
		return;
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

void cmos_irq_init(struct cmos *c)
{
	c->interrupts = board_has(c->board, irq8.name);
}
