/*
 * What is remembered of a guest that stands still, its RAM aside: its vCPUs, its
 * interrupt controllers, its clocks and its devices, as parts (util/parts.h).
 *
 *   state_save()                          state_load()
 *     state_vcpu.c   "vcpu" N               before vm_start(), after
 *     irqchip row    "irqchip"              boards_create(), in the order that
 *     state_time.c   "time"                 KVM wants
 *     state_board.c  the device's name
 *     state_wires.c  "wires"
 */
#ifndef MKVM_STATE_H
#define MKVM_STATE_H

#include <stdbool.h>

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

/* The pieces, each in a file of its own. 0 or -errno after one message; the layout
 * that each writes has a version beside it. */
int state_save_vcpu(struct vcpu *vcpu, struct parts *parts);
int state_load_vcpu(struct vcpu *vcpu, struct parts *parts,
		    const char *subject);
int state_save_time(struct vm *vm, struct parts *parts);
int state_load_time(struct vm *vm, struct parts *parts, const char *subject);
int state_save_boards(struct vm *vm, struct parts *parts);
int state_save_wires(struct vm *vm, struct parts *parts);
int state_load_boards(struct vm *vm, struct parts *parts, const char *subject);
int state_load_wires(struct vm *vm, struct parts *parts, const char *subject);

#endif
