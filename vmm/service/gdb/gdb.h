/*
 * The gdb server's own contract: gdb's remote serial protocol for one guest (gdb
 * manual, "Remote Protocol").
 *
 *   guests.c    the rows --gdb and --gdb-wait: one server per guest
 *   server.c    its thread: listener, client, what is sent and received
 *   packet.c    packets, of bytes alone
 *   session.c   what a packet asks for
 *   run.c       vCPUs that go on and stop; stops.c says why they did
 *   points.c    breakpoints and watchpoints; watch.c compares, gates.c has those
 *               of a step, and strings.c those of REP
 *   target*.c   registers, and their description
 *   memory.c    memory by linear address
 *   monitor*.c  the words of gdb's `monitor`, see monitor.h
 *
 * Two kinds of threads. The server's has the session, and all that is not
 * marked; a vCPU's comes here when it stops. Unless said otherwise a function
 * is for the server's thread while the guest stands still. The client is hostile,
 * and so is all that the guest has in registers and memory.
 */
#ifndef MKVM_GDB_H
#define MKVM_GDB_H

#include <linux/kvm.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/text.h"

struct gdb;
struct gdb_cpu;
struct vcpu;
struct vm;

/* --- run.c: what a vCPU that stands still has in its registers --- */

struct gdb_state {
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	bool lost; /* KVM has reset the vCPU: all is of the exit before */
};

enum gdb_part {
	GDB_REGS = 1,
	GDB_SREGS = 2,
};

/* Valid until gdb_put(), or the vCPU goes on. Zeroes when the guest is over. */
const struct gdb_state *gdb_state(struct gdb_cpu *cpu);

/* Gives the vCPU those @parts (enum gdb_part) of @state. False: KVM takes no such
 * values, the guest is over, or its registers are lost. */
bool gdb_put(struct gdb_cpu *cpu, const struct gdb_state *state,
	     unsigned int parts);

/* For what is not in there, such as MSRs and the FPU, which the client asks for only
 * when somebody wants to see them: vcpu_ask(gdb_vcpu(cpu), ...). */
struct vcpu *gdb_vcpu(struct gdb_cpu *cpu);
struct vm *gdb_vm(struct gdb *gdb);
struct gdb *gdb_of(struct gdb_cpu *cpu);
struct gdb_cpu *gdb_cpu(struct gdb *gdb, unsigned int id); /* below nr_vcpus */

/* Forgets what gdb_state() had: the vCPU was changed in another way. */
void gdb_stale(struct gdb_cpu *cpu);

/* Whether a single step of the client's lets interrupts in; for `monitor`. */
void gdb_set_step_irqs(struct gdb *gdb, bool on);
bool gdb_step_irqs(const struct gdb *gdb);

/* Whether the addresses that the client gives for memory are physical ones. */
bool gdb_is_physical(const struct gdb *gdb);

/* --- target.c: registers --- */

#define TARGET_REGS_MAX 4096 /* bytes of what `g` gives */
#define TARGET_REG_MAX	64   /* bytes of one register */

struct target;

/* What the client is told that this guest is, by the mode that @cpu is in now.
 * For the whole of a session: the client holds to what it was told. */
const struct target *target_choose(struct gdb_cpu *cpu);

/* Which of its kinds @target is, below TARGET_KINDS; and what the client's user should
 * know when the guest has come to be of the kind @now, one line. */
#define TARGET_KINDS 3
unsigned int target_kind(const struct target *target);
void target_add_change(struct text *text, const struct target *target,
		       const struct target *now);

/* Adds the document @annex, "target.xml" or one that it includes. False: there
 * is none. */
bool target_describe(const struct target *target, const char *annex,
		     struct text *text);

/* All registers of `g`, the general ones and segments, at most TARGET_REGS_MAX bytes
 * at @bytes; how many. */
size_t target_get_all(const struct target *target, struct gdb_cpu *cpu,
		      uint8_t *bytes);
bool target_set_all(const struct target *target, struct gdb_cpu *cpu,
		    const uint8_t *bytes, size_t len);

/* Register @reg, any number: its bytes, at most TARGET_REG_MAX; 0: none such. */
size_t target_get(const struct target *target, struct gdb_cpu *cpu,
		  unsigned int reg, uint8_t *bytes);

/* False: it does not take them, or @len is wrong. */
bool target_set(const struct target *target, struct gdb_cpu *cpu,
		unsigned int reg, const uint8_t *bytes, size_t len);

/* The address that the client is told as where @regs and @sregs are: linear in
 * 16-bit code (CS base and IP), so that it finds its breakpoints there. The other
 * way in target_set(). Any thread. */
uint64_t target_pc(const struct kvm_regs *regs, const struct kvm_sregs *sregs);

/* --- memory.c: memory --- */

/* Reads or writes at most @len bytes at linear address @addr through the page
 * tables of @cpu, which are left as they are, or at a physical one if
 * gdb_is_physical(); how many were RAM. */
size_t memory_read(struct gdb_cpu *cpu, uint64_t addr, void *buf, size_t len);
size_t memory_write(struct gdb_cpu *cpu, uint64_t addr, const void *buf,
		    size_t len);

/* The first also where the client means physical addresses. */
size_t memory_read_linear(struct gdb_cpu *cpu, uint64_t addr, void *buf,
			  size_t len);

/* The gpa of linear address @addr; false: it has none. With @user: whether code in
 * ring 3 may be there. Any thread that knows @sregs. */
bool memory_walk(const struct kvm_sregs *sregs, const struct vm *vm,
		 uint64_t addr, uint64_t *gpa, bool *user);

/* --- watch.c: RAM without what breakpoints have put there --- */

/* RAM at @gpa, of @len bytes in one page, where that is what the guest sees there; NULL:
 * it is not, but a ROM is, say. */
uint8_t *ram_seen(const struct vm *vm, uint64_t gpa, size_t len);

/* @len bytes of RAM at @gpa, none of them across its end; false: not RAM. What
 * is written over a breakpoint comes to be when that goes. */
bool ram_read(struct gdb *gdb, uint64_t gpa, void *buf, size_t len);
bool ram_write(struct gdb *gdb, uint64_t gpa, const void *buf, size_t len);

/* --- monitor.c --- */

/* Does what the client's `monitor @words` asks for, @cpu being its thread, and
 * adds the answer, lines of text. */
void monitor_run(struct gdb_cpu *cpu, const char *words, struct text *answer);

#endif
