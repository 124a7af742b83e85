/* VM exits: why KVM_RUN returned, and what answers it. */
#ifndef MKVM_EXIT_H
#define MKVM_EXIT_H

#include <stdbool.h>
#include <stdint.h>

struct probe;
struct vcpu;
struct vm;

enum exit_action {
	EXIT_RESUME, /* answered: enter the guest again */
	EXIT_HALT,   /* the guest halted, and nobody but it could wake it */
	EXIT_STOP,   /* the handler ended the guest with vm_stop() */
};

/*
 * Answers the exit that @vcpu->run describes. On the vCPU's own thread.
 * @entered_ns is the guest's clock when the guest was entered; it counts only
 * while exit_is_watched().
 */
enum exit_action exit_handle(struct vcpu *vcpu, uint64_t entered_ns);

/* Whether a probe that was turned on sees every exit. */
bool exit_is_watched(void);

/* Whether one of those prints a line about it. */
bool exit_is_talked_about(void);

/* Tells the probes that are always on how the guest of @vcpu was ended. */
void exit_guest_ended(struct vcpu *vcpu, int status);

/* Ends the guest because --max-exits is used up, and says where it was. */
void exit_stop_at_limit(struct vcpu *vcpu);

/* Shows a changed interrupt line to the probes that were turned on. */
void exit_show_line(unsigned int guest_id, unsigned int irq, bool level,
		    uint64_t now_ns);

/* Shows them an interrupt that is injected into @vcpu, on its thread. */
void exit_show_injection(const struct vcpu *vcpu, unsigned int vector);

/* Tells them that the guest of @vm has ended and its threads are gone. */
void exit_show_gone(const struct vm *vm);

/* Tells them that all guests have ended; the worst exit status of theirs. */
int exit_finish_probes(void);

/* Shows every exit to @probe too, once; before any vCPU starts. */
void exit_add_probe(const struct probe *probe);

#endif
