/*
 * Rules of selectors and descriptors: what a far jump, a far return, IRET, a MOV
 * to a segment register, LTR or LLDT at RIP wants to load (SDM 3A, "Protection").
 */
#include "probes/report/rules/insn.h"
#include "x86/bits.h"

#define TYPE_CODE     8 /* of a segment that is no system segment */
#define TYPE_WRITABLE 2 /* of data; of code: readable */
#define TYPE_CONFORMS 4 /* of code */

#define TYPE_TSS16	1 /* of system segments */
#define TYPE_LDT	2
#define TYPE_TSS16_BUSY 3
#define TYPE_TSS	9
#define TYPE_TSS_BUSY	11

#define WORDS_MAX 256 /* of what a test says */

#define SOURCE_TYPES "SDM 3A, \"Type Checking\""
#define SOURCE_RINGS "SDM 3A, \"Privilege Levels\""

/* What is loaded, and so what it must be. */
enum target {
	TARGET_NONE,
	TARGET_JUMP,   /* CS by a far jump or call */
	TARGET_RETURN, /* CS by a far return or IRET */
	TARGET_STACK,  /* SS */
	TARGET_DATA,   /* the other segment registers */
	TARGET_TASK,   /* TR */
	TARGET_LDT,
};

static const char *const names[] = {
	[TARGET_JUMP] = "CS",
	[TARGET_RETURN] = "CS",
	[TARGET_STACK] = "SS",
	[TARGET_DATA] = "a segment register",
	[TARGET_TASK] = "the task register",
	[TARGET_LDT] = "the LDT register",
};

struct load {
	enum target target;
	uint16_t selector;
	const char *why; /* it has no descriptor; or NULL */
	struct descriptor desc;
	unsigned int ring;
};

static enum target target_of_sreg(unsigned int reg)
{
	return reg == 1 ? TARGET_NONE :
	       reg == 2 ? TARGET_STACK :
	       reg < 6	? TARGET_DATA :
			  TARGET_NONE;
}

/* Opcodes that load a far pointer from memory: the offset, then the selector. */
static enum target target_of_pointer(const struct insn *insn)
{
	switch (insn->opcode) {
	case 0xff:
		return insn->reg == 3 || insn->reg == 5 ? TARGET_JUMP :
							  TARGET_NONE;
	case 0x0fb2:
		return TARGET_STACK;
	case 0x0fb4:
	case 0x0fb5:
	case 0xc4:
	case 0xc5:
		return insn->is_vex ? TARGET_NONE : TARGET_DATA;
	default:
		return TARGET_NONE;
	}
}

static enum target target_of_pop(const struct insn *insn)
{
	switch (insn->opcode) {
	case 0x17:
		return TARGET_STACK;
	case 0x07:
	case 0x1f:
	case 0x0fa1:
	case 0x0fa9:
		return TARGET_DATA;
	default:
		return TARGET_NONE;
	}
}

/* What the instruction at RIP loads, and from where it takes the selector. */
static enum target find(const struct insn *insn, uint64_t *val)
{
	enum target target = target_of_pop(insn);

	if (target != TARGET_NONE)
		return insn_stack(insn, 0, val) ? target : TARGET_NONE;
	target = target_of_pointer(insn);
	if (target != TARGET_NONE)
		return insn_memory(insn, insn->size, 2, val) ? target :
							       TARGET_NONE;
	switch (insn->opcode) {
	case 0x8e:
		return insn_value(insn, 2, val) ? target_of_sreg(insn->reg) :
						  TARGET_NONE;
	case 0xea:
	case 0x9a:
		return insn_bytes(insn, insn->imm + insn->size, 2, val) ?
			       TARGET_JUMP :
			       TARGET_NONE;
	case 0xca:
	case 0xcb:
		return insn_stack(insn, 1, val) ? TARGET_RETURN : TARGET_NONE;
	case 0x0f00:
		if (insn->reg != 2 && insn->reg != 3)
			return TARGET_NONE;
		return !insn_value(insn, 2, val) ? TARGET_NONE :
		       insn->reg == 3		 ? TARGET_TASK :
						   TARGET_LDT;
	default:
		return TARGET_NONE;
	}
}

/* Far returns and IRET have operands of the size that REX or 66 says. */
static void fix_stack_size(struct insn *insn)
{
	if (insn->opcode == 0xcf || insn->opcode == 0xca ||
	    insn->opcode == 0xcb)
		insn->stack_size = insn->size;
}

/* IRET loads CS, and SS where the ring changes or in 64-bit mode. */
static enum target find_iret(const struct insn *insn, bool stack, uint64_t *val)
{
	const struct kvm_sregs *s = &insn->state->sregs;
	uint64_t cs, flags;

	if (!insn_stack(insn, 1, &cs) || !insn_stack(insn, 2, &flags) ||
	    flags & RFLAGS_VM || insn->state->regs.rflags & (1u << 14))
		return TARGET_NONE; /* virtual-8086 mode, or a task */
	*val = cs;
	if (!stack)
		return TARGET_RETURN;
	if (!report_is_64bit(s) && (cs & 3) == report_ring(s))
		return TARGET_NONE;
	return insn_stack(insn, 4, val) ? TARGET_STACK : TARGET_NONE;
}

/* Fills in @load; @stack: the second one of an IRET. False: nothing is loaded. */
static bool get_load(const struct rule_case *c, bool stack, struct load *load)
{
	const struct kvm_sregs *s = &c->state->sregs;
	struct insn insn;
	uint64_t val = 0;

	*load = (struct load){ .ring = report_ring(s) };
	if (!(s->cr0 & CR0_PE) || c->state->regs.rflags & RFLAGS_VM ||
	    !insn_decode(&insn, c->state))
		return false;
	fix_stack_size(&insn);
	if (insn.opcode == 0xcf)
		load->target = find_iret(&insn, stack, &val);
	else if (!stack)
		load->target = find(&insn, &val);
	load->selector = val;
	if (load->target == TARGET_NONE)
		return false;
	if (load->target == TARGET_STACK && insn.opcode == 0xcf) {
		insn_stack(&insn, 1, &val);
		load->ring = val & 3; /* CS is loaded by then */
	}
	load->why = rules_descriptor(c->state, load->selector, &load->desc);
	return true;
}

static bool is_null(const struct load *load)
{
	return !(load->selector & ~3);
}

/* A descriptor that is there. */
static bool has_desc(const struct load *load)
{
	return !load->why;
}

typedef bool rule_test(struct rule_case *c, struct text *text,
		       const struct load *load);

/* "0x10 goes to SS, which is ..." */
static bool refuse(struct rule_case *c, struct text *text,
		   const struct load *load, int vector, const char *what)
{
	text_add(text, "selector 0x%x goes to %s, and is %s", load->selector,
		 names[load->target], what);
	c->vector = vector;
	return true;
}

static bool test_null(struct rule_case *c, struct text *text,
		      const struct load *load)
{
	if (!is_null(load) || load->target == TARGET_DATA ||
	    load->target == TARGET_LDT)
		return false;
	if (load->target == TARGET_STACK && report_is_64bit(&c->state->sregs) &&
	    load->ring < 3)
		return false;
	return refuse(c, text, load, VECTOR_GP, load->why);
}

static bool test_there(struct rule_case *c, struct text *text,
		       const struct load *load)
{
	if (has_desc(load) || is_null(load))
		return false;
	refuse(c, text, load, VECTOR_GP, load->why);
	if (!(load->selector & 4))
		text_add(text, " (base 0x%llx, limit 0x%x)",
			 (unsigned long long)c->state->sregs.gdt.base,
			 c->state->sregs.gdt.limit);
	return true;
}

static bool is_code(const struct descriptor *desc)
{
	return desc->s && desc->type & TYPE_CODE;
}

/* Gates and tasks may be jumped to; these types are nothing. */
static bool is_nothing(const struct descriptor *desc)
{
	return !desc->s && (desc->type == 0 || desc->type == 8 ||
			    desc->type == 10 || desc->type == 13);
}

static bool test_code(struct rule_case *c, struct text *text,
		      const struct load *load)
{
	const struct descriptor *desc = &load->desc;
	bool jump = load->target == TARGET_JUMP;

	if (!has_desc(load) || (!jump && load->target != TARGET_RETURN))
		return false;
	if (is_nothing(desc))
		return refuse(c, text, load, VECTOR_GP,
			      "a descriptor that is empty");
	if (is_code(desc) || (jump && !desc->s))
		return false;
	return refuse(c, text, load, VECTOR_GP,
		      desc->s ? "a data segment" : "a system segment");
}

static bool test_stack(struct rule_case *c, struct text *text,
		       const struct load *load)
{
	const struct descriptor *desc = &load->desc;

	if (!has_desc(load) || load->target != TARGET_STACK ||
	    (desc->s && !(desc->type & TYPE_CODE) &&
	     desc->type & TYPE_WRITABLE))
		return false;
	return refuse(c, text, load, VECTOR_GP,
		      is_nothing(desc) ? "a descriptor that is empty" :
		      !desc->s	       ? "a system segment" :
		      is_code(desc)    ? "a code segment" :
					 "a read-only data segment");
}

static bool test_data(struct rule_case *c, struct text *text,
		      const struct load *load)
{
	const struct descriptor *desc = &load->desc;

	if (!has_desc(load) || load->target != TARGET_DATA)
		return false;
	if (desc->s && !(is_code(desc) && !(desc->type & TYPE_WRITABLE)))
		return false;
	return refuse(c, text, load, VECTOR_GP,
		      is_nothing(desc) ? "a descriptor that is empty" :
		      desc->s	       ? "code that cannot be read" :
					 "a system segment");
}

static bool test_long(struct rule_case *c, struct text *text,
		      const struct load *load)
{
	if (!has_desc(load) || !is_code(&load->desc) ||
	    !report_is_long(&c->state->sregs) || !load->desc.l ||
	    !load->desc.db ||
	    (load->target != TARGET_JUMP && load->target != TARGET_RETURN))
		return false;
	return refuse(c, text, load, VECTOR_GP,
		      "a code segment with both L and D set");
}

/* SDM 3A, "Privilege Level Checking When Transferring Program Control" */
static bool code_ring_fits(const struct load *load)
{
	const struct descriptor *desc = &load->desc;
	unsigned int rpl = load->selector & 3;

	if (load->target == TARGET_RETURN)
		return rpl >= load->ring &&
		       (desc->type & TYPE_CONFORMS ? desc->dpl <= rpl :
						     desc->dpl == rpl);
	if (desc->type & TYPE_CONFORMS)
		return desc->dpl <= load->ring;
	return rpl <= load->ring && desc->dpl == load->ring;
}

static bool data_ring_fits(const struct load *load)
{
	const struct descriptor *desc = &load->desc;
	unsigned int rpl = load->selector & 3;

	if (load->target == TARGET_STACK)
		return rpl == load->ring && desc->dpl == load->ring;
	if (is_code(desc) && desc->type & TYPE_CONFORMS)
		return true;
	return desc->dpl >= load->ring && desc->dpl >= rpl;
}

static bool test_ring(struct rule_case *c, struct text *text,
		      const struct load *load)
{
	bool code = load->target == TARGET_JUMP ||
		    load->target == TARGET_RETURN;

	if (!has_desc(load) || !load->desc.s || load->target >= TARGET_TASK ||
	    (code ? !is_code(&load->desc) || code_ring_fits(load) :
		    data_ring_fits(load)))
		return false;
	text_add(text,
		 "selector 0x%x, with RPL %u, goes to %s in ring %u, and its "
		 "descriptor has DPL %u",
		 load->selector, load->selector & 3, names[load->target],
		 load->ring, load->desc.dpl);
	c->vector = VECTOR_GP;
	return true;
}

static bool test_task(struct rule_case *c, struct text *text,
		      const struct load *load)
{
	const struct descriptor *desc = &load->desc;
	bool is_long = report_is_long(&c->state->sregs);

	if (!has_desc(load) || load->target != TARGET_TASK || desc->s ||
	    (desc->type != TYPE_TSS_BUSY && desc->type != TYPE_TSS16_BUSY) ||
	    (is_long && desc->type == TYPE_TSS16_BUSY))
		return false;
	return refuse(c, text, load, VECTOR_GP, "a TSS that is busy already");
}

static bool test_tss(struct rule_case *c, struct text *text,
		     const struct load *load)
{
	const struct descriptor *desc = &load->desc;
	bool is_long = report_is_long(&c->state->sregs);

	if (!has_desc(load) ||
	    (load->target != TARGET_TASK && load->target != TARGET_LDT))
		return false;
	if (load->target == TARGET_LDT)
		return !(!desc->s && desc->type == TYPE_LDT) &&
		       refuse(c, text, load, VECTOR_GP, "no LDT");
	if (!desc->s &&
	    (desc->type == TYPE_TSS || (!is_long && desc->type == TYPE_TSS16)))
		return false;
	return refuse(
		c, text, load, VECTOR_GP,
		is_long && !desc->s && (desc->type & ~2) == TYPE_TSS16 ?
			"a TSS of 16 bits, which long mode does not have" :
			"no TSS");
}

static bool test_present(struct rule_case *c, struct text *text,
			 const struct load *load)
{
	if (!has_desc(load) || load->desc.present)
		return false;
	return refuse(c, text, load,
		      load->target == TARGET_STACK ? VECTOR_SS : VECTOR_NP,
		      "not present");
}

static rule_test *const tests[] = {
	test_null, test_there, test_code, test_stack, test_data,
	test_long, test_ring,  test_task, test_tss,   test_present,
};

/* Whether the CPU takes the first load of an IRET, and so comes to the second. */
static bool is_taken(struct rule_case *c, const struct load *load)
{
	struct rule_case copy = *c;
	char buf[WORDS_MAX];
	struct text text;

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		text_init(&text, buf, sizeof(buf));
		if (tests[i](&copy, &text, load))
			return false;
	}
	return true;
}

/* Whether one of the loads at RIP fails @test. */
static bool any(struct rule_case *c, struct text *text, rule_test *test)
{
	struct load load;

	if (!get_load(c, false, &load))
		return false;
	if (test(c, text, &load))
		return true;
	return is_taken(c, &load) && get_load(c, true, &load) &&
	       test(c, text, &load);
}

#define TEST(name)                                                       \
	static bool name##_fails(struct rule_case *c, struct text *text) \
	{                                                                \
		return any(c, text, test_##name);                        \
	}

TEST(null)
TEST(there)
TEST(code)
TEST(stack)
TEST(data)
TEST(long)
TEST(ring)
TEST(task)
TEST(tss)
TEST(present)

static const struct rule selector_rules[] = {
	{ .name = "selector-null",
	  .says = "CS, SS and TR never hold the null selector",
	  .source = "SDM 3A, \"Null Segment Selector Checking\"",
	  .broken = null_fails },
	{ .name = "selector-limit",
	  .says = "a selector names a descriptor below the limit of its table",
	  .source = "SDM 3A, \"Segment Selectors\"",
	  .advice = "a boot loader may leave no GDT to use: LGDT comes first, "
		    "its limit is the table's size less 1",
	  .broken = there_fails },
	{ .name = "selector-code",
	  .says = "CS holds a code segment",
	  .source = SOURCE_TYPES,
	  .broken = code_fails },
	{ .name = "selector-stack",
	  .says = "SS holds a writable data segment",
	  .source = SOURCE_TYPES,
	  .broken = stack_fails },
	{ .name = "selector-data",
	  .says = "DS, ES, FS and GS hold data, or code that can be read",
	  .source = SOURCE_TYPES,
	  .broken = data_fails },
	{ .name = "code-l-d",
	  .says = "64-bit code has the L bit set and the D bit clear",
	  .source = "SDM 3A, \"Code Segment Descriptor in 64-bit mode\"",
	  .broken = long_fails },
	{ .name = "selector-ring",
	  .says = "RPL and DPL fit the ring that the selector is loaded in",
	  .source = SOURCE_RINGS,
	  .advice = "a selector of a segment for ring 3 ends with RPL 3: "
		    "0x1b, not 0x18",
	  .broken = ring_fails },
	{ .name = "tss-busy",
	  .says = "LTR takes a TSS that is available, once",
	  .source = "SDM 3A, \"TSS Descriptor\"",
	  .advice = "type 9 in the GDT; LTR makes it 11",
	  .broken = task_fails },
	{ .name = "tss-type",
	  .says = "LTR takes a TSS, and LLDT an LDT",
	  .source = "SDM 3A, \"TSS Descriptor\"",
	  .broken = tss_fails },
	{ .name = "selector-present",
	  .says = "a descriptor is present before it is loaded",
	  .source = "SDM 3A, \"Segment Descriptors\"",
	  .broken = present_fails },
};
RULES(RULE_CODE, selector_rules);
