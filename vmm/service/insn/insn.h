/*
 * The service that has guests execute one instruction at a time and writes each
 * down: --trace-insn and --step. This is its own contract; the records are those of
 * abi/insn_trace.h.
 *
 *   options.c   the rows of the table, and what their words mean
 *   trace.c     the hooks: which instruction is written down, and when it is over
 *   record.c    registers become records, in a lane
 *   code.c      the bytes at an address, by lines, with their symbols
 *   output.c    where full lanes go: a file, or kvm-insn, which prints them
 *   step.c      keys, with --step
 *   show.c      --show-trace: kvm-insn prints such a file
 */
#ifndef MKVM_INSN_H
#define MKVM_INSN_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/insn_trace.h"

struct service;
struct vcpu;
struct vm;

/* A line of code as the reader has it. */
struct insn_line {
	uint64_t number; /* linear address / INSN_LINE_BYTES + 1; 0: none */
	uint64_t words[INSN_LINE_BYTES / 8];
};

/* What has to fit behind the records that are there: all that comes before a
 * step, and the step. */
#define INSN_ROOM 20480

/* What is to be written of one vCPU; on its thread. */
struct insn_lane {
	const struct vm *vm;
	unsigned int cpu;
	bool begun;   /* it has had a step */
	bool skipped; /* and no step since */
	size_t len;   /* of buf; 0: no block has begun */
	uint64_t rip, regs[INSN_REGS];
	struct kvm_sregs sregs; /* those that @systems are made of */
	uint64_t systems[INSN_SYSTEMS];
	struct insn_line lines[INSN_LINES];
	uint8_t buf[INSN_BLOCK_HEAD + INSN_BLOCK_MAX];
};

/* --- record.c --- */

/* Adds what the registers say, with the code that comes next, to @lane. There is
 * room: insn_is_full() was asked after the last one. */
void insn_add_step(struct insn_lane *lane, const struct kvm_regs *regs,
		   const struct kvm_sregs *sregs);
void insn_add_event(struct insn_lane *lane, unsigned int what, uint64_t more);
bool insn_is_full(const struct insn_lane *lane);

/* For code.c: a number; a tag of INSN_LINE and others is one. */
void insn_add_number(struct insn_lane *lane, uint64_t number);
void insn_add_tag(struct insn_lane *lane, unsigned int what);
void insn_add_bytes(struct insn_lane *lane, const void *bytes, size_t len);

/* Writes the head of the block in @lane; returns its size, with which it can go,
 * and the lane is empty again. 0: there is none. */
size_t insn_close_block(struct insn_lane *lane);

/* --- code.c --- */

/* Adds the lines of code at linear address @addr that the reader lacks. */
void insn_add_code(struct insn_lane *lane, uint64_t addr,
		   const struct kvm_sregs *sregs);

/* The byte at linear address @addr as the reader has it, or -1. */
int insn_code_byte(const struct insn_lane *lane, uint64_t addr);

/* --- output.c --- */

/* Opens the file at @path; NULL: kvm-insn, which prints to stderr. Then the head is
 * written. 0, or -errno after one message. */
int insn_output_file(const char *path);
int insn_output_start(struct vm *vms, unsigned int nr_vms, bool steps);

/* Writes the @len bytes at @buf and waits for the reader. False: there is no more
 * reader, or no room, which has been said. Any thread. */
bool insn_output_put(const void *buf, size_t len);
bool insn_output_failed(void);

/* Nothing more comes. An exit status. */
int insn_output_end(void);

/* --- trace.c --- */

/* What is to be traced. */
struct insn_filter {
	const char *from; /* an address or a symbol; NULL: from the start on */
	uint64_t count;	  /* instructions; 0: all */
	int guest, cpu, ring; /* -1: any */
};

extern struct insn_filter insn_filter;

/* The hooks of a service (include/service.h); @service is the row that asks for
 * steps. stop() returns an exit status. */
int insn_start(const struct service *service, struct vm *vms,
	       unsigned int nr_vms, bool to_file, bool wait);
int insn_stop(void);

/* No more of any vCPU is traced. Any thread. */
void insn_let_run(void);
void insn_enter(struct vcpu *vcpu);
void insn_debug(struct vcpu *vcpu);

/* --- step.c --- */

void insn_step_begin(struct vm *vms, unsigned int nr_vms);
void insn_step_end(void);

/* An instruction of @vm was written down. On a vCPU's thread: the guest stands still
 * before it is executed, unless a key has come for it already. */
void insn_step_wait(struct vm *vm);

/* The hook of a service. */
size_t insn_keys(const uint8_t *buf, size_t len);

#endif
