/*
 * Rules of interrupts that do not end: a level that was up at every look, and
 * whose handler was at it at one look and through with it at another. So it was
 * ended and came again, and the device was never made to let go.
 */
#include "probes/report/rules/quiet.h"

#include "x86/bits.h"

#define CASCADE_BIT (1 << 2)
#define EOIS_MIN    16

static void add_storm(struct text *text, unsigned int line)
{
	lines_add(text, line);
	text_add(text, " is a level that stays up: its handler ends, and is "
		       "entered again at once");
}

bool storm_of_pic(struct rule_case *c, struct text *text)
{
	const struct quiet *q = c->quiet;
	const struct pic_view *pics = q->sample->irq.view.pics;
	uint16_t levels = lines_both(pics[0].elcr, pics[1].elcr);
	uint16_t lines = q->sample->lines & levels & lines_by_pic(q) &
			 q->sample->isr_ever & ~q->sample->isr & ~CASCADE_BIT;

	if (!lines || !q->silent)
		return false;
	add_storm(text, lines_first(lines));
	return true;
}

static bool has_bit(const uint32_t words[SAMPLE_VECTORS], unsigned int vector)
{
	return words[vector / 32] >> vector % 32 & 1;
}

/* Whether some vCPU was in the handler of @vector, and out of it; or has ended
 * interrupts that are levels, which of a modelled I/O APIC are VM exits. */
static bool comes_again(const struct quiet *q, unsigned int vector)
{
	for (unsigned int i = 0; i < q->sample->nr_cpus; i++) {
		const struct sample_cpu *cpu = &q->sample->cpus[i];

		if (cpu->nr_eoi >= EOIS_MIN ||
		    (has_bit(cpu->isr_ever, vector) &&
		     !has_bit(cpu->isr, vector)))
			return true;
	}
	return false;
}

bool storm_of_ioapic(struct rule_case *c, struct text *text)
{
	const struct quiet *q = c->quiet;
	uint32_t pins = q->sample->pins & lines_by_ioapic(q);

	for (unsigned int pin = 0; q->silent && pin < LINES; pin++) {
		uint64_t entry = q->sample->irq.view.ioapic.entries[pin];

		if (!(pins >> pin & 1) || !(entry & APIC_LEVEL) ||
		    !comes_again(q, entry & APIC_VECTOR))
			continue;
		add_storm(text, pin);
		return true;
	}
	return false;
}
