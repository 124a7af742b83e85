/*
 * The doctor's own contract: what its parts share with one another.
 *
 * doctor.c is the command and the table it prints, probes.c the list of
 * probes, guests.c the machine code that some of them run, vm.c
 * the machine it runs in, walls.c what is not about guests, and advice.c what to do
 * about a failure.
 */
#ifndef MKVM_DOCTOR_H
#define MKVM_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Physical addresses in a micro-VM, which has 64 KiB of RAM. */
#define MICRO_RAM    0x10000
#define MICRO_CODE   0x1000 /* the guest's code; entered at its first byte */
#define MICRO_TABLES 0x2000 /* page tables, the top level first (CR3) */
#define MICRO_GDT    0x7000
#define MICRO_WORD   0x8000 /* holds MICRO_MAGIC for the guest to find */
#define MICRO_STACK  0xf000

#define MICRO_MAGIC 0x4d564b4dU
#define MICRO_PORT  0xe0 /* `out` to this port is the guest's answer */

enum micro_start { START_REAL16, START_PROT32, START_PAGED32, START_LONG64 };

enum micro_flags {
	MICRO_IRQCHIP = 1 << 0, /* give it PICs, I/O APIC and PIT */
	MICRO_STEP = 1 << 1,	/* single-step; the answer is the step count */
	MICRO_TIMED = 1 << 2,	/* answers first, then counts in RAX */
};

struct micro_guest {
	enum micro_start start;
	unsigned int flags; /* enum micro_flags */
	const uint8_t *code;
	size_t size;		       /* bytes of @code */
	uint32_t expect;	       /* the answer of a sound machine */
	uint64_t cr4;		       /* beyond what @start sets */
	void (*prepare)(uint8_t *ram); /* tables in RAM; NULL: none */
};

struct micro_result {
	bool answered; /* @value is what the guest said */
	uint32_t value;
	uint64_t rax;	 /* MICRO_TIMED: its count when the time was over */
	uint64_t cpu_ns; /* MICRO_TIMED: processor time that took, ns */
	char why[80]; /* not answered: a predicate, "ends in a triple fault" */
};

/*
 * Builds a VM with one vCPU on @kvm, an open /dev/kvm, runs @guest in it until
 * it answers, fails or hangs, and takes everything down again. A MICRO_TIMED
 * guest runs on for @ms milliseconds after its answer.
 */
void micro_run(int kvm, const struct micro_guest *guest, int ms,
	       struct micro_result *result);

extern const struct micro_guest guest_real16, guest_prot32, guest_paging_4k,
	guest_paging_4m, guest_pae, guest_long64, guest_timer, guest_step,
	guest_speed;

enum verdict {
	VERDICT_UNTRIED, /* something it stands on is not there */
	VERDICT_OK,
	VERDICT_MISSING, /* the host does not offer it */
	VERDICT_FAILED,	 /* the host offers it and it does not work */
};

struct finding {
	enum verdict verdict;
	int error; /* errno of opening /dev/kvm; 0 otherwise */
	char detail[96];
};

enum probe_id {
	PROBE_OPEN,
	PROBE_API,
	PROBE_USER_MEMORY,
	PROBE_TSS_ADDR,
	PROBE_IMMEDIATE_EXIT,
	PROBE_EXT_CPUID,
	PROBE_MP_STATE,
	PROBE_SYNC_REGS,
	PROBE_IRQCHIP,
	PROBE_PIT2,
	PROBE_GUEST_DEBUG,
	PROBE_TSC_DEADLINE,
	PROBE_IRQFD,
	PROBE_IOEVENTFD,
	PROBE_SPLIT_IRQCHIP,
	PROBE_NR_VCPUS,
	PROBE_MAX_VCPUS,
	PROBE_REAL16,
	PROBE_PROT32,
	PROBE_PAGING_4K,
	PROBE_PAGING_4M,
	PROBE_PAE,
	PROBE_LONG64,
	PROBE_TIMER,
	PROBE_STEP,
	PROBE_SPEED,
	PROBE_COUNT
};

struct doctor {
	int kvm; /* /dev/kvm, or -1 before and without PROBE_OPEN */
	struct finding findings[PROBE_COUNT];
};

enum probe_group { GROUP_HOST, GROUP_CAPS, GROUP_GUESTS };

struct probe {
	const char *name;
	const char *what; /* what it is good for: the detail when all is well */
	enum probe_group group;
	bool optional; /* nice to have: no kind of guest stands on it */
	long cap;      /* KVM_CAP_..., for GROUP_CAPS */
	const struct micro_guest *guest; /* for GROUP_GUESTS */
	void (*run)(struct doctor *doctor, const struct probe *probe,
		    struct finding *finding);
};

extern const struct probe probes[PROBE_COUNT];

/* Runs probe @id and records its finding. */
void doctor_probe(struct doctor *doctor, enum probe_id id);

/* What there is against a guest that breaks out; no kind of guest stands on it. */
#define WALLS 3

struct wall {
	const char *name;
	void (*run)(struct finding *finding);
};

extern const struct wall walls[WALLS];

/* Writes what to do about what @doctor found wrong to stdout, if anything. */
void doctor_advise(const struct doctor *doctor);

#endif
