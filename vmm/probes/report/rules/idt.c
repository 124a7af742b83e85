/*
 * Rules of the IDT: an exception finds a gate, and behind it a handler (SDM 3A,
 * "Interrupt and Exception Handling"). Asked about c->vector; when that is not
 * known, whether there could be a handler for any at all.
 */
#include "probes/report/rules/rule.h"
#include "x86/bits.h"

#define SHORT_GATES 8 /* so many in a row leave no doubt */

/* The gate it is about, if there is one to be looked at. */
static bool get_gate(const struct rule_case *c, struct gate *gate)
{
	return c->vector >= 0 && rules_gate(c->state, c->vector, gate);
}

/* Whether the gate is present and leads to code, wherever that may be. */
static bool is_usable(const struct rule_case *c)
{
	struct descriptor desc;
	struct walk walk;
	struct gate gate;

	if (!get_gate(c, &gate) || !(gate.access & GATE_PRESENT) ||
	    rules_descriptor(c->state, gate.selector, &desc) || !desc.s ||
	    !(desc.type & 8))
		return false;
	rules_walk(&walk, c, gate.handler);
	return walk.end != WALK_CANONICAL;
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

/* What real mode uses, and SDM 3A "Real-Address Mode Operation" describes. */
static bool real_mode_table(struct rule_case *c, struct text *text)
{
	const struct kvm_dtable *idt = &c->state->sregs.idt;

	if (!(c->state->sregs.cr0 & CR0_PE) || idt->base ||
	    idt->limit != 0x3ff || is_usable(c))
		return false;
	text_add(text, "the IDT is real mode's still (base 0, limit 0x3ff)");
	return true;
}

/* Whether the 8 bytes at @at are a gate of 32-bit or 64-bit code. */
static bool is_gate_at(const struct report_state *s, uint64_t at)
{
	struct descriptor desc;
	uint8_t raw[8];

	return report_read(s, at, raw, sizeof(raw)) && raw[4] == 0 &&
	       (raw[5] & 0x9e) == 0x8e &&
	       !rules_descriptor(s, raw[2] | raw[3] << 8, &desc) && desc.s &&
	       desc.type & 8;
}

/*
 * In long mode, a table whose first entries are all gates of 8 bytes: of gates
 * of 16 bytes every second such piece would be an upper half, which is none.
 */
static bool short_gates(struct rule_case *c, struct text *text)
{
	uint64_t base = c->state->sregs.idt.base;

	if (!report_is_long(&c->state->sregs) || c->vector < 0)
		return false;
	for (unsigned int i = 0; i < SHORT_GATES; i++)
		if (!is_gate_at(c->state, base + i * 8))
			return false;
	text_add(
		text,
		"the IDT has gates of 8 bytes, and long mode wants 16: gate %d "
		"is none",
		c->vector);
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

/* SDM 3A, "IDT Descriptors", and in long mode "64-Bit Mode IDT". */
static bool wrong_type(struct rule_case *c, struct text *text)
{
	static const uint16_t legacy = 1 << 5 | 1 << 6 | 1 << 7 | 1 << 14 |
				       1 << 15;
	static const uint16_t in_long = 1 << 14 | 1 << 15;
	unsigned int type;
	struct gate gate;

	if (!get_gate(c, &gate))
		return false;
	type = gate.access & 0x1f;
	if (type < 16 &&
	    (report_is_long(&c->state->sregs) ? in_long : legacy) >> type & 1)
		return false;
	text_add(text, "gate %d of the IDT has type 0x%x, which is no gate%s",
		 c->vector, type,
		 report_is_long(&c->state->sregs) ? " of long mode" : "");
	return true;
}

/* The code segment of the gate's handler. */
static bool get_code(const struct rule_case *c, struct gate *gate,
		     struct descriptor *desc)
{
	return get_handler(c, gate) &&
	       !rules_descriptor(c->state, gate->selector, desc) && desc->s &&
	       desc->type & 8;
}

static bool not_64bit(struct rule_case *c, struct text *text)
{
	struct descriptor desc;
	struct gate gate;

	if (!report_is_long(&c->state->sregs) || !get_code(c, &gate, &desc) ||
	    (desc.l && !desc.db))
		return false;
	text_add(text, "gate %d of the IDT names 0x%x, which is no 64-bit code",
		 c->vector, gate.selector);
	return true;
}

static bool ring_too_high(struct rule_case *c, struct text *text)
{
	struct descriptor desc;
	struct gate gate;

	if (!get_code(c, &gate, &desc) ||
	    desc.dpl <= report_ring(&c->state->sregs))
		return false;
	text_add(text,
		 "gate %d of the IDT leads from ring %u to code of ring %u",
		 c->vector, report_ring(&c->state->sregs), desc.dpl);
	return true;
}

static bool handler_beyond(struct rule_case *c, struct text *text)
{
	struct descriptor desc;
	struct gate gate;

	if (report_is_long(&c->state->sregs) || !get_code(c, &gate, &desc) ||
	    (uint32_t)gate.handler <= desc.limit)
		return false;
	text_add(text, "its handler is at 0x%x, and the limit of 0x%x is 0x%x",
		 (uint32_t)gate.handler, gate.selector, desc.limit);
	return true;
}

static bool handler_canonical(struct rule_case *c, struct text *text)
{
	struct gate gate;
	struct walk walk;

	if (!get_handler(c, &gate))
		return false;
	rules_walk(&walk, c, gate.handler);
	return walk.end == WALK_CANONICAL &&
	       rules_add_unmapped(text, c->state, "its handler is at",
				  gate.handler);
}

static bool handler_nx(struct rule_case *c, struct text *text)
{
	struct gate gate;
	struct walk walk;

	if (!get_handler(c, &gate))
		return false;
	rules_walk(&walk, c, gate.handler);
	if (walk.end != WALK_MAPPED || walk.executable)
		return false;
	text_add(text, "its handler is at 0x%llx, a page with NX set",
		 (unsigned long long)gate.handler);
	return true;
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
	struct descriptor desc = { 0 };
	struct gate gate;

	if (!get_handler(c, &gate))
		return false;
	if (!report_is_long(&c->state->sregs) && get_code(c, &gate, &desc))
		gate.handler = (uint32_t)(gate.handler + desc.base);
	return rules_add_unmapped(text, c->state, "its handler is at",
				  gate.handler);
}

#define SOURCE_IDT	"SDM 3A, \"Interrupt Descriptor Table (IDT)\""
#define SOURCE_GATES	"SDM 3A, \"IDT Descriptors\""
#define SOURCE_HANDLERS "SDM 3A, \"Exception- or Interrupt-Handler Procedures\""

static const struct rule idt_rules[] = {
	{ .name = "idt-room",
	  .says = "the limit of the IDT leaves room for a gate of each exception",
	  .source = SOURCE_IDT,
	  .advice = "LIDT comes before the first exception; the limit is the "
		    "table's size less 1",
	  .broken = no_room },
	{ .name = "idt-mapped",
	  .says = "the IDT lies in RAM, at a linear address that is mapped",
	  .source = SOURCE_IDT,
	  .broken = not_mapped },
	{ .name = "idt-loaded",
	  .says = "LIDT comes before the first exception or interrupt",
	  .source = SOURCE_IDT,
	  .broken = not_loaded },
	{ .name = "idt-real-mode",
	  .says = "protected mode needs an IDT of its own: real mode's vectors "
		  "are no gates",
	  .source = "SDM 3A, \"Switching to Protected Mode\"",
	  .broken = real_mode_table },
	{ .name = "gate-size",
	  .says = "a gate has 16 bytes in long mode and 8 in protected mode",
	  .source = "SDM 3A, \"64-Bit Mode IDT\"",
	  .broken = short_gates },
	{ .name = "gate-present",
	  .says = "a gate is present before its exception comes",
	  .source = SOURCE_GATES,
	  .broken = not_present },
	{ .name = "gate-type",
	  .says = "an entry of the IDT is an interrupt, trap or task gate",
	  .source = SOURCE_GATES,
	  .advice = "8eh is what most gates have as their sixth byte",
	  .broken = wrong_type },
	{ .name = "gate-selector",
	  .says = "a gate names a present code segment",
	  .source = SOURCE_HANDLERS,
	  .broken = no_code_segment },
	{ .name = "gate-64-bit",
	  .says = "in long mode a gate leads to 64-bit code",
	  .source = "SDM 3A, \"64-Bit Mode IDT\"",
	  .broken = not_64bit },
	{ .name = "gate-ring",
	  .says = "a gate leads to the same ring or an inner one",
	  .source = "SDM 3A, \"Protection of Exception- and "
		    "Interrupt-Handler Procedures\"",
	  .broken = ring_too_high },
	{ .name = "handler-canonical",
	  .says = "a handler's address in a gate is canonical",
	  .source = "SDM 1, \"Canonical Addressing\"",
	  .broken = handler_canonical },
	{ .name = "handler-limit",
	  .says = "a handler lies below the limit of its code segment",
	  .source = "SDM 3A, \"Limit Checking\"",
	  .broken = handler_beyond },
	{ .name = "handler-mapped",
	  .says = "a handler lies in RAM, at a linear address that is mapped",
	  .source = SOURCE_HANDLERS,
	  .broken = handler_not_mapped },
	{ .name = "handler-nx",
	  .says = "a handler lies in a page that may be executed",
	  .source = "SDM 3A, \"Determination of Access Rights\"",
	  .broken = handler_nx },
};
RULES(RULE_GATE, idt_rules);
