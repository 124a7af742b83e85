/*
 * The way of an interrupt to a CPU, and what bars it: the device's own enable, the
 * mask of the 8259 (Intel 8259A) or the I/O APIC's entry (Intel 82093AA), the local
 * APIC (SDM 3A, "Advanced Programmable Interrupt Controller (APIC)"), and IF.
 */
#include "probes/report/rules/quiet.h"

#include <string.h>

#include "x86/bits.h"

#define CASCADE	      2	 /* the master's input that is the slave */
#define LOWEST_VECTOR 16 /* SDM 3A, "Valid Interrupt Vectors" of the APIC */

uint16_t lines_both(uint8_t master, uint8_t slave)
{
	return master | slave << 8;
}

bool lines_pic_is_heard(const struct quiet *q)
{
	const struct sample_cpu *cpu = &q->sample->cpus[0];
	uint32_t lint0 = cpu->lapic.regs[APIC_LVT_LINT0];

	if (!cpu->has_lapic || !(cpu->lapic.base & APIC_BASE_ENABLE))
		return true;
	return !(lint0 & APIC_MASKED) && (lint0 & APIC_DELIVERY) == APIC_EXTINT;
}

/* By their masks alone. */
static uint16_t unmasked(const struct pic_view *pics)
{
	uint16_t lines = 0;

	if (pics[0].ready)
		lines = (uint8_t)~pics[0].imr;
	if (lines & 1 << CASCADE && pics[1].ready)
		lines |= (uint8_t)~pics[1].imr << 8;
	return lines & ~(1 << CASCADE);
}

uint32_t lines_by_pic(const struct quiet *q)
{
	if (!q->sample->irq.has_pics || !lines_pic_is_heard(q))
		return 0;
	return unmasked(q->sample->irq.view.pics);
}

static bool is_enabled(const struct sample_cpu *cpu)
{
	return cpu->has_lapic && cpu->lapic.base & APIC_BASE_ENABLE &&
	       cpu->lapic.regs[APIC_SVR] & APIC_SVR_ENABLE;
}

static bool any_apic_is_enabled(const struct quiet *q)
{
	for (unsigned int i = 0; i < q->sample->nr_cpus; i++)
		if (is_enabled(&q->sample->cpus[i]))
			return true;
	return false;
}

/* Whatever else it is, it is not one that no APIC takes. */
bool lines_is_deliverable(uint64_t entry)
{
	uint32_t mode = entry & APIC_DELIVERY;
	bool by_vector = mode == APIC_FIXED || mode == APIC_LOWEST;

	return !(entry & APIC_MASKED) &&
	       (!by_vector || (entry & APIC_VECTOR) >= LOWEST_VECTOR);
}

uint32_t lines_by_ioapic(const struct quiet *q)
{
	const struct ioapic_view *io = &q->sample->irq.view.ioapic;
	uint32_t lines = 0;

	if (!q->sample->irq.has_ioapic || !any_apic_is_enabled(q))
		return 0;
	for (unsigned int pin = 0; pin < LINES; pin++)
		if (lines_is_deliverable(io->entries[pin]))
			lines |= 1u << pin;
	return lines;
}

/* One that has yet to go off, or may be set by a register that is not seen. */
static bool has_timer(const struct sample_cpu *cpu)
{
	const uint32_t *regs = cpu->lapic.regs;
	uint32_t mode = regs[APIC_LVT_TIMER] & APIC_TIMER_MODE;

	if (!is_enabled(cpu) || regs[APIC_LVT_TIMER] & APIC_MASKED)
		return false;
	if (mode == APIC_TIMER_TSC)
		return true;
	return mode == APIC_TIMER_REPEAT ? regs[APIC_TIMER_INIT] :
					   regs[APIC_TIMER_COUNT];
}

bool lines_any_other_can_come(const struct quiet *q, uint32_t beside)
{
	uint32_t lines = lines_by_pic(q) | lines_by_ioapic(q);

	if (lines & q->wired & ~q->off & ~beside)
		return true;
	for (unsigned int i = 0; i < q->sample->nr_cpus; i++)
		if (has_timer(&q->sample->cpus[i]))
			return true;
	return false;
}

bool lines_any_can_come(const struct quiet *q)
{
	return lines_any_other_can_come(q, 0);
}

static bool was_never_started(const struct sample_cpu *cpu)
{
	return cpu->mp_state == KVM_MP_STATE_UNINITIALIZED ||
	       cpu->mp_state == KVM_MP_STATE_INIT_RECEIVED;
}

bool lines_cpu_waits(const struct sample_cpu *cpu)
{
	return was_never_started(cpu) || cpu->nr_halted == cpu->looks ||
	       cpu->in_loop;
}

bool lines_all_wait(const struct quiet *q)
{
	bool takes_any = false;

	for (unsigned int i = 0; i < q->sample->nr_cpus; i++) {
		const struct sample_cpu *cpu = &q->sample->cpus[i];

		if (!cpu->looks || !lines_cpu_waits(cpu))
			return false;
		takes_any |= cpu->nr_if == cpu->looks;
	}
	return takes_any;
}

uint8_t lines_barred(const struct pic_view *pic, uint8_t irr, uint8_t isr)
{
	uint8_t barred = 0;
	bool bars = false;

	for (unsigned int i = 1; i <= CHIP_PIC_INPUTS; i++) {
		uint8_t bit = 1 << (pic->lowest + i) % CHIP_PIC_INPUTS;

		bars |= !!(isr & bit);
		if (bars && irr & bit)
			barred |= bit;
	}
	return barred;
}

unsigned int lines_first(uint32_t lines)
{
	return lines ? __builtin_ctz(lines) : 0;
}

void lines_add(struct text *text, unsigned int line)
{
	static const char *const owners[] = {
		[0] = "timer",	    [1] = "keyboard", [4] = "COM1",
		[8] = "CMOS clock", [9] = "ACPI",     [12] = "mouse",
	};

	text_add(text, "IRQ%u", line);
	if (line < sizeof(owners) / sizeof(owners[0]) && owners[line])
		text_add(text, " (%s)", owners[line]);
}
