/*
 * The likely cause of a crash, in one sentence. A triple fault has two halves:
 * what raised the first exception, and why its handler could not be entered
 * (SDM 3A "Interrupt and Exception Handling"). Each half is looked for by
 * itself, and what cannot be seen is not guessed.
 */
#include <string.h>

#include "probes/report/report.h"
#include "x86/bits.h"
#include "x86/walk_words.h"

#define NR_EXCEPTIONS 32  /* vectors that the CPU itself raises */
#define SENTENCE_MAX  256 /* of which nobody reads more than a look */

#define VECTOR_UD 6
#define VECTOR_DF 8
#define VECTOR_GP 13
#define VECTOR_PF 14

#define GATE_PRESENT  0x80
#define GATE_TASK     5
#define TSS_LIMIT_MIN 0x67

/* One gate of the IDT, of 8 bytes or, in long mode, 16. */
struct gate {
	uint16_t selector;
	uint8_t access; /* P, DPL, type */
	uint64_t handler;
};

static unsigned int gate_size(const struct report_state *s)
{
	return !(s->sregs.cr0 & CR0_PE)	 ? 4 :
	       report_is_long(&s->sregs) ? 16 :
					   8;
}

static bool read_gate(const struct report_state *s, unsigned int vector,
		      struct gate *gate)
{
	uint8_t raw[16] = { 0 };
	unsigned int size = gate_size(s);

	if (!report_read(s, s->sregs.idt.base + vector * size, raw, size))
		return false;
	gate->selector = raw[2] | raw[3] << 8;
	gate->access = raw[5];
	gate->handler = raw[0] | raw[1] << 8 | raw[6] << 16 |
			(uint64_t)raw[7] << 24 | (uint64_t)raw[8] << 32 |
			(uint64_t)raw[9] << 40 | (uint64_t)raw[10] << 48 |
			(uint64_t)raw[11] << 56;
	return true;
}

/* Whether the GDT has a present code segment there; the LDT is not looked at. */
static bool is_code(const struct report_state *s, uint16_t selector)
{
	uint16_t at = selector & ~7;
	uint8_t raw[8];

	if (selector & 4)
		return true;
	return at && at + 7 <= s->sregs.gdt.limit &&
	       report_read(s, s->sregs.gdt.base + at, raw, sizeof(raw)) &&
	       (raw[5] & 0x98) == 0x98;
}

/* "0x5000: PDE 5 is not present", or that there is no RAM; false: all well. */
static bool add_unmapped(struct text *text, const struct report_state *s,
			 const char *what, uint64_t gva)
{
	struct walk walk;

	report_walk(&walk, s->mem, &s->sregs, gva);
	if (walk.end == WALK_MAPPED && mem_hva(s->mem, walk.gpa, 1))
		return false;
	text_add(text, "%s 0x%llx, ", what, (unsigned long long)gva);
	if (walk.end != WALK_MAPPED) {
		text_add(text, "which is not mapped (");
		walk_add_end(text, &walk);
		text_add(text, ")");
	} else if (walk.nr_steps) {
		text_add(text, "which is mapped to 0x%llx, where no RAM is",
			 (unsigned long long)walk.gpa);
	} else {
		text_add(text, "where no RAM is");
	}
	return true;
}

/* Whether fetching the instruction failed by itself; *@vector is of that. */
static bool add_fetch(struct text *text, const struct report_state *s,
		      int *vector)
{
	uint64_t rip = report_code_address(s);
	struct walk walk;

	if (!report_is_64bit(&s->sregs) && s->regs.rip > s->sregs.cs.limit) {
		*vector = VECTOR_GP;
		text_add(text, "RIP is beyond the limit of CS");
		return true;
	}
	report_walk(&walk, s->mem, &s->sregs, rip);
	if (add_unmapped(text, s, "RIP is", rip)) {
		*vector = walk.end == WALK_MAPPED ? -1 : VECTOR_PF;
		return true;
	}
	if (walk.executable && (walk.user || report_ring(&s->sregs) < 3))
		return false;
	*vector = VECTOR_PF;
	text_add(text, "the page of RIP is %s",
		 walk.executable ? "the kernel's, not the user's" :
				   "not executable");
	return true;
}

/* A mnemonic in quotes, or words as they are. */
static void add_name(struct text *text, const char *name)
{
	if (!name)
		text_add(text, "the instruction at RIP");
	else
		text_add(text, strchr(name, ' ') ? "%s" : "`%s`", name);
}

static bool add_instruction(struct text *text, const struct report_state *s,
			    int *vector)
{
	uint8_t code[CODE_MAX];
	size_t len = report_code(s, code);
	int raised = report_code_vector(s, code, len);
	const char *name =
		report_name_code(code, len, report_is_64bit(&s->sregs));

	if (raised < 0)
		return false;
	*vector = raised;
	add_name(text, name);
	text_add(text, " raised ");
	report_add_vector(text, raised);
	return true;
}

static bool add_event(struct text *text, const struct report_state *s,
		      int *vector)
{
	const struct kvm_vcpu_events *events = &s->events;

	if (!(events->exception.injected || events->exception.pending) ||
	    events->exception.nr == VECTOR_DF)
		return false;
	*vector = events->exception.nr;
	text_add(text, "there was ");
	report_add_vector(text, *vector);
	if (*vector == VECTOR_PF)
		text_add(text, " at 0x%llx", (unsigned long long)s->sregs.cr2);
	return true;
}

/* CR2 may be older than the crash, so it counts only while it still fails. */
static bool add_data(struct text *text, const struct report_state *s,
		     int *vector)
{
	if (!s->sregs.cr2 ||
	    !add_unmapped(text, s, "something accessed", s->sregs.cr2))
		return false;
	*vector = VECTOR_PF;
	return true;
}

/* The stack a handler would have: its own ring's, from the TSS, or this one. */
static bool add_stack(struct text *text, const struct report_state *s)
{
	const struct kvm_segment *tr = &s->sregs.tr;
	uint64_t top = report_stack_address(s);
	bool is_long = report_is_long(&s->sregs);

	if (report_ring(&s->sregs)) {
		top = 0;
		if (tr->limit < TSS_LIMIT_MIN ||
		    !report_read(s, tr->base + 4, &top, is_long ? 8 : 4)) {
			text_add(text, "the TSS has no stack for ring 0");
			return true;
		}
	}
	return add_unmapped(text, s, "its frame would go to",
			    is_long ? top - 1 : (uint32_t)(top - 1));
}

/* SDM 3A, "Processor State After Reset" */
static bool is_reset_idt(const struct report_state *s)
{
	return !s->sregs.idt.base && s->sregs.idt.limit == 0xffff;
}

/* Why the handler of @vector cannot be entered; false: it seems it can. */
static bool add_delivery(struct text *text, const struct report_state *s,
			 unsigned int vector)
{
	unsigned int size = gate_size(s);
	struct gate gate;

	if ((vector + 1) * size - 1 > s->sregs.idt.limit) {
		text_add(text, "the IDT has no room for entry %u (limit 0x%x)",
			 vector, s->sregs.idt.limit);
		return true;
	}
	if (add_unmapped(text, s, "its gate is at",
			 s->sregs.idt.base + vector * size))
		return true;
	if (!(s->sregs.cr0 & CR0_PE) || !read_gate(s, vector, &gate))
		return add_stack(text, s);
	if (!(gate.access & GATE_PRESENT) && is_reset_idt(s)) {
		text_add(text, "no IDT has been loaded");
		return true;
	}
	if (!(gate.access & GATE_PRESENT)) {
		text_add(text, "gate %u of the IDT is not present", vector);
		return true;
	}
	if ((gate.access & 0x1f) == GATE_TASK)
		return false;
	if (!is_code(s, gate.selector)) {
		text_add(text,
			 "gate %u of the IDT names 0x%x, which is no code "
			 "segment of the GDT",
			 vector, gate.selector);
		return true;
	}
	if (add_unmapped(text, s, "its handler is at", gate.handler))
		return true;
	return add_stack(text, s);
}

/* Any exception at all; when it is not known which one it was. */
static bool add_no_delivery(struct text *text, const struct report_state *s)
{
	if (s->sregs.idt.limit < gate_size(s) * (VECTOR_DF + 1) - 1) {
		text_add(text,
			 "the IDT has no room for the handlers of exceptions "
			 "(limit 0x%x)",
			 s->sregs.idt.limit);
		return true;
	}
	return add_unmapped(text, s, "the IDT is at", s->sregs.idt.base) ||
	       add_stack(text, s);
}

/* Takes back what was added since @text had @len characters. */
static void cut(struct text *text, size_t len)
{
	text->len = len;
	text->buf[len] = '\0';
}

/*
 * Which exception it was is not to be seen: whether those that programs cause
 * could have been delivered at all. Begins with @intro.
 */
static void add_any_exception(struct text *text, const struct report_state *s,
			      const char *intro)
{
	static const unsigned int vectors[] = { VECTOR_UD, VECTOR_GP,
						VECTOR_PF };
	size_t before = text->len;

	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		cut(text, before);
		text_add(text, "%s", intro);
		if (!add_delivery(text, s, vectors[i])) {
			cut(text, before);
			return;
		}
	}
}

static bool can_deliver(const struct report_state *s, unsigned int vector)
{
	char buf[SENTENCE_MAX];
	struct text text;

	text_init(&text, buf, sizeof(buf));
	return !add_delivery(&text, s, vector);
}

bool report_may_enter_handler(const struct report_state *state)
{
	char buf[SENTENCE_MAX];
	struct text text;
	int vector = -1;

	text_init(&text, buf, sizeof(buf));
	if ((add_fetch(&text, state, &vector) ||
	     add_event(&text, state, &vector) ||
	     add_instruction(&text, state, &vector)) &&
	    vector >= 0)
		return can_deliver(state, vector) ||
		       can_deliver(state, VECTOR_DF);
	for (unsigned int any = 0; any < NR_EXCEPTIONS; any++)
		if (can_deliver(state, any))
			return true;
	return false;
}

static void add_triple_fault(struct text *text, const struct report_state *s)
{
	int vector = -1;
	size_t before = text->len, first;

	if (add_fetch(text, s, &vector) || add_event(text, s, &vector) ||
	    add_instruction(text, s, &vector) || add_data(text, s, &vector)) {
		first = text->len;
		text_add(text, ", and ");
		if (vector < 0 || !add_delivery(text, s, vector))
			cut(text, first);
		return;
	}
	text_add(text, "an exception came, and ");
	if (add_no_delivery(text, s))
		return;
	cut(text, before);
	add_any_exception(text, s,
			  "the instruction at RIP raised an exception, and ");
}

/* An exception that cannot be delivered stops KVM's emulator, too. */
static bool add_undelivered(struct text *text, const struct report_state *s)
{
	size_t before = text->len;
	int vector;

	if (!add_instruction(text, s, &vector))
		return false;
	text_add(text, ", and ");
	if (add_delivery(text, s, vector))
		return true;
	cut(text, before);
	return false;
}

/* KVM emulates device accesses, and on some hosts real mode or ring 0. */
static void add_emulation(struct text *text, const struct report_state *s)
{
	uint8_t code[CODE_MAX];
	size_t len = report_code(s, code);
	const char *name =
		report_name_code(code, len, report_is_64bit(&s->sregs));
	int vector;

	if (add_fetch(text, s, &vector) || add_undelivered(text, s))
		return;
	text_add(text, "KVM ran this code in its emulator, which cannot do ");
	add_name(text, name);
	text_add(text, "; a KVM on VT-x or AMD-V may: try lab/run");
}

static void add_internal_error(struct text *text, const struct report_state *s)
{
	switch (s->suberror) {
	case KVM_INTERNAL_ERROR_EMULATION:
		add_emulation(text, s);
		break;
	case KVM_INTERNAL_ERROR_DELIVERY_EV:
		text_add(text, "an exception could not be delivered: the IDT "
			       "or the stack lies where no RAM is");
		break;
	default:
		break;
	}
}

void report_add_cause(struct text *text, const struct report_state *state)
{
	const char *rule;

	if (state->paging_lost) {
		text_add(text,
			 "this KVM turned paging off again, so it cannot "
			 "run such guests; see --doctor, and try lab/run");
		return;
	}
	switch (state->exit_reason) {
	case KVM_EXIT_SHUTDOWN:
		if (state->lost)
			add_any_exception(text, state,
					  "an exception came, and as it was "
					  "then, ");
		else
			add_triple_fault(text, state);
		break;
	case KVM_EXIT_INTERNAL_ERROR:
		add_internal_error(text, state);
		break;
	case KVM_EXIT_FAIL_ENTRY:
		rule = report_entry_rule(&state->sregs, &state->regs);
		if (rule)
			text_add(text, "%s", rule);
		break;
	default:
		break;
	}
}
