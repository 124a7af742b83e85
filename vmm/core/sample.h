/*
 * The last look at a guest that is to be ended from outside: what its vCPUs
 * are at, for a tenth of a second, before --timeout ends it or the user does.
 *
 *   quit -> tick: each vCPU is asked where it is -> ... -> quit again
 *           between two: its VM exits are counted
 *
 * Nothing is counted before, so that a guest which is not looked at pays
 * nothing: the first question puts a function of ours in the place of
 * vcpu->enter, and that notes each exit when it has been answered.
 */
#ifndef MKVM_SAMPLE_H
#define MKVM_SAMPLE_H

#include <linux/kvm.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/irqstate.h"
#include "core/pause.h"

struct vcpu;

#define SAMPLE_ACCESSES 8 /* places that a loop may use, and some more */
#define SAMPLE_VECTORS	8 /* words of 32 bits for all vectors */

enum sample_kind {
	SAMPLE_IN,
	SAMPLE_OUT,
	SAMPLE_READ, /* MMIO */
	SAMPLE_WRITE,
};

/* VM exits of one kind at one port or address. */
struct sample_access {
	enum sample_kind kind;
	uint64_t addr;
	unsigned int size;  /* bytes */
	const char *device; /* who answers; NULL: nobody */
	uint32_t count;
	uint64_t value; /* the last one */
	uint64_t ones;	/* bits that were 1 in all of them; */
	uint64_t zeros; /* and 0 */
	uint64_t rip;	/* linear, of the last */
};

/* What was seen of one vCPU. */
struct sample_cpu {
	unsigned int looks;   /* how often it was asked; 0: all is zeroes */
	struct kvm_regs regs; /* of the last look, as is: */
	struct kvm_sregs sregs;
	unsigned int mp_state;	/* KVM_MP_STATE_... */
	uint64_t low, high;	/* lowest and highest linear RIP */
	bool moved;		/* registers but these changed: RIP, RFLAGS, */
	bool rax_moved;		/* RAX */
	unsigned int nr_halted; /* looks at which it was halted */
	unsigned int nr_if;	/* and took interrupts: RFLAGS.IF */
	uint64_t nr_exits;	/* VM exits, and of these: */
	uint32_t nr_hlt, nr_other; /* no access either */
	uint32_t nr_eoi;	   /* of levels of a modelled I/O APIC */
	uint32_t nr_missed;	   /* accesses that had no row left */
	unsigned int nr_accesses;
	struct sample_access accesses[SAMPLE_ACCESSES];

	bool has_lapic;
	struct lapic_state lapic;
	uint32_t irr[SAMPLE_VECTORS], isr[SAMPLE_VECTORS]; /* at all looks */
	uint32_t isr_ever[SAMPLE_VECTORS];		   /* at any */

	/* For those who judge: all it does is a loop that only reads. */
	bool in_loop;

	/* For core/sample.c. */
	struct question question;
	void (*enter)(struct vcpu *vcpu); /* what it has replaced */
	uint64_t last_exit;
};

/* Of one guest. */
struct sample {
	pthread_mutex_t lock; /* guards what follows; before a device's */
	bool silent;	      /* no guest has printed anything by now */
	bool input_over; /* it listens, has had all of stdin, and that has ended */
	unsigned int looks;
	struct irqstate irq; /* of the last look */

	/* Of the 8259s, bit N is line N: set at all looks, and at any. */
	uint16_t irr, isr, lines;
	uint16_t isr_ever;
	uint32_t pins; /* of the I/O APIC, asking at all looks */

	unsigned int nr_cpus;
	struct sample_cpu cpus[];
};

/* One look at @vcpu alone, on its thread, and what all of them share: for a guest
 * that has ended by itself. Frees with sample_free(); NULL: no memory. */
struct sample *sample_once(struct vcpu *vcpu);
void sample_free(struct sample *sample);

#endif
