/*
 * Power management: the fixed registers of ACPI, with the power button and the
 * timer. Follows the ACPI Specification, "Fixed Hardware Registers".
 *
 *   0  PM1_STS    what has happened; 1 clears
 *   2  PM1_EN     what of it raises the SCI, a level
 *   4  PM1_CNT    SLP_TYP and SLP_EN: sleep, that is, power off
 *   8  PM_TMR     32 bits at 3.579545 MHz; a change of bit 31 is TMR_STS
 *  12  GPE0_STS   the same for general purpose events, a byte each: there is
 *  13  GPE0_EN    one, that the guest was restored (boot/firmware/vmgenid.c),
 *                and one for each spare slot of PCI (pci/hotplug.c)
 *
 * There is no system management mode to hand the registers over (SCI_EN is
 * always set) or to share the global lock with, no sleep button, and nothing that
 * the clock could wake: their status bits stay 0. Of the sleeping states there
 * is S5; SLP_EN with any other type does nothing.
 */
#include <string.h>

#include "abi/pc.h"
#include "device.h"
#include "saved.h"

#define PM1_STS (PC_PM1_EVT - PC_PM1_EVT)
#define PM1_EN	(PC_PM1_EVT + 2 - PC_PM1_EVT)
#define PM1_CNT (PC_PM1_CNT - PC_PM1_EVT)
#define PM_TMR	(PC_PM_TMR - PC_PM1_EVT)
#define GPE0	(PC_GPE0 - PC_PM1_EVT)

/* PM1_STS and PM1_EN */
#define TMR	0x0001
#define GBL	0x0020
#define PWRBTN	0x0100
#define RTC	0x0400
#define EN_MASK (TMR | GBL | PWRBTN | RTC)

#define CNT_SCI_EN    0x0001
#define CNT_BM_RLD    0x0002
#define CNT_SLP_TYP   0x1c00
#define CNT_SLP_SHIFT 10
#define CNT_SLP_EN    0x2000 /* reads as 0 */
#define CNT_MASK      (CNT_BM_RLD | CNT_SLP_TYP)

#define NS_PER_S  1000000000ULL
#define CARRY_BIT 31

/* GPE0_STS is the low byte of a register, GPE0_EN the high one. */
#define GPE_MASK  (1 << PC_GPE_GENERATION | ((1 << PC_PCI_SPARES) - 1))
#define GPE_SHIFT 8
#define GPE_EN	  (GPE_MASK << GPE_SHIFT)

struct pm {
	struct board *board;

	/* What is remembered of it begins here. */
	uint16_t sts, en, cnt;
	uint16_t gpe; /* GPE0_STS and GPE0_EN */
	bool sci;
	bool armed;	  /* the timer, for the next carry */
	uint64_t carries; /* that have been seen */
};

static uint64_t ticks(struct pm *pm)
{
	uint64_t ns = board_now_ns(pm->board);

	return ns / NS_PER_S * PC_PM_HZ + ns % NS_PER_S * PC_PM_HZ / NS_PER_S;
}

/* When the timer has come to @tick. */
static uint64_t tick_ns(uint64_t tick)
{
	return tick / PC_PM_HZ * NS_PER_S +
	       (tick % PC_PM_HZ * NS_PER_S + PC_PM_HZ - 1) / PC_PM_HZ;
}

static void note_carry(struct pm *pm, uint64_t now)
{
	uint64_t carries = now >> CARRY_BIT;

	if (carries != pm->carries)
		pm->sts |= TMR;
	pm->carries = carries;
}

/* The SCI follows from the registers; the timer runs only for its sake. */
static void update(struct pm *pm)
{
	bool sci = (pm->sts & pm->en) || (pm->gpe & pm->gpe >> GPE_SHIFT);
	bool arm = (pm->en & TMR) && !(pm->sts & TMR);

	if (arm != pm->armed)
		board_timer(pm->board,
			    arm ? tick_ns((pm->carries + 1) << CARRY_BIT) : 0);
	pm->armed = arm;
	if (sci != pm->sci)
		board_irq(pm->board, 0, sci);
	pm->sci = sci;
}

static uint64_t pm_read(void *dev, unsigned int range, uint64_t off,
			unsigned int size)
{
	struct pm *pm = dev;
	const uint64_t now = ticks(pm);
	uint8_t regs[PC_PM_LEN] = { 0 };
	uint64_t val = 0;

	(void)range;
	note_carry(pm, now);
	update(pm);
	memcpy(regs + PM1_STS, &pm->sts, sizeof(pm->sts));
	memcpy(regs + PM1_EN, &pm->en, sizeof(pm->en));
	memcpy(regs + PM1_CNT, &pm->cnt, sizeof(pm->cnt));
	memcpy(regs + PM_TMR, &now, sizeof(uint32_t));
	memcpy(regs + GPE0, &pm->gpe, sizeof(pm->gpe));
	memcpy(&val, regs + off, size);
	return val;
}

static void put_byte(uint16_t *reg, uint16_t val, uint16_t byte)
{
	*reg = (*reg & ~byte) | (val & byte);
}

/* SLP_EN: to bed, in the way that SLP_TYP says. */
static void fall_asleep(struct pm *pm)
{
	unsigned int type = (pm->cnt & CNT_SLP_TYP) >> CNT_SLP_SHIFT;

	if (type == PC_S5_TYP)
		board_stop(pm->board, BOARD_STOP_EXIT, 0);
	else
		board_oddity(pm->board, "no such sleeping state", type);
}

/* One byte of a register: @val is where it is in the register, and so is the
 * mask @byte. */
static void write_reg(struct pm *pm, unsigned int reg, uint16_t val,
		      uint16_t byte)
{
	switch (reg) {
	case PM1_STS:
		note_carry(pm, ticks(pm));
		pm->sts &= ~val;
		break;
	case PM1_EN:
		put_byte(&pm->en, val & EN_MASK, byte);
		break;
	case PM1_CNT:
		put_byte(&pm->cnt, (val & CNT_MASK) | CNT_SCI_EN, byte);
		if (val & CNT_SLP_EN)
			fall_asleep(pm);
		break;
	case GPE0:
		pm->gpe &= ~(val & GPE_MASK);
		put_byte(&pm->gpe, val & GPE_EN, byte & ~0xff);
		break;
	}
}

static void pm_write(void *dev, unsigned int range, uint64_t off,
		     unsigned int size, uint64_t val)
{
	struct pm *pm = dev;

	(void)range;
	for (unsigned int i = 0; i < size; i++, val >>= 8) {
		unsigned int shift = (off + i) % 2 * 8;

		write_reg(pm, (off + i) & ~1U, (val & 0xff) << shift,
			  0xff << shift);
	}
	update(pm);
}

static void pm_timer(void *dev)
{
	struct pm *pm = dev;

	pm->armed = false;
	note_carry(pm, ticks(pm));
	update(pm);
}

static bool pm_power(void *dev)
{
	struct pm *pm = dev;

	pm->sts |= PWRBTN;
	update(pm);
	return pm->en & PWRBTN;
}

static void pm_event(void *dev, unsigned int gpe)
{
	struct pm *pm = dev;

	pm->gpe |= 1 << gpe;
	update(pm);
}

/* A guest that has listened has its own copies of whatever must be nobody's. */
static bool pm_restored(void *dev, struct stash *in)
{
	struct pm *pm = dev;

	(void)in;
	if (!ARE_BOOLS(&pm->sci, &pm->armed) || !has_only(pm->en, EN_MASK) ||
	    !has_only(pm->sts, TMR | PWRBTN) ||
	    !has_only(pm->cnt, CNT_MASK | CNT_SCI_EN) ||
	    !has_only(pm->gpe, GPE_MASK | GPE_EN))
		return false;
	if (board_has(pm->board, "vmgenid") && !board_resets(pm->board))
		pm->gpe |= 1 << PC_GPE_GENERATION;
	update(pm);
	return true;
}

static void pm_init(void *dev, struct board *board)
{
	struct pm *pm = dev;

	pm->board = board;
	pm->cnt = CNT_SCI_EN;
}

static const struct device_type pm = {
	.name = "pm",
	.what = "ACPI power management: power off, power button, timer",
	.ranges = { { DEV_PIO, PC_PM1_EVT, PC_PM_LEN, DEV_LANES } },
	.irqs = { PC_SCI_IRQ },
	.nr_irqs = 1,
	.width = 4,
	.size = sizeof(struct pm),
	.init = pm_init,
	.read = pm_read,
	.write = pm_write,
	.timer = pm_timer,
	.power = pm_power,
	.event = pm_event,
	.version = 1,
	.saved = offsetof(struct pm, sts),
	.restored = IF_ON(CONFIG_SNAPSHOT, pm_restored),
};
DEVICE(pm);
