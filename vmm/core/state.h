/*
 * What is remembered of a guest that stands still, its RAM aside: its vCPUs, its
 * interrupt controllers, its clocks and its devices, as parts (util/parts.h).
 *
 *   state_save()                          state_load()
 *     state_cpuid.c  "cpuid"                before vm_start(), after
 *     state_time.c   "time"                 boards_create(), in this order,
 *     irqchip row    "irqchip"              which is KVM's
 *     state_vcpu.c   "vcpu" N
 *     state_board.c  the device's name
 *     state_wires.c  "wires"
 */
#ifndef MKVM_STATE_H
#define MKVM_STATE_H

#include <stdbool.h>
#include <stdint.h>

struct parts;
struct stash;
struct vcpu;
struct vm;

/*
 * Keeps everybody but the caller from the devices of @vm, whose vCPUs stand still
 * (core/pause.h) or have no threads: takes their locks, once nothing is on its way
 * that is neither in their states nor in guest RAM. What the host sends, waits.
 * False: the guest has ended, and nothing is held. Not on a vCPU's thread, nor
 * on the main one while there are vCPUs: a device may wait for that.
 */
bool state_hold(struct vm *vm);
void state_release(struct vm *vm);

/*
 * Adds to @parts all that @vm is, RAM aside, between those two. 0, or -errno after
 * one message: something in it cannot be saved.
 */
int state_save(struct vm *vm, struct parts *parts);

/*
 * Makes @vm, which is built and has its RAM, but has not run, what was saved, from
 * @parts that were found in the file @subject. Main thread. 0, or -EINVAL after one
 * message.
 */
int state_load(struct vm *vm, struct parts *parts, const char *subject);

/*
 * The machine as it is before the guest's first instruction, loaded and not started,
 * into @parts: what a reset lays again. Main thread, before there are others. As
 * state_save().
 */
int state_remember(struct vm *vm, struct parts *parts);

/*
 * Resets @vm to what is remembered in @parts, while it stands still, its turn is
 * taken (below) and this is the thread of one of its vCPUs: @make_ram makes RAM
 * anew in between, 0 or -errno. Clocks go on: a reset stops none. 0; or -errno after one
 * message, and the guest cannot go on.
 */
int state_reset(struct vm *vm, struct parts *parts, const char *subject,
		int (*make_ram)(struct vm *vm));

/* For one who changes what others save: state_hold() has that turn, and waits for
 * it. */
void state_take_turn(void);
void state_give_turn(void);

/* Between saving and restoring. */
struct state_gap {
	uint64_t ns;	   /* that have passed outside */
	uint64_t kvm_ns;   /* by which KVM's clock has gone on */
	uint64_t tsc_back; /* by which this host's TSC is behind, modulo 2^64 */
};

/* The pieces, each in a file of its own. 0 or -errno after one message; the layout
 * that each writes has a version beside it. */
int state_save_cpuid(struct vm *vm, struct parts *parts);
int state_load_cpuid(struct vm *vm, struct parts *parts, const char *subject);
int state_save_time(struct vm *vm, struct parts *parts);
int state_load_time(struct vm *vm, struct parts *parts, const char *subject,
		    struct state_gap *gap);
int state_gap_since(struct vm *vm, struct parts *parts, const char *subject,
		    struct state_gap *gap);
int state_save_vcpu(struct vcpu *vcpu, struct parts *parts);
int state_load_vcpu(struct vcpu *vcpu, struct parts *parts, const char *subject,
		    const struct state_gap *gap);
int state_save_boards(struct vm *vm, struct parts *parts);
int state_save_wires(struct vm *vm, struct parts *parts);
int state_load_boards(struct vm *vm, struct parts *parts, const char *subject);
int state_load_wires(struct vm *vm, struct parts *parts, const char *subject);

/* Likewise, of all vCPUs; and of the controllers in the host kernel, if there are. */
int state_load_vcpus(struct vm *vm, struct parts *parts, const char *subject,
		     const struct state_gap *gap);
int state_load_chips(struct vm *vm, struct parts *parts, const char *subject);

/* Has all devices forget what they were set up for, and lower their lines. */
void state_reset_boards(struct vm *vm);

/* A vCPU that runs a guest of its own, or could at once, does no longer. */
int state_leave_nested(struct vcpu *vcpu);

/* Of a vCPU: what state_xsave.c knows, put at the end of @out, and set from what
 * comes next in @in. */
int state_save_xsave(struct vcpu *vcpu, struct stash *out);
int state_load_xsave(struct vcpu *vcpu, struct stash *in, const char *subject);
int state_save_nested(struct vcpu *vcpu, struct stash *out);
int state_load_nested(struct vcpu *vcpu, struct stash *in, const char *subject);

/* And its MSRs, of state_msrs.c: all that it has, at the end of @out; from @in,
 * those that are not as they are. */
int state_save_msrs(struct vcpu *vcpu, struct stash *out);
int state_load_msrs(struct vcpu *vcpu, struct stash *in, const char *subject);

/* One of them; 0 where there is none. And setting it. */
uint64_t state_read_msr(const struct vcpu *vcpu, uint32_t index);
int state_write_msr(const struct vcpu *vcpu, uint32_t index, uint64_t data,
		    const char *subject);

#endif
