/*
 * Rules of the IDT: an exception finds a gate, and behind it a handler (SDM 3A,
 * "Interrupt and Exception Handling"). Asked about c->vector; when that is not
 * known, whether there could be a handler for any at all.
 */
#include "probes/report/rules/rule.h"
#include "x86/bits.h"

/* The gate it is about, if there is one to be looked at. */
static bool get_gate(const struct rule_case *c, struct gate *gate)
{
	return c->vector >= 0 && rules_gate(c->state, c->vector, gate);
}

static bool no_room(struct rule_case *c, struct text *text)
{
	unsigned int vector = c->vector < 0 ? VECTOR_DF : c->vector;
	uint32_t limit = c->state->sregs.idt.limit;

	if ((vector + 1) * rules_gate_size(c->state) - 1 <= limit)
		return false;
	if (c->vector < 0)
		text_add(text,
			 "the IDT has no room for the handlers of exceptions");
	else
		text_add(text, "the IDT has no room for entry %u", vector);
	text_add(text, " (limit 0x%x)", limit);
	return true;
}

static bool not_mapped(struct rule_case *c, struct text *text)
{
	uint64_t base = c->state->sregs.idt.base;

	if (c->vector < 0)
		return rules_add_unmapped(text, c->state, "the IDT is at",
					  base);
	return rules_add_unmapped(text, c->state, "its gate is at",
				  base + c->vector * rules_gate_size(c->state));
}

/* SDM 3A, "Processor State After Reset" */
static bool not_loaded(struct rule_case *c, struct text *text)
{
	const struct kvm_dtable *idt = &c->state->sregs.idt;
	struct gate gate;

	if (idt->base || idt->limit != 0xffff || !get_gate(c, &gate) ||
	    gate.access & GATE_PRESENT)
		return false;
	text_add(text, "no IDT has been loaded");
	return true;
}

static bool not_present(struct rule_case *c, struct text *text)
{
	struct gate gate;

	if (!get_gate(c, &gate) || gate.access & GATE_PRESENT)
		return false;
	text_add(text, "gate %d of the IDT is not present", c->vector);
	return true;
}

/* The gate, if what it has is a handler and not a task. */
static bool get_handler(const struct rule_case *c, struct gate *gate)
{
	return get_gate(c, gate) && (gate->access & 0x1f) != GATE_TASK;
}

static bool no_code_segment(struct rule_case *c, struct text *text)
{
	struct descriptor desc;
	struct gate gate;

	if (!get_handler(c, &gate) || gate.selector & 4)
		return false;
	if (!rules_descriptor(c->state, gate.selector, &desc) && desc.present &&
	    desc.s && desc.type & 8)
		return false;
	text_add(text,
		 "gate %d of the IDT names 0x%x, which is no code segment of "
		 "the GDT",
		 c->vector, gate.selector);
	return true;
}

static bool handler_not_mapped(struct rule_case *c, struct text *text)
{
	struct gate gate;

	return get_handler(c, &gate) &&
	       rules_add_unmapped(text, c->state, "its handler is at",
				  gate.handler);
}

static const struct rule idt_rules[] = {
	{ .name = "idt-room",
	  .says = "the limit of the IDT leaves room for a gate of each exception",
	  .source = "SDM 3A, \"Interrupt Descriptor Table (IDT)\"",
	  .broken = no_room },
	{ .name = "idt-mapped",
	  .says = "the IDT lies in RAM, at a linear address that is mapped",
	  .source = "SDM 3A, \"Interrupt Descriptor Table (IDT)\"",
	  .broken = not_mapped },
	{ .name = "idt-loaded",
	  .says = "LIDT comes before the first exception or interrupt",
	  .source = "SDM 3A, \"Interrupt Descriptor Table (IDT)\"",
	  .broken = not_loaded },
	{ .name = "gate-present",
	  .says = "a gate is present before its exception comes",
	  .source = "SDM 3A, \"IDT Descriptors\"",
	  .broken = not_present },
	{ .name = "gate-selector",
	  .says = "a gate names a present code segment",
	  .source = "SDM 3A, \"Exception- or Interrupt-Handler Procedures\"",
	  .broken = no_code_segment },
	{ .name = "handler-mapped",
	  .says = "a handler lies in RAM, at a linear address that is mapped",
	  .source = "SDM 3A, \"Exception- or Interrupt-Handler Procedures\"",
	  .broken = handler_not_mapped },
};
RULES(RULE_GATE, idt_rules);
