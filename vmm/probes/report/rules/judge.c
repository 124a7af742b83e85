/*
 * What ended a guest. A triple fault has two halves: what raised the first
 * exception, and why its handler could not be entered (SDM 3A "Interrupt and
 * Exception Handling"). Each half is looked for by itself, in the rules first;
 * and what cannot be seen is not guessed.
 */
#include <string.h>

#include "abi/exit_status.h"
#include "probes/report/rules/insn.h"
#include "probes/report/rules/quiet.h"
#include "x86/bits.h"
#include "x86/words.h"

#define NR_EXCEPTIONS 32  /* vectors that the CPU itself raises */
#define SENTENCE_MAX  512 /* of which nobody reads more than a look */

TABLE_DECLARE(rules, rule_set);

/* Takes back what was added since @text had @len characters. */
static void cut(struct text *text, size_t len)
{
	text->len = len;
	text->buf[len] = '\0';
}

/* The first broken rule of @set, or NULL with nothing added. */
static const struct rule *look_in(struct rule_case *c,
				  const struct rule_set *set, struct text *text)
{
	size_t before = text->len;
	int vector = c->vector;

	for (size_t i = 0; i < set->count; i++) {
		if (set->rules[i].broken(c, text))
			return &set->rules[i];
		cut(text, before);
		c->vector = vector;
	}
	return NULL;
}

bool rules_look(struct rule_case *c, enum rule_when when, struct text *text)
{
	const struct rule_set *const *p;

	TABLE_FOREACH(rules, p) {
		const struct rule *rule =
			(*p)->when == when ? look_in(c, *p, text) : NULL;

		if (!rule)
			continue;
		if (c->nr_broken < RULES_BROKEN_MAX)
			c->broken[c->nr_broken++] = rule;
		return true;
	}
	return false;
}

/* A mnemonic in quotes, or words as they are. */
static void add_name(struct text *text, const char *name)
{
	if (!name)
		text_add(text, "the instruction at RIP");
	else
		text_add(text, strchr(name, ' ') ? "%s" : "`%s`", name);
}

/* The instruction at RIP raises an exception whenever it is executed. */
static bool add_instruction(struct text *text, struct rule_case *c)
{
	const struct report_state *s = c->state;
	uint8_t code[CODE_MAX];
	size_t len = report_code(s, code);
	int raised = report_code_vector(s, code, len);

	if (raised < 0)
		return false;
	c->vector = raised;
	add_name(text, report_name_code(code, len, report_is_64bit(&s->sregs)));
	text_add(text, " raised ");
	vector_add(text, raised);
	return true;
}

/* The exception that KVM still holds, on its way, or -1. */
static int event_vector(const struct rule_case *c)
{
	const struct kvm_vcpu_events *events = &c->state->events;

	if (!(events->exception.injected || events->exception.pending) ||
	    events->exception.nr == VECTOR_DF)
		return -1;
	return events->exception.nr;
}

static bool add_event(struct text *text, struct rule_case *c, int vector)
{
	c->vector = vector;
	text_add(text, "there was ");
	vector_add(text, vector);
	if (vector == VECTOR_PF)
		text_add(text, " at 0x%llx",
			 (unsigned long long)c->state->sregs.cr2);
	return true;
}

static void forget(struct rule_case *c, struct text *text, size_t len)
{
	cut(text, len);
	c->nr_broken = 0;
	c->vector = -1;
}

/* Why one byte that the instruction needs is out of its reach. */
static bool add_byte(struct text *text, struct rule_case *c,
		     const struct access *access, unsigned int nth)
{
	c->access = access;
	c->address = access->address + nth;
	c->what = access->stack ? "the instruction needs the stack at" :
		  access->write ? "the instruction writes to" :
				  "the instruction reads";
	if (rules_look(c, RULE_ACCESS, text))
		return true;
	if (!rules_look(c, RULE_TABLES, text))
		return false;
	c->vector = VECTOR_PF;
	return true;
}

static bool add_access(struct text *text, struct rule_case *c)
{
	struct access list[INSN_ACCESSES_MAX];
	struct insn insn;
	unsigned int count;

	if (!insn_decode(&insn, c->state))
		return false;
	count = insn_accesses(&insn, list);
	for (unsigned int i = 0; i < count; i++)
		if (add_byte(text, c, &list[i], 0) ||
		    add_byte(text, c, &list[i], list[i].len - 1))
			return true;
	return false;
}

/*
 * CR2 may be older than the crash, so it counts only while it still fails, and
 * only where it is not known what the instruction needs.
 */
static bool add_data(struct text *text, struct rule_case *c)
{
	uint64_t cr2 = c->state->sregs.cr2;
	struct walk walk;

	if (!cr2)
		return false;
	rules_walk(&walk, c, cr2);
	if (walk.end == WALK_MAPPED)
		return false;
	c->vector = VECTOR_PF;
	return rules_add_unmapped(text, c->state, "something accessed", cr2);
}

/* Why nothing could be fetched from RIP. */
static bool add_fetch(struct text *text, struct rule_case *c)
{
	c->what = "RIP is";
	c->address = report_code_address(c->state);
	if (rules_look(c, RULE_TABLES, text)) {
		c->vector = c->state->at_once ? -1 : VECTOR_PF;
		return true;
	}
	return rules_look(c, RULE_FETCH, text);
}

/* What the instruction at RIP raises; c->vector is which exception. */
static bool add_raised(struct text *text, struct rule_case *c)
{
	return rules_look(c, RULE_CODE, text) || add_instruction(text, c) ||
	       add_access(text, c) || add_data(text, c);
}

/* What raised the first exception; c->vector is which one it was, or -1. */
static bool add_first(struct text *text, struct rule_case *c)
{
	size_t before = text->len;
	int known = event_vector(c);

	if (add_fetch(text, c) || rules_look(c, RULE_MISTAKE, text))
		return true;
	if (add_raised(text, c) && (known < 0 || c->vector == known))
		return true;
	forget(c, text, before);
	return known >= 0 && add_event(text, c, known);
}

/* Why c->vector cannot be delivered; false: it seems it can. */
static bool add_delivery(struct text *text, struct rule_case *c)
{
	return rules_look(c, RULE_GATE, text) ||
	       rules_look(c, RULE_STACK, text);
}

/*
 * Which exception it was is not to be seen: whether those that programs cause
 * could have been delivered at all. Begins with @intro.
 */
static bool add_any_exception(struct text *text, struct rule_case *c,
			      const char *intro)
{
	static const int vectors[] = { VECTOR_UD, VECTOR_GP, VECTOR_PF };
	size_t before = text->len;

	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		forget(c, text, before);
		text_add(text, "%s", intro);
		c->vector = vectors[i];
		if (!add_delivery(text, c)) {
			forget(c, text, before);
			return false;
		}
	}
	return true;
}

static bool can_deliver(const struct rule_case *c, int vector)
{
	struct rule_case copy = *c;
	char buf[SENTENCE_MAX];
	struct text text;

	copy.vector = vector;
	text_init(&text, buf, sizeof(buf));
	return !add_delivery(&text, &copy);
}

bool report_may_enter_handler(const struct report_state *state)
{
	struct rule_case c = { .state = state, .vector = -1 };
	char buf[SENTENCE_MAX];
	struct text text;

	text_init(&text, buf, sizeof(buf));
	if (add_first(&text, &c) && c.vector >= 0)
		return can_deliver(&c, c.vector) || can_deliver(&c, VECTOR_DF);
	for (int any = 0; any < NR_EXCEPTIONS; any++)
		if (can_deliver(&c, any))
			return true;
	return false;
}

/* Nothing shows that the first one was not a device's. */
static bool may_be_interrupt(const struct report_state *s)
{
	return s->regs.rflags & RFLAGS_IF;
}

static void add_triple_fault(struct text *text, struct rule_case *c)
{
	size_t before = text->len, first;

	if (add_first(text, c)) {
		first = text->len;
		text_add(text, ", and ");
		if (c->vector < 0 || !add_delivery(text, c))
			cut(text, first);
		return;
	}
	forget(c, text, before);
	text_add(text, "an exception came, and ");
	if (add_delivery(text, c))
		return;
	forget(c, text, before);
	add_any_exception(
		text, c,
		may_be_interrupt(c->state) ?
			"an interrupt or an exception came, and " :
			"the instruction at RIP raised an exception, and ");
}

/* An exception that cannot be delivered stops KVM's emulator, too. */
static bool add_undelivered(struct text *text, struct rule_case *c)
{
	size_t before = text->len;

	if (!rules_look(c, RULE_CODE, text) && !add_instruction(text, c))
		return false;
	text_add(text, ", and ");
	if (add_delivery(text, c))
		return true;
	forget(c, text, before);
	return false;
}

/* KVM emulates device accesses, and on some hosts real mode or ring 0. */
static void add_emulation(struct text *text, struct rule_case *c)
{
	uint8_t code[CODE_MAX];
	size_t len = report_code(c->state, code);

	if (add_fetch(text, c) || rules_look(c, RULE_MISTAKE, text) ||
	    add_undelivered(text, c))
		return;
	text_add(text, "KVM ran this code in its emulator, which cannot do ");
	add_name(text, report_name_code(code, len,
					report_is_64bit(&c->state->sregs)));
	text_add(text, "; a KVM on VT-x or AMD-V may: try lab/run");
}

static void add_internal_error(struct text *text, struct rule_case *c)
{
	switch (c->state->suberror) {
	case KVM_INTERNAL_ERROR_EMULATION:
		add_emulation(text, c);
		break;
	case KVM_INTERNAL_ERROR_DELIVERY_EV:
		text_add(text, "an exception could not be delivered: the IDT "
			       "or the stack lies where no RAM is");
		break;
	default:
		break;
	}
}

/* Only the moment before the crash is known: no rule is accused. */
static void add_lost(struct text *text, struct rule_case *c)
{
	add_any_exception(text, c, "an exception came, and as it was then, ");
	c->nr_broken = 0;
}

/* Stopped while nothing could be fetched from RIP: KVM goes round in circles
 * there where a CPU would have raised an exception. */
static void add_stuck(struct text *text, struct rule_case *c)
{
	if (!c->state->code_known || !(c->state->sregs.cr0 & CR0_PG))
		return;
	c->what = "it never got past RIP,";
	c->address = report_code_address(c->state);
	rules_look(c, RULE_TABLES, text);
}

static void judge_crash(struct rule_case *c, struct text *text)
{
	if (c->state->paging_lost) {
		text_add(text,
			 "this KVM turned paging off again, so it cannot "
			 "run such guests; see --doctor, and try lab/run");
		return;
	}
	switch (c->state->exit_reason) {
	case KVM_EXIT_SHUTDOWN:
		if (c->state->lost)
			add_lost(text, c);
		else
			add_triple_fault(text, c);
		break;
	case KVM_EXIT_INTERNAL_ERROR:
		add_internal_error(text, c);
		break;
	case KVM_EXIT_FAIL_ENTRY:
		if (!rules_look(c, RULE_ENTRY, text))
			rules_look(c, RULE_CODE, text);
		break;
	default:
		break;
	}
}

static void judge_running(struct rule_case *c, struct text *text)
{
	if (c->status == STATUS_LIMIT)
		add_stuck(text, c);
	if (!c->nr_broken)
		rules_judge_quiet(c, text);
}

void rules_judge(struct rule_case *c, struct text *text)
{
	c->vector = -1;
	c->nr_broken = 0;
	if (report_is_crash(c->state) && c->status == STATUS_CRASHED)
		judge_crash(c, text);
	else
		judge_running(c, text);
}

static void add_rule(struct text *text, const struct rule *rule)
{
	text_add(text, "  broken rule: %s\n    (%s) [%s]\n", rule->says,
		 rule->source, rule->name);
	if (rule->advice)
		text_add(text, "    %s\n", rule->advice);
}

void report_add_verdict(struct text *text, const struct report_state *state,
			const struct vcpu *vcpu, int status)
{
	struct rule_case c = { .state = state, .vcpu = vcpu, .status = status };
	size_t before = text->len, intro;

	text_add(text, "  likely cause: ");
	intro = text->len;
	rules_judge(&c, text);
	if (text->len == intro &&
	    (status != STATUS_CRASHED || !report_is_crash(state))) {
		cut(text, before);
		return;
	}
	if (text->len == intro)
		text_add(text, "not to be seen%s",
			 state->lost ? ": it lies behind what is shown here" :
				       "; can this host run such guests? See "
				       "--doctor");
	text_add(text, "\n");
	for (unsigned int i = 0; i < c.nr_broken; i++)
		add_rule(text, c.broken[i]);
}
