/*
 * Breakpoints and watchpoints, and what they are made of.
 *
 *   int3    KVM stops at the byte CCh that stands in RAM (USE_SW_BP)
 *   DR0-3   KVM's debug registers (USE_HW_BP)
 *
 * and where KVM's own do nothing:
 *
 *   out     the byte EEh, OUT DX, AL: a VM exit of its own, which is undone. For
 *           code in ring 0, and where no chip in the host kernel has ports
 *   steps   one instruction at a time, the address looked up among the breakpoints
 *           and what is watched compared
 */
#ifndef MKVM_GDB_BREAKS_H
#define MKVM_GDB_BREAKS_H

#include <linux/kvm.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define BREAKS_MAX    256
#define WATCHES_MAX   16
#define WATCH_LEN_MAX 4096 /* bytes */
#define DEBUG_REGS    4

struct gdb;
struct gdb_cpu;
struct kvm;
struct stop;

/* As the client numbers them: Z0 to Z4. */
enum break_kind {
	BREAK_SOFTWARE,
	BREAK_HARDWARE,
	WATCH_WRITE,
	WATCH_READ,
	WATCH_ACCESS,
	BREAK_GATE, /* ours, for the length of a step: gates.c */
};

struct breakpoint {
	enum break_kind kind;
	uint64_t addr;
	bool planted; /* there is a trap at gpa, */
	uint64_t gpa;
	uint8_t trap, saved; /* and this was there */
	bool unmapped;	     /* there was no memory where it is to be */
};

struct watchpoint {
	enum break_kind kind;
	uint64_t addr, len;
	uint8_t *copy; /* what was there when last looked; guarded by lock */
};

/* Changed only while all vCPUs stand still; in ascending order of addresses. */
struct breaks {
	struct breakpoint list[BREAKS_MAX];
	unsigned int nr;
	struct watchpoint watches[WATCHES_MAX];
	unsigned int nr_watches;
	bool need_steps;      /* some cannot be had in another way, */
	bool unmapped;	      /* but could, if they had memory */
	unsigned int version; /* of it all; from 1 */
	pthread_mutex_t lock;
};

/* What this host's KVM can do; see check.c. */
struct break_means {
	bool known, int3, debug_regs;
	bool out;	 /* what OUT has begun can be undone; */
	bool out_behind; /* when it is told of, RIP is behind it */
};

extern struct break_means break_means;

#define TRAP_INT3 0xcc
#define TRAP_OUT  0xee

/* Finds out, by a VM of its own. On the main thread. */
void check_means(const struct kvm *kvm);

/* Puts vCPU @vcpu, which has left the guest by an OUT that nobody has answered, back
 * to @rip, with its other registers @regs. immediate_exit stays set. 0 or -errno. */
int check_undo_out(int vcpu, struct kvm_run *run, struct kvm_regs *regs,
		   uint64_t rip);

/* 0; -EINVAL for what no breakpoint can be, -ENOTSUP for what this host cannot,
 * -ENOSPC, -EFAULT: there is no memory. One that is there already stays. */
int breaks_add(struct gdb_cpu *cpu, enum break_kind kind, uint64_t addr,
	       uint64_t len);

/* 0, also if there is none. */
int breaks_del(struct gdb *gdb, enum break_kind kind, uint64_t addr,
	       uint64_t len);
void breaks_clear(struct gdb *gdb);

/* The byte that stops whoever comes to it, on a page that ring 3 may use or not: 0 if
 * none does, all things considered. Any thread. */
uint8_t breaks_trap(const struct gdb *gdb, const struct kvm_sregs *sregs,
		    bool user);

/* For gates.c. False: there is no trap to be had at @addr. */
bool breaks_add_gate(struct gdb_cpu *cpu, uint64_t addr);
void breaks_del_gates(struct gdb *gdb);

/* Takes the trap away at which @cpu is, for a step: false, there is none; and puts
 * all there that can be, @cpu's page tables telling where. */
bool breaks_lift(struct gdb_cpu *cpu);
void breaks_plant(struct gdb_cpu *cpu);

/* What @cpu is about to go on with: whatever is watched is looked at. */
void breaks_look(struct gdb_cpu *cpu);

/* KVM's part of it. */
void breaks_arm(const struct gdb *gdb, struct kvm_guest_debug *debug);

/* The one at @pc, or NULL. Any thread, as are those below: a vCPU's that has
 * stepped asks for what was watched and has changed, and one whose debug
 * registers have stopped it, @dr6, by which. */
const struct breakpoint *breaks_at(const struct gdb *gdb, uint64_t pc);
bool breaks_changed(struct gdb_cpu *cpu, uint64_t *addr);
bool breaks_hit(const struct gdb *gdb, uint64_t dr6, struct stop *stop);

#endif
