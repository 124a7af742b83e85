/*
 * The crash report's own contract.
 *
 * report.c is the probe: it takes the state of the vCPU and puts the report
 * together. state.c writes registers, walk.c puts page walks into words,
 * code.c finds the bytes at RIP and names an instruction,
 * rules/ looks for the cause: all of them functions of a state and of guest RAM,
 * so that tests need no /dev/kvm. replay.c finds the crash again where KVM has
 * lost it; names.c names the places of it; screen.c is the guest's screen.
 *
 * Everything in a state is the guest's: addresses may point anywhere, and page
 * tables may be garbage.
 */
#ifndef MKVM_REPORT_H
#define MKVM_REPORT_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memory.h"
#include "util/text.h"
#include "x86/walk.h"

struct vcpu;
struct vm;

struct report_state {
	const struct memory *mem;
	unsigned int exit_reason; /* KVM_EXIT_... of the last exit */
	uint64_t entry_reason;	  /* KVM_EXIT_FAIL_ENTRY: the hardware's */
	unsigned int suberror;	  /* KVM_EXIT_INTERNAL_ERROR */
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	struct kvm_vcpu_events events;
	bool code_known;  /* regs and sregs are of the same moment */
	bool at_once;	  /* found by executing again: no step could be made */
	bool lost;	  /* KVM reset the vCPU: all is of the exit before */
	bool paging_lost; /* it was on at the start, and KVM took it away */
};

/* --- walk.c --- */

/* Walks from linear address @gva as the CPU in @sregs would. */
void report_walk(struct walk *walk, const struct memory *mem,
		 const struct kvm_sregs *sregs, uint64_t gva);

/* Reads @len bytes at linear address @gva; false unless all are RAM. */
bool report_read(const struct report_state *state, uint64_t gva, void *buf,
		 size_t len);

/* --- state.c --- */

bool report_is_long(const struct kvm_sregs *sregs);  /* long mode is active */
bool report_is_64bit(const struct kvm_sregs *sregs); /* 64-bit code runs */
unsigned int report_ring(const struct kvm_sregs *sregs);

/* Whether the last VM exit was one that no guest survives. */
bool report_is_crash(const struct report_state *state);

/* Linear address of RIP and of the stack's top. */
uint64_t report_code_address(const struct report_state *state);
uint64_t report_stack_address(const struct report_state *state);

/* "32-bit protected mode with paging, ring 0" */
void report_add_mode(struct text *text, const struct kvm_sregs *sregs);
void report_add_registers(struct text *text, const struct report_state *state);
void report_add_segments(struct text *text, const struct kvm_sregs *sregs);
void report_add_control(struct text *text, const struct kvm_sregs *sregs);
void report_add_event(struct text *text, const struct kvm_vcpu_events *events);

/* --- code.c --- */

#define CODE_MAX 15 /* bytes of the longest instruction */

/* The bytes around RIP, one line. */
void report_add_code(struct text *text, const struct report_state *state);

/* Bytes at RIP, as many as can be read. */
size_t report_code(const struct report_state *state, uint8_t *code);

/* General register @index, 0-15, as instructions count them. */
uint64_t report_register(const struct kvm_regs *regs, unsigned int index);

/* What instruction @code begins with, as far as crashes need it, or NULL. */
const char *report_name_code(const uint8_t *code, size_t len, bool is_64bit);

/* The vector of the exception @code raises by itself, or -1. */
int report_code_vector(const struct report_state *state, const uint8_t *code,
		       size_t len);

/* --- names.c --- */

/* What the places at RIP and on the stack are called; nothing where nothing is
 * known of them. */
void report_add_names(struct text *text, const struct report_state *state,
		      const struct vm *vm);

/* --- replay.c --- */

/* How far it is from an exit to a crash. */
struct report_steps {
	/* Instructions; a handler is one with those around it. */
	unsigned int count;
	bool more; /* there was such a handler */
};

/*
 * Executes the guest again from the last exit of @crashed, which is @state, up to
 * its triple fault, and puts the state before that into @state and the way there
 * into @steps. False: it did not happen again within a second, or cannot be
 * tried, and @state is anything.
 */
bool report_replay(struct report_state *state, const struct vcpu *crashed,
		   struct report_steps *steps);

/* --- screen.c --- */

/* Prints what is on the screen of @vm, if anything was written there. */
void report_screen(const struct vm *vm);

/* --- rules/, the boot doctor, or rules_none.c --- */

/*
 * The verdict on a guest that ended with @status: the likely cause, or that it
 * cannot be seen, and the rules that it broke; nothing of one that did not crash
 * and broke none. @vcpu is the one that ended, or NULL where only @state is known.
 */
void report_add_verdict(struct text *text, const struct report_state *state,
			const struct vcpu *vcpu, int status);

/*
 * Whether an exception of the instruction at RIP could have entered a handler,
 * or #DF's when it could not: then the crash may have come in there.
 */
bool report_may_enter_handler(const struct report_state *state);

#endif
