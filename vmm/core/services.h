/*
 * The services that this run has turned on (include/service.h), and what they
 * ask KVM's debugging for. Where none is built in, services_none.c stands in.
 */
#ifndef MKVM_SERVICES_H
#define MKVM_SERVICES_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/exit.h"

struct kvm;
struct service;
struct vcpu;
struct vm;

/* Turns @service on; a second time changes nothing. */
void services_add(const struct service *service);

/* The option of one that is on and works while guests run; NULL: none is. */
const char *services_option(void);

/* Before anything else, and behind everything; 0, or -errno after one message. */
int services_open(const char *const *images, unsigned int nr_images);
void services_close(void);

/* vcpu_create(): @vcpu will be served by those that are on. */
void services_attend(struct vcpu *vcpu);

/* Whether one of them wants no chip in the host kernel to have ports. */
bool services_want_ports(const struct kvm *kvm);

/* 0, or -errno after one message. The second stops those that have started; by
 * then the guests are over, or one of them could wait for an answer for ever. It
 * returns the worst of their exit statuses. */
int services_start(struct vm *vms, unsigned int nr_vms);
int services_stop(void);

/* The run is to end from outside. True: not yet; one of them rings @bell, and then
 * this is asked again. Main thread. */
bool services_go_first(int bell);

/*
 * For the thread of a service, which is neither a vCPU's nor the main one: has the
 * main thread call @call(@arg), while guests run, and waits until that is done.
 * False: the run ends, and it will not be.
 */
bool services_on_main(void (*call)(void *arg), void *arg);

/* The bell of the event loop (vm_config.stop_fd) has rung, perhaps for those. */
void services_answer(void);

/* Whether one of them steps through guests, and may have breakpoints in them. */
bool services_debugging(void);

/* Whether one of them prints while guests run. */
bool services_talk(void);

/* How many of the @len keys at @buf are for them. Main thread. */
size_t services_keys(const uint8_t *buf, size_t len);

/* @vcpu has come back with KVM_EXIT_DEBUG. */
enum exit_action services_debug(struct vcpu *vcpu);

/* @vcpu has come back with whatever else. True: that was one of theirs, and is
 * over. */
bool services_exit(struct vcpu *vcpu);

/* Likewise with an HLT, which ends a step without being called one. */
void services_halted(struct vcpu *vcpu);

/* Whether one of them keeps @vm, which has ended by itself; and that a guest is
 * over. */
bool services_keep(struct vm *vm);
void services_ended(struct vm *vm);

/* Whether one of them saves @vm, which asks for it: see include/service.h. */
bool services_save(struct vm *vm);

/* Whether all of them let it be saved as it stands there, until the second. */
bool services_let_save(struct vm *vm);
void services_save_over(struct vm *vm);

/*
 * For services; both on the thread of @vcpu, or before it has one. The first:
 * whether @service wants it to execute one instruction at a time; each ends
 * in debug(), but not quite: findings of Linux 6.1 on AMD-V are
 *
 *   out, in, MMIO    an exit of its own first, and debug() when it is complete
 *   hlt              debug(), and only then it waits
 *   rep              debug() after each iteration, RIP unchanged
 *   mov ss, int n    one debug() for it and the next; for the whole handler
 *   pushf            the trap flag that the CPU has pushed is taken away
 *
 * The second: KVM_GUESTDBG_USE_SW_BP and _HW_BP in @debug->control, with its debug
 * registers, from the next entry on.
 */
void services_step(struct vcpu *vcpu, const struct service *service, bool on);
void services_break(struct vcpu *vcpu, const struct kvm_guest_debug *debug);

/* Likewise: no interrupt comes to @vcpu while it steps, but waits for the end of
 * that. Where KVM cannot hold its own ones they come. */
void services_hold_irqs(struct vcpu *vcpu, bool on);

#endif
