/* The probes that this run has turned on (include/probe.h), and who tells them
 * what. Constant once vCPUs run. */
#ifndef MKVM_PROBES_H
#define MKVM_PROBES_H

#include <stdbool.h>
#include <stdint.h>

struct exit_view;
struct probe;
struct queue_counts;
struct queue_event;
struct queue_view;
struct vcpu;
struct vm;

/* Turns @probe on; a second time changes nothing. */
void probes_add(const struct probe *probe);

/* Whether a probe that was turned on sees every exit. */
bool probes_are_on(void);

/* Whether one of those prints a line about it. */
bool probes_talk(void);

/* Whether one of them looks at the guest's screen. */
bool probes_look(void);

/* Whether one of them wants to hear what happens in queues. */
bool probes_hear_queues(void);

/* Tells them that something did, and what went through one in all. */
void probes_queue_event(const struct queue_view *view,
			const struct queue_event *event);
void probes_queue(const struct queue_view *view,
		  const struct queue_counts *counts);

/* Shows them an exit, unanswered and answered. */
void probes_before(const struct exit_view *view);
void probes_after(const struct exit_view *view);

/* Shows them a changed interrupt line, @now_ns on the guest's clock. */
void probes_line(unsigned int guest_id, unsigned int irq, bool level,
		 uint64_t now_ns);

/* Shows them an interrupt that is injected into vCPU @cpu, on its thread. */
void probes_injection(unsigned int guest_id, unsigned int cpu,
		      unsigned int vector);

/* Tells those that are always on, less what @without names, how the guest of
 * @vcpu was ended. */
void probes_ended(struct vcpu *vcpu, const char *const *without, int status);

/* Tells the others that the guest of @vm is built; 0, or -errno after one message. */
int probes_ready(const struct vm *vm);

/* Tells them that it has ended, its threads gone. */
void probes_gone(const struct vm *vm);

/* Tells them that all guests have ended; the worst exit status of theirs. */
int probes_finish(void);

#endif
