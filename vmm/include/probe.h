/*
 * The contract between the run loop and those who only watch: a probe sees
 * VM exits before and after they are answered, interrupt lines, and the end of
 * a guest. It changes nothing.
 */
#ifndef MKVM_PROBE_H
#define MKVM_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "table.h"

struct kvm_run;
struct queue_counts;
struct queue_event;
struct queue_view;
struct vcpu;
struct vm;

/* One VM exit. The strings live as long as the guest. */
struct exit_view {
	const char *guest;	/* its name in messages */
	unsigned int guest_id;	/* place on the command line, from 0 */
	unsigned int nr_guests; /* on the command line */
	unsigned int cpu;
	unsigned int nr_cpus; /* of this guest */
	uint64_t number;      /* of the guest's VM exits, from 1 */
	const char *reason;   /* "IO", "MMIO", "HLT", ... */
	const char *device;   /* IO, MMIO: who answers; NULL: nobody */
	unsigned int range;   /* of the device, and how far into it */
	uint64_t off;
	bool is_window; /* MMIO: one of virtio over MMIO, and no BAR */
	const struct kvm_run *run; /* registers in run->s.regs.regs */
	const struct vm *vm;	   /* for names; NULL: those of nobody */
	uint64_t guest_ns;	   /* how long KVM_RUN took */
	uint64_t answer_ns;	   /* after(): how long the answer took */
};

struct probe {
	const char *name;   /* one word, as in --list */
	const char *what;   /* one line for --list and --help */
	const char *option; /* turns it on, "--verbose"; NULL: always on */
	const char *arg; /* name of the option's argument; NULL: it has none */
	bool arg_optional;
	bool talks; /* prints while guests run, line by line */
	bool looks; /* at the screen: Linux is told that there is one */

	/* The option was given, with @arg (NULL: without one), before any
	 * guest exists. 0, or -errno after one message. NULL: nothing to do. */
	int (*setup)(const char *arg);

	/*
	 * Called on the vCPU's thread, either of them may be NULL: with the
	 * exit's data still unanswered, and with the answer in place (what
	 * an `in` gives the guest is in the kvm_run area by then).
	 */
	void (*before)(const struct exit_view *view);
	void (*after)(const struct exit_view *view);

	/*
	 * The guest of @vcpu has been ended with @status, STATUS_CRASHED,
	 * STATUS_HALTED or STATUS_LIMIT, and the reason has been printed. On
	 * the thread of @vcpu, which will not enter the guest again: after a
	 * crash the one that crashed, at a limit every one. Only for probes
	 * without an option. NULL: not told.
	 */
	void (*ended)(struct vcpu *vcpu, int status);

	/*
	 * Interrupt line @irq, 0-15, of guest @guest_id has changed to @level,
	 * @now_ns after that guest's start. Any thread, with the lock of the
	 * device whose line it is held. NULL: not told.
	 */
	void (*line)(unsigned int guest_id, unsigned int irq, bool level,
		     uint64_t now_ns);

	/*
	 * The VMM injects interrupt @vector into vCPU @cpu, which is about to
	 * enter the guest. On its thread, and only where the interrupt
	 * controllers are a model of ours. NULL: not told.
	 */
	void (*inject)(unsigned int guest_id, unsigned int cpu,
		       unsigned int vector);

	/*
	 * Something has happened in a queue. Any thread, a device's own or the
	 * vCPU's that kicked, with the lock of that device held. NULL: not
	 * told.
	 */
	void (*queue_event)(const struct queue_view *view,
			    const struct queue_event *event);

	/* What went through a queue of a guest that has ended, for each that
	 * was used, before gone(), likewise. NULL: not told. */
	void (*queue)(const struct queue_view *view,
		      const struct queue_counts *counts);

	/*
	 * The guest of @vm is built. On the main thread, once for each guest of
	 * the command line; the last time that files may be opened. 0, or -errno
	 * after one message: nothing is started. NULL: not told.
	 */
	int (*ready)(const struct vm *vm);

	/*
	 * The guest of @vm has ended, whatever ended it, with vm->status. The
	 * threads of its vCPUs are gone, their file descriptors and its RAM
	 * are not. On the main thread, once for each guest of the command
	 * line, before finish(). NULL: not told.
	 */
	void (*gone)(const struct vm *vm);

	/*
	 * All guests have ended and all threads but the main one are gone.
	 * Returns an exit status that counts like a guest's, STATUS_OK for
	 * none. NULL: not told.
	 */
	int (*finish)(void);
};

#define PROBE(row) TABLE_ROW(probe, probe, row)

#endif
