/*
 * A trace of instructions: what --trace-insn writes, to a file or to kvm-insn, and
 * kvm-insn reads.
 *
 *	head	lines of text, the last one empty:
 *			kvm-vmm --trace-insn 1: kvm-vmm --show-trace FILE ...
 *			guest ID VCPUS NAME		one for each guest
 *	blocks	until the file ends
 *
 * A block is records of one vCPU, a lane: INSN_BLOCK_HEAD bytes, little endian,
 * and then @bytes of records; none goes on in the next block. Lanes know nothing of
 * each other, and blocks of one are in order. A file that was cut short is good
 * up to its last whole record.
 *
 *	0  u32 bytes	1 to INSN_BLOCK_MAX
 *	4  u16 guest	place on the command line, from 0
 *	6  u16 vCPU
 *	8  u64 ns	the guest's clock when the block began
 *
 * A number below is a varint: seven bits a byte, the lowest first, bit 7 set in all
 * but the last, at most ten bytes. "Signed" is one whose bit 0 is the sign, as in
 * 0, -1, 1, -2. A record begins with a number, its tag. If bit 0 of it is 0, it is
 *
 *	a step: these are the registers before one instruction. Then follow, signed,
 *	RIP less the RIP of the step before; and for each bit that is set in tag >> 1,
 *	from INSN_FLAGS on, what that register is more than in the step before,
 *	modulo 2^64. Of RFLAGS, a number: the bits that are others.
 *
 * Before the first step of a lane all registers are 0, the system's too. If bit 0 is
 * 1, then tag >> 1 is INSN_LINE or another of those; it is about the steps that
 * follow.
 *
 * What the step's instruction did is to be seen in the next step of the lane. One
 * step is what KVM makes of it: each iteration of a `rep`; an instruction that
 * loads SS together with the next; and `int n`, or an instruction before which an
 * exception or an interrupt comes, with the whole handler, up to one instruction
 * behind its IRET.
 */
#ifndef MKVM_ABI_INSN_TRACE_H
#define MKVM_ABI_INSN_TRACE_H

/* The first line, in two: at least 64 bytes before there can be a NUL. */
#define INSN_HEAD  "kvm-vmm --trace-insn 1: "
#define INSN_TELLS "kvm-vmm --show-trace FILE shows these instructions"

#define INSN_BLOCK_HEAD 16
#define INSN_BLOCK_MAX	65536

/* Registers of a step, a bit each; INSN_RAX to INSN_R15 as the CPU numbers them:
 * RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8. */
#define INSN_FLAGS 0
#define INSN_RAX   1
#define INSN_RCX   2
#define INSN_REGS  17

/*
 * INSN_LINE: linear address / INSN_LINE_BYTES, and then the bytes that are there.
 * A reader keeps INSN_LINES of them, one of a place each, which is that number
 * modulo INSN_LINES, and forgets what was in its place. Before a step come those
 * of the 30 bytes from its instruction on that have not come yet, or in whose
 * first 15 bytes something has changed. What cannot be read (no RAM, not mapped)
 * does not come.
 */
#define INSN_LINE	0
#define INSN_LINE_BYTES 64
#define INSN_LINES	4096

/*
 * INSN_SYMBOL: a place 0 to 63 in the last line, from which on it is so; how far
 * that is behind the symbol; how long its name is, 0 for none and up to
 * INSN_NAME_MAX; and the name.
 */
#define INSN_SYMBOL   1
#define INSN_NAME_MAX 255

/* INSN_SYSTEM: a number, the registers below that have changed, a bit each; and
 * what they are, a number each. */
#define INSN_SYSTEM 2

/*
 * INSN_EVENT: a number, what has happened before the next step, and one that says
 * more.
 *	INSN_INTERRUPT	the VMM injects this vector: the last step begins with it,
 *			and its handler
 *	INSN_SKIPPED	the last step is there for its registers: its instruction was
 *			not executed yet, or what comes from it on is left out
 *	INSN_LEFT	the guest has ended with this exit status; the last record
 */
#define INSN_EVENT     3
#define INSN_INTERRUPT 0
#define INSN_SKIPPED   1
#define INSN_LEFT      3 /* 2 is none */

/* Of the system. A segment is four: selector, base, limit in bytes - 1, and bits
 * 8 to 23 of the descriptor: type, S, DPL, P, and from bit 12 on AVL, L, D/B, G. */
#define INSN_CR0       0
#define INSN_CR2       1
#define INSN_CR3       2
#define INSN_CR4       3
#define INSN_CR8       4
#define INSN_EFER      5
#define INSN_GDT_BASE  6
#define INSN_GDT_LIMIT 7
#define INSN_IDT_BASE  8
#define INSN_IDT_LIMIT 9
#define INSN_ES	       10
#define INSN_CS	       14
#define INSN_SS	       18
#define INSN_DS	       22
#define INSN_FS	       26
#define INSN_GS	       30
#define INSN_TR	       34
#define INSN_LDT       38
#define INSN_SYSTEMS   42

#define INSN_SELECTOR 0
#define INSN_BASE     1
#define INSN_LIMIT    2
#define INSN_ATTR     3

#define INSN_ATTR_L (1 << 13)
#define INSN_ATTR_D (1 << 14)

#endif
