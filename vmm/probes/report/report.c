/*
 * The crash report: what a guest's vCPU was like when it ended in a triple
 * fault, a refused entry or an error of KVM's; and, shorter, where a guest was
 * that a limit or a halt for good has ended. The boot doctor adds the cause.
 *
 * AMD-V leaves nothing after a triple fault: KVM resets the vCPU before anybody
 * sees it. The report says so, and shows the last VM exit before instead or,
 * where all of that is known, what a second try from there finds.
 */
#include "probes/report/report.h"

#include <string.h>
#include <sys/ioctl.h>

#include "abi/exit_status.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "probe.h"
#include "util/log.h"
#include "x86/bits.h"
#include "x86/walk_words.h"

#define REPORT_BYTES 8192

/* SDM 3A and APM 2, "Processor State After Reset" or "Initialization". */
#define RESET_RIP     0xfff0
#define RESET_CS_BASE 0xffff0000

/* The guest has not executed anything: what KVM has is what it was given. */
static bool is_at_start(const struct vcpu *vcpu,
			const struct report_state *state)
{
	return !vcpu->seen_exit && !vcpu->seen_sregs_exit &&
	       vcpu->seen.rip == state->regs.rip;
}

static bool take_state(struct report_state *state, const struct vcpu *vcpu)
{
	const struct kvm_run *run = vcpu->run;

	memset(state, 0, sizeof(*state));
	state->mem = &vcpu->vm->mem;
	state->exit_reason = run->exit_reason;
	if (run->exit_reason == KVM_EXIT_FAIL_ENTRY)
		state->entry_reason =
			run->fail_entry.hardware_entry_failure_reason;
	else if (run->exit_reason == KVM_EXIT_INTERNAL_ERROR)
		state->suberror = run->internal.suberror;
	state->code_known = true;
	if (ioctl(vcpu->fd, KVM_GET_REGS, &state->regs) ||
	    ioctl(vcpu->fd, KVM_GET_SREGS, &state->sregs) ||
	    ioctl(vcpu->fd, KVM_GET_VCPU_EVENTS, &state->events))
		return false;
	state->paging_lost = is_at_start(vcpu, state) &&
			     vcpu->seen_sregs.cr0 & CR0_PG &&
			     !(state->sregs.cr0 & CR0_PG);
	return true;
}

static bool was_reset(const struct report_state *state)
{
	return state->exit_reason == KVM_EXIT_SHUTDOWN &&
	       state->regs.rip == RESET_RIP &&
	       state->sregs.cs.base == RESET_CS_BASE;
}

/* Puts back what is known from before the vCPU was reset. */
static void recall(struct report_state *state, const struct vcpu *vcpu)
{
	state->lost = true;
	state->regs = vcpu->seen;
	state->sregs = vcpu->seen_sregs;
	state->code_known = vcpu->seen_exit == vcpu->seen_sregs_exit;
	memset(&state->events, 0, sizeof(state->events));
}

static void add_moment(struct text *text, uint64_t exit)
{
	if (exit)
		text_add(text, "exit %llu", (unsigned long long)exit);
	else
		text_add(text, "the start");
}

static const char lost[] = "  AMD-V leaves no registers after a triple fault. ";

/* A handler is not stepped, so that the last step may have ended in one. */
static void add_found(struct text *text, const struct vcpu *vcpu,
		      const struct report_state *state,
		      const struct report_steps *steps)
{
	text_add(text, "%sExecuted again from ", lost);
	add_moment(text, vcpu->seen_exit);
	text_add(text,
		 ",\n  it crashes after %s%u instruction%s, in this state",
		 steps->more ? "at least " : "", steps->count,
		 steps->count == 1 ? "" : "s");
	if (report_may_enter_handler(state))
		text_add(text, " or in a\n  handler that was entered from it, "
			       "where nothing was stepped");
	text_add(text, ":\n");
}

static void add_loss(struct text *text, const struct vcpu *vcpu)
{
	text_add(text, "%sThese are of ", lost);
	add_moment(text, vcpu->seen_exit);
	if (vcpu->seen_exit != vcpu->seen_sregs_exit) {
		text_add(text, ",\n  segments and control registers of ");
		add_moment(text, vcpu->seen_sregs_exit);
		text_add(text, "; --explain finds the crash itself");
	}
	text_add(text, ":\n");
}

/*
 * Whether the vCPU is in KVM_MP_STATE_... @which. Only in-kernel interrupt
 * controllers have other states than "runnable".
 */
static bool is_in(const struct vcpu *vcpu, unsigned int which)
{
	struct kvm_mp_state state;

	return !ioctl(vcpu->fd, KVM_GET_MP_STATE, &state) &&
	       state.mp_state == which;
}

static void add_head(struct text *text, const struct vcpu *vcpu,
		     const struct report_state *state)
{
	const uint64_t limit = vcpu->vm->config.max_exits;
	unsigned long long exits = atomic_load(&vcpu->vm->nr_exits);

	if (limit && exits > limit)
		exits = limit; /* the one too many was not answered */

	text_add(text, "kvm-vmm: %s: ", vcpu->vm->config.name);
	if (vcpu->vm->nr_vcpus > 1)
		text_add(text, "vCPU %u: ", vcpu->id);
	text_add(text, "after %llu VM exit%s, in ", exits,
		 exits == 1 ? "" : "s");
	report_add_mode(text, &state->sregs);
	text_add(text, "%s\n",
		 is_in(vcpu, KVM_MP_STATE_HALTED) ? ", halted" : "");
}

static void add_page_walk(struct text *text, const struct report_state *state,
			  const char *what, uint64_t gva)
{
	struct walk walk;

	report_walk(&walk, state->mem, &state->sregs, gva);
	if (!walk.nr_steps && walk.end == WALK_MAPPED)
		return; /* no paging */
	text_add(text, "  page walk of %s, 0x%llx\n", what,
		 (unsigned long long)gva);
	walk_add(text, &walk, "    ");
}

/* Of RIP, and of the address of the last page fault, if that is another. */
static void add_page_walks(struct text *text, const struct report_state *state)
{
	uint64_t rip = report_code_address(state);

	add_page_walk(text, state, "rip", rip);
	if (state->sregs.cr2 && state->sregs.cr2 >> 12 != rip >> 12)
		add_page_walk(text, state, "cr2", state->sregs.cr2);
}

/* Whether the crash itself was found, @steps after the last exit. */
static bool recover(struct report_state *state, const struct vcpu *vcpu,
		    struct report_steps *steps)
{
	struct report_state again;

	recall(state, vcpu);
	again = *state;
	if (!state->code_known || !report_replay(&again, vcpu, steps))
		return false;
	*state = again;
	state->lost = false;
	state->at_once = !steps->count && !steps->more;
	return true;
}

static void report_crash(struct text *text, const struct vcpu *vcpu,
			 struct report_state *state)
{
	bool reset = was_reset(state), found;
	struct report_steps steps;

	found = reset && recover(state, vcpu, &steps);
	add_head(text, vcpu, state);
	if (found)
		add_found(text, vcpu, state, &steps);
	else if (reset)
		add_loss(text, vcpu);
	report_add_registers(text, state);
	report_add_names(text, state, vcpu->vm);
	report_add_segments(text, &state->sregs);
	report_add_control(text, &state->sregs);
	report_add_event(text, &state->events);
	if (state->code_known) {
		report_add_code(text, state);
		add_page_walks(text, state);
	}
	report_add_verdict(text, state, vcpu, STATUS_CRASHED);
}

static void report_place(struct text *text, const struct vcpu *vcpu,
			 const struct report_state *state, int status)
{
	add_head(text, vcpu, state);
	report_add_registers(text, state);
	report_add_names(text, state, vcpu->vm);
	report_add_control(text, &state->sregs);
	report_add_code(text, state);
	report_add_verdict(text, state, vcpu, status);
}

/* One that the user has ended, or that has reset itself: only what has to be said
 * of it, if anything. */
static void report_silent(struct text *text, const struct vcpu *vcpu,
			  const struct report_state *state, int status)
{
	size_t head;

	add_head(text, vcpu, state);
	head = text->len;
	report_add_verdict(text, state, vcpu, status);
	if (text->len == head)
		text_init(text, text->buf, text->size);
}

static void report(struct vcpu *vcpu, int status)
{
	struct report_state state;
	char buf[REPORT_BYTES];
	struct text text;

	text_init(&text, buf, sizeof(buf));
	if (!take_state(&state, vcpu))
		return; /* a vCPU that says nothing has nothing to report */
	if (is_in(vcpu, KVM_MP_STATE_UNINITIALIZED))
		text_add(&text, "kvm-vmm: %s: vCPU %u: never started\n",
			 vcpu->vm->config.name, vcpu->id);
	else if (status == STATUS_HALTED || status == STATUS_LIMIT)
		report_place(&text, vcpu, &state, status);
	else if (status == STATUS_CRASHED && report_is_crash(&state))
		report_crash(&text, vcpu, &state);
	else
		report_silent(&text, vcpu, &state, status);
	log_text(text.buf, text.len);
	/* At a limit every vCPU reports, and they share a screen. */
	if (status == STATUS_CRASHED || !vcpu->id)
		report_screen(vcpu->vm);
}

static const struct probe reporter = {
	.name = "report",
	.what = "registers, code, page walk and cause when a guest crashes",
	.ended = report,
};
PROBE(reporter);
