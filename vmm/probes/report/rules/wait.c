/*
 * Rules of waiting for an interrupt: HLT, or a loop that only an interrupt could
 * end. Each says where on its way from a device to the CPU the interrupt stays
 * (lines.c); and none is broken while another could still come.
 */
#include "probes/report/rules/quiet.h"

#include "abi/exit_status.h"
#include "abi/pc.h"
#include "core/bus.h"
#include "x86/bits.h"
#include "x86/words.h"

#define CASCADE	       2
#define CASCADE_BIT    (1 << CASCADE)
#define IMR_PORT(line) ((line) < 8 ? 0x21u : 0xa1u)
#define LAST_EXCEPTION 31 /* SDM 3A, "Exceptions and Interrupts": 0-31 */

static const struct pic_view *pics_of(const struct quiet *q)
{
	return q->sample->irq.view.pics;
}

static bool has_pics(const struct quiet *q)
{
	return q->sample->irq.has_pics;
}

/* A vCPU waits for an interrupt, takes them, and none is on its way. */
static bool waits_in_vain(const struct quiet *q)
{
	return lines_all_wait(q) && !lines_any_can_come(q);
}

bool wait_no_controller(struct rule_case *c, struct text *text)
{
	if (c->quiet->irqchip || c->status != STATUS_HALTED ||
	    !(c->state->regs.rflags & RFLAGS_IF))
		return false;
	text_add(text, "the guest waits for an interrupt in HLT, and has no "
		       "interrupt controllers");
	return true;
}

bool wait_interrupts_off(struct rule_case *c, struct text *text)
{
	if (c->status != STATUS_HALTED || c->state->regs.rflags & RFLAGS_IF)
		return false;
	text_add(text, "the guest halted with interrupts off (IF=0)");
	return true;
}

/* Requests that are unmasked, have been there all the time, and are not barred
 * by what is in service. */
static uint16_t asking(const struct quiet *q)
{
	const struct sample *s = q->sample;
	const struct pic_view *pics = pics_of(q);
	uint16_t lines = s->irr & ~lines_both(pics[0].imr, pics[1].imr);

	return pics[0].ready ? lines : 0;
}

/* An interrupt that the CPU took for an exception, and nobody is through with. */
bool wait_over_exception(struct rule_case *c, struct text *text)
{
	const struct quiet *q = c->quiet;
	uint16_t isr = q->sample->isr & ~CASCADE_BIT;
	unsigned int line = lines_first(isr);
	unsigned int vector = pics_of(q)[line / 8].base + line % 8;

	if (!has_pics(q) || !isr || !(c->state->sregs.cr0 & CR0_PE) ||
	    vector > LAST_EXCEPTION)
		return false;
	lines_add(text, line);
	text_add(text, " came as vector %u, which in protected mode is ",
		 vector);
	vector_add(text, vector);
	return true;
}

/* Of @lines, those that what is in service bars; the second 8259 is barred as a
 * whole by what bars line 2 of the first. */
static uint16_t barred(const struct quiet *q, uint16_t lines)
{
	const struct pic_view *pics = pics_of(q);
	uint8_t isr = q->sample->isr, isr2 = q->sample->isr >> 8;
	uint8_t first = lines | (lines >> 8 ? CASCADE_BIT : 0);
	uint8_t second = lines >> 8;

	/* One of the second in service keeps line 2 in service for a good
	 * reason: then it is its own priorities that count. */
	first = lines_barred(&pics[0], first, isr);
	if (!(first & CASCADE_BIT) || isr2)
		second = lines_barred(&pics[1], second, isr2);
	return lines_both(first, second) & lines;
}

/*
 * A line that is in service for good: others ask and are barred by it, or could
 * only come if it were not. KVM's timer does not even ask before its EOI.
 */
bool wait_no_eoi_pic(struct rule_case *c, struct text *text)
{
	const struct quiet *q = c->quiet;
	uint16_t isr = q->sample->isr & ~CASCADE_BIT;
	uint16_t able = lines_by_pic(q) & q->wired & ~q->off;
	uint16_t stays = barred(q, able);

	if (!has_pics(q) || !q->sample->isr || !lines_all_wait(q) || !stays ||
	    (!(stays & q->sample->irr) && lines_any_other_can_come(q, stays)))
		return false;
	if (!isr)
		isr = CASCADE_BIT;
	lines_add(text, lines_first(stays));
	text_add(text, " cannot come: the 8259 still has IRQ%u in service",
		 lines_first(isr));
	return true;
}

/* The highest vector in @words, or -1. */
static int highest(const uint32_t words[SAMPLE_VECTORS])
{
	for (int i = SAMPLE_VECTORS; i-- > 0;)
		if (words[i])
			return 32 * i + 31 - __builtin_clz(words[i]);
	return -1;
}

/* A vCPU that waits, and has an interrupt of its APIC waiting: SDM 3A, "Task and
 * Processor Priorities": the class in bits 4-7 decides. */
static const struct sample_cpu *find_barred(const struct quiet *q)
{
	for (unsigned int i = 0; i < q->sample->nr_cpus; i++) {
		const struct sample_cpu *cpu = &q->sample->cpus[i];

		if (cpu->has_lapic && highest(cpu->irr) >= 0)
			return cpu;
	}
	return NULL;
}

bool wait_no_eoi_apic(struct rule_case *c, struct text *text)
{
	const struct sample_cpu *cpu = find_barred(c->quiet);

	if (!cpu || !lines_all_wait(c->quiet) ||
	    highest(cpu->isr) >> 4 < highest(cpu->irr) >> 4)
		return false;
	text_add(text,
		 "interrupt 0x%x waits, and the local APIC still has 0x%x in "
		 "service",
		 highest(cpu->irr), highest(cpu->isr));
	return true;
}

bool wait_priority(struct rule_case *c, struct text *text)
{
	const struct sample_cpu *cpu = find_barred(c->quiet);
	unsigned int tpr = cpu ? cpu->lapic.regs[APIC_TPR] & 0xff : 0;

	if (!cpu || !lines_all_wait(c->quiet) ||
	    tpr >> 4 < (unsigned int)highest(cpu->irr) >> 4)
		return false;
	text_add(text,
		 "interrupt 0x%x waits, and the task priority 0x%x lets only "
		 "those from 0x%x on through",
		 highest(cpu->irr), tpr, (tpr & 0xf0) + 0x10);
	return true;
}

/* The local APIC of vCPU 0, if it does not let the 8259 through that asks. */
static const struct lapic_state *deaf_apic(const struct quiet *q)
{
	if (!has_pics(q) || !asking(q) || !lines_all_wait(q) ||
	    lines_pic_is_heard(q) || lines_any_can_come(q))
		return NULL;
	return &q->sample->cpus[0].lapic;
}

bool wait_apic_off(struct rule_case *c, struct text *text)
{
	const struct lapic_state *lapic = deaf_apic(c->quiet);

	if (!lapic || lapic->regs[APIC_SVR] & APIC_SVR_ENABLE)
		return false;
	lines_add(text, lines_first(asking(c->quiet)));
	text_add(text,
		 " asks, but the local APIC is switched off by software (SVR "
		 "0x%x, bit 8), and with that LINT0 masked",
		 lapic->regs[APIC_SVR]);
	return true;
}

bool wait_lint0(struct rule_case *c, struct text *text)
{
	const struct lapic_state *lapic = deaf_apic(c->quiet);

	if (!lapic)
		return false;
	lines_add(text, lines_first(asking(c->quiet)));
	text_add(text,
		 " asks by the 8259, but LINT0 of the local APIC, 0x%x, %s",
		 lapic->regs[APIC_LVT_LINT0],
		 lapic->regs[APIC_LVT_LINT0] & APIC_MASKED ? "is masked" :
							     "is not ExtINT");
	return true;
}

bool wait_cascade(struct rule_case *c, struct text *text)
{
	const struct quiet *q = c->quiet;
	const struct pic_view *pics = pics_of(q);
	uint16_t slave = has_pics(q) ? asking(q) >> 8 << 8 : 0;

	if (!slave || !(pics[0].imr & CASCADE_BIT) || !waits_in_vain(q))
		return false;
	lines_add(text, lines_first(slave));
	text_add(text, " asks at the second 8259, whose way to the CPU, line 2 "
		       "of the first, is masked");
	return true;
}

bool wait_no_icw(struct rule_case *c, struct text *text)
{
	const struct quiet *q = c->quiet;

	if (!has_pics(q) || pics_of(q)[0].ready || !q->sample->lines ||
	    !waits_in_vain(q))
		return false;
	lines_add(text, lines_first(q->sample->lines));
	text_add(text, " asks, but the 8259 has not had its ICW1 to ICW4");
	return true;
}

/* Unmasked, up all the time, taken once, and never down again. */
bool wait_edge_lost(struct rule_case *c, struct text *text)
{
	const struct quiet *q = c->quiet;
	const struct pic_view *pics = pics_of(q);
	const struct sample *s = q->sample;
	uint16_t edges = ~lines_both(pics[0].elcr, pics[1].elcr);
	uint16_t lost = s->lines & edges & ~s->irr & ~s->isr_ever &
			lines_by_pic(q) & q->wired & ~(1 << PIT_LINE);

	if (!has_pics(q) || !lost || !q->silent || !lines_all_wait(q) ||
	    lines_any_other_can_come(q, lost))
		return false;
	lines_add(text, lines_first(lost));
	text_add(text, " is up and its edge was taken, but its device still "
		       "waits to be served: no other edge will come");
	return true;
}

/* It has its local APIC on, and the 8259s off. */
static bool uses_apic(const struct quiet *q)
{
	const struct pic_view *pics = pics_of(q);
	const struct sample_cpu *cpu = &q->sample->cpus[0];

	return q->sample->irq.has_ioapic && cpu->has_lapic &&
	       cpu->lapic.regs[APIC_SVR] & APIC_SVR_ENABLE &&
	       pics[0].imr == 0xff;
}

bool wait_pic_mask(struct rule_case *c, struct text *text)
{
	const struct quiet *q = c->quiet;
	const struct pic_view *pics = pics_of(q);
	uint16_t masks = lines_both(pics[0].imr, pics[1].imr);
	uint16_t lines = q->sample->irr & masks & ~CASCADE_BIT & q->wired;
	unsigned int line = lines_first(lines);

	if (!has_pics(q) || !lines || !waits_in_vain(q) || uses_apic(q))
		return false;
	lines_add(text, line);
	text_add(text,
		 " asks, but bit %u of the %s 8259's mask (port 0x%x, 0x%x) "
		 "bars it",
		 line % 8, line < 8 ? "first" : "second", IMR_PORT(line),
		 masks >> line / 8 * 8 & 0xff);
	return true;
}

bool wait_ioapic_mask(struct rule_case *c, struct text *text)
{
	const struct quiet *q = c->quiet;
	const uint64_t *entries = q->sample->irq.view.ioapic.entries;
	uint32_t pins = (q->sample->pins | q->sample->irr) & q->wired;
	unsigned int pin = lines_first(pins);

	if (!pins || !uses_apic(q) || !waits_in_vain(q) ||
	    !(entries[pin] & APIC_MASKED))
		return false;
	lines_add(text, pin);
	text_add(text,
		 " asks, but bit 16 of the I/O APIC's entry %u (0x%llx) masks "
		 "it",
		 pin, (unsigned long long)entries[pin]);
	return true;
}

/* What the guest has let through with a vector that no APIC accepts. */
bool wait_ioapic_vector(struct rule_case *c, struct text *text)
{
	const struct quiet *q = c->quiet;
	const uint64_t *entries = q->sample->irq.view.ioapic.entries;

	if (!q->sample->irq.has_ioapic || !waits_in_vain(q))
		return false;
	for (unsigned int pin = 0; pin < LINES; pin++) {
		if (entries[pin] & APIC_MASKED ||
		    lines_is_deliverable(entries[pin]))
			continue;
		text_add(text,
			 "entry %u of the I/O APIC's table has vector %llu, "
			 "and no local APIC takes one below 16",
			 pin, (unsigned long long)entries[pin] & APIC_VECTOR);
		return true;
	}
	return false;
}

bool wait_apic_timer(struct rule_case *c, struct text *text)
{
	const struct quiet *q = c->quiet;

	if (!waits_in_vain(q))
		return false;
	for (unsigned int i = 0; i < q->sample->nr_cpus; i++) {
		const struct sample_cpu *cpu = &q->sample->cpus[i];
		const uint32_t *regs = cpu->lapic.regs;

		if (!cpu->has_lapic || !regs[APIC_TIMER_INIT])
			continue;
		text_add(text, "the local APIC's timer was set to %u, but ",
			 regs[APIC_TIMER_INIT]);
		if (!(regs[APIC_SVR] & APIC_SVR_ENABLE))
			text_add(text, "the APIC is off (SVR 0x%x, bit 8)",
				 regs[APIC_SVR]);
		else if (regs[APIC_LVT_TIMER] & APIC_MASKED)
			text_add(text, "its entry 0x%x is masked",
				 regs[APIC_LVT_TIMER]);
		else
			text_add(text, "it counts once, and has");
		return true;
	}
	return false;
}

/* Lines that controllers would let through, if their devices asked. */
static uint32_t let_through(const struct quiet *q)
{
	return (lines_by_pic(q) | lines_by_ioapic(q)) & q->wired;
}

bool wait_timer_stands(struct rule_case *c, struct text *text)
{
	const struct quiet *q = c->quiet;

	if (!waits_in_vain(q) || !(let_through(q) & 1 << PIT_LINE) ||
	    (q->pit != PIT_UNSET && q->pit != PIT_RAN_OUT))
		return false;
	text_add(text, "IRQ0 is let through, but counter 0 of the 8254 ");
	text_add(text, q->pit == PIT_UNSET ?
			       "was never set" :
			       "counts once in its mode, and has");
	return true;
}

bool wait_device_off(struct rule_case *c, struct text *text)
{
	const struct quiet *q = c->quiet;
	uint32_t lines = let_through(q) & q->off & ~(1u << PIT_LINE);

	if (!lines || !waits_in_vain(q))
		return false;
	lines_add(text, lines_first(lines));
	text_add(text, " is let through, but ");
	if (lines & 1 << KBD_LINE)
		text_add(text,
			 "the i8042's command byte, 0x%x, has keyboard "
			 "interrupts off (bit 0)",
			 q->kbd_command);
	else if (lines & 1 << UART_LINE)
		text_add(text, "COM1's interrupts are off (IER, port 0x3f9, is "
			       "0)");
	else
		text_add(text, "its device has them off");
	return true;
}

/* Whether something was written to [@start, @end), where nobody is. */
static bool was_written(const struct bus *bus, uint64_t start, uint64_t end)
{
	for (unsigned int i = 0; bus && i < bus->nr_seen; i++)
		if (bus->seen[i].addr >= start && bus->seen[i].addr < end &&
		    bus->seen[i].writes)
			return true;
	return false;
}

bool wait_no_apic(struct rule_case *c, struct text *text)
{
	const struct quiet *q = c->quiet;
	bool local = was_written(q->mmio, PC_LAPIC_GPA, PC_LAPIC_GPA + 0x1000);

	if (!waits_in_vain(q) ||
	    (!local &&
	     !was_written(q->mmio, PC_IOAPIC_GPA, PC_IOAPIC_GPA + 0x1000)))
		return false;
	text_add(text,
		 "the guest waits for an interrupt and has set up %s APIC, "
		 "which is not there",
		 local ? "a local" : "an I/O");
	return true;
}

bool wait_for_nothing(struct rule_case *c, struct text *text)
{
	const struct quiet *q = c->quiet;
	const struct pic_view *pics = pics_of(q);

	if (!waits_in_vain(q))
		return false;
	text_add(text, "the guest waits for an interrupt, and none can come");
	if (has_pics(q))
		text_add(text, ": masks of the 8259s 0x%02x and 0x%02x",
			 pics[0].imr, pics[1].imr);
	return true;
}
