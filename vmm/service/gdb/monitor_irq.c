/*
 * What is in the interrupt controllers, whoever models them (core/irqstate.h). Names
 * are those of the data sheets: Intel 8259A, 82093AA, and SDM 3A, "APIC".
 */
#include <string.h>

#include "core/irqstate.h"
#include "core/pause.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "irqchip.h"
#include "service/gdb/monitor.h"

static void add_pic(struct text *text, const char *name,
		    const struct pic_view *pic)
{
	text_add(text,
		 "8259 %s: vectors %02x-%02x  IRR %02x  ISR %02x  IMR %02x  "
		 "ELCR %02x%s%s\n",
		 name, pic->base, (pic->base + CHIP_PIC_INPUTS - 1) & 0xff,
		 pic->irr, pic->isr, pic->imr, pic->elcr,
		 pic->auto_eoi ? "  auto EOI" : "",
		 pic->ready ? "" : "  not initialised");
}

static const char *delivery_name(uint32_t entry)
{
	switch (entry & APIC_DELIVERY) {
	case APIC_FIXED:
		return "fixed";
	case APIC_LOWEST:
		return "lowest priority";
	case APIC_SMI:
		return "SMI";
	case APIC_NMI:
		return "NMI";
	case APIC_INIT:
		return "INIT";
	case APIC_EXTINT:
		return "ExtINT";
	default:
		return "reserved";
	}
}

/* What entries of both kinds of APIC have in common. */
static void add_vector(struct text *text, uint32_t entry)
{
	text_add(text, "vector %02x  %s%s%s", entry & APIC_VECTOR,
		 delivery_name(entry), entry & APIC_PENDING ? "  pending" : "",
		 entry & APIC_MASKED ? "  masked" : "");
}

static void add_pin(struct text *text, unsigned int pin, uint64_t entry,
		    bool asks)
{
	text_add(text, "  pin %2u  ", pin);
	add_vector(text, entry);
	text_add(text, "  %s%s  to %s %02x%s%s\n",
		 entry & APIC_LEVEL ? "level" : "edge",
		 entry & APIC_LOW ? " low" : "",
		 entry & IOAPIC_LOGICAL ? "set" : "APIC",
		 (unsigned int)(entry >> IOAPIC_DEST_SHIFT),
		 entry & APIC_REMOTE_IRR ? "  Remote IRR" : "",
		 asks ? "  asks" : "");
}

/* Pins that are as after reset, and quiet, are told of by their number alone. */
static void add_ioapic(struct text *text, const struct ioapic_view *io)
{
	unsigned int quiet = 0;

	text_add(text, "I/O APIC: id %u\n", io->id);
	for (unsigned int pin = 0; pin < CHIP_PINS; pin++) {
		bool asks = io->lines >> pin & 1;

		if (!asks &&
		    (io->entries[pin] & ~(uint64_t)APIC_VECTOR) == APIC_MASKED)
			quiet++;
		else
			add_pin(text, pin, io->entries[pin], asks);
	}
	text_add(text, "  %u of %u pins are masked and quiet\n", quiet,
		 CHIP_PINS);
}

/* The vectors that have a bit in the eight registers at @regs. */
static void add_vectors(struct text *text, const char *name,
			const uint32_t *regs)
{
	text_add(text, "  %s", name);
	for (unsigned int vector = 0; vector < 256; vector++)
		if (regs[vector / 32] >> vector % 32 & 1)
			text_add(text, " %02x", vector);
	text_add(text, "\n");
}

static void add_lvt(struct text *text, const uint32_t *regs)
{
	static const struct {
		char name[8];
		uint8_t reg;
	} local[] = {
		{ "timer", APIC_LVT_TIMER }, { "thermal", APIC_LVT_THERMAL },
		{ "perf", APIC_LVT_PERF },   { "LINT0", APIC_LVT_LINT0 },
		{ "LINT1", APIC_LVT_LINT1 }, { "error", APIC_LVT_ERROR },
	};

	for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++) {
		text_add(text, "  %-7s  ", local[i].name);
		add_vector(text, regs[local[i].reg]);
		text_add(text, "\n");
	}
}

/* Bits 0, 1 and 3 of the divide register: 1, 2, ... (SDM 3A, "APIC Timer"). */
static unsigned int divisor(uint32_t reg)
{
	unsigned int shift = ((reg & 3) | (reg >> 1 & 4)) + 1;

	return 1u << (shift & 7);
}

static void add_timer(struct text *text, const uint32_t *regs)
{
	uint32_t mode = regs[APIC_LVT_TIMER] & APIC_TIMER_MODE;

	text_add(text, "  timer is %s: initial %u, current %u, divided by %u\n",
		 mode == APIC_TIMER_TSC	   ? "by TSC deadline" :
		 mode == APIC_TIMER_REPEAT ? "periodic" :
					     "one-shot",
		 regs[APIC_TIMER_INIT], regs[APIC_TIMER_COUNT],
		 divisor(regs[APIC_TIMER_DIV]));
}

static void add_lapic(struct text *text, unsigned int cpu,
		      const struct lapic_state *lapic)
{
	const uint32_t *regs = lapic->regs;
	bool x2apic = lapic->base & APIC_BASE_X2APIC;

	text_add(text, "vCPU %u: local APIC at 0x%llx, %s%s\n", cpu,
		 (unsigned long long)(lapic->base & APIC_BASE_ADDR),
		 !(lapic->base & APIC_BASE_ENABLE) ? "off" :
		 x2apic				   ? "x2APIC" :
						     "xAPIC",
		 regs[APIC_SVR] & APIC_SVR_ENABLE ? "" :
						    ", not enabled in SVR");
	text_add(
		text,
		"  id %02x  SVR %03x  TPR %02x  PPR %02x  LDR %08x  ESR %02x\n",
		x2apic ? regs[APIC_ID] : regs[APIC_ID] >> APIC_ID_SHIFT,
		regs[APIC_SVR], regs[APIC_TPR], regs[APIC_PPR], regs[APIC_LDR],
		regs[APIC_ESR]);
	add_vectors(text, "IRR", &regs[APIC_IRR]);
	add_vectors(text, "ISR", &regs[APIC_ISR]);
	add_lvt(text, regs);
	add_timer(text, regs);
}

struct lapic_answer {
	struct lapic_state state;
	bool there;
};

static void read_lapic(struct vcpu *vcpu, void *arg)
{
	struct lapic_answer *answer = arg;

	answer->there = irqstate_read_lapic(vcpu, &answer->state);
}

static void add_lapics(struct text *text, struct gdb *gdb)
{
	for (unsigned int id = 0; id < gdb_vm(gdb)->nr_vcpus; id++) {
		struct lapic_answer lapic = { .there = false };

		if (vcpu_ask(gdb_vcpu(gdb_cpu(gdb, id)), read_lapic, &lapic) &&
		    lapic.there)
			add_lapic(text, id, &lapic.state);
	}
}

void monitor_irq(struct gdb_cpu *cpu, const char *rest, struct text *answer)
{
	struct gdb *gdb = gdb_of(cpu);
	struct vm *vm = gdb_vm(gdb);
	struct irqstate state;

	(void)rest;
	if (!vm->config.irqchip) {
		text_add(answer, "there are no interrupt controllers "
				 "(--irqchip none)\n");
		return;
	}
	text_add(answer, "--irqchip %s\n", vm->config.irqchip->name);
	irqstate_read(vm, &state);
	if (state.has_pics) {
		add_pic(answer, "master", &state.view.pics[0]);
		add_pic(answer, "slave", &state.view.pics[1]);
	}
	if (state.has_ioapic)
		add_ioapic(answer, &state.view.ioapic);
	if (vm->config.irqchip->has_apic)
		add_lapics(answer, gdb);
}
