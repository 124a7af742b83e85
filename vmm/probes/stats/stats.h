/*
 * The ledger of VM exits, between those who write and who print it: ledger.c
 * counts, end.c looks at a guest that has ended, live.c at one that runs, kvm.c at
 * what the host kernel counts, queues.c keeps what went through the queues of
 * devices, read.c adds up what the vCPUs' threads have counted, table.c and
 * json.c print, stats.c is the probe, every.c --stats-every, ctl.c `ctl stats`.
 */
#ifndef MKVM_STATS_H
#define MKVM_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "util/lane.h"

struct exit_view;
struct json;
struct queue_counts;
struct queue_view;
struct vm;

#define STATS_GUESTS_MAX 256
#define STATS_IRQS_MAX	 16

struct stats_sum {
	uint64_t exits;
	uint64_t items;	    /* IO: accesses; a string instruction has many */
	uint64_t bytes;	    /* IO, MMIO: moved between guest and device */
	uint64_t guest_ns;  /* in KVM_RUN before these exits */
	uint64_t answer_ns; /* until they were answered */
	uint64_t worst_ns;  /* longest answer */
};

/* What a row is about. */
enum stats_place {
	STATS_PORT,  /* at: the port */
	STATS_PAGE,  /* at: gpa of a page without RAM */
	STATS_OTHER, /* ports or pages that found the ledger full */
	STATS_NONE,  /* an exit that is no access */
};

struct stats_key {
	uint64_t at;
	unsigned int reason; /* KVM_EXIT_* */
	enum stats_place place;
	bool write; /* from the guest to the device */
};

struct stats_row {
	struct stats_key key;
	const char *reason;  /* "IO"; NULL: an empty row */
	const char *handler; /* the device; NULL: nobody */
	struct stats_sum sum;
};

#define STATS_ROWS_MAX 128

/* The ledger of one vCPU, written by its thread alone. */
struct stats_lane {
	struct lane lane;
	unsigned int guest_id, cpu;
	uint64_t injected; /* interrupts, by kvm-vmm itself */
	unsigned int nr_rows;
	struct stats_row rows[STATS_ROWS_MAX]; /* hashed by key */
	struct stats_row other[5]; /* IO and MMIO, in and out; the rest */
};

/*
 * What the host kernel counts of a vCPU or a VM: KVM's binary statistics, of
 * which a few are taken by their names. Kernels differ in what they have.
 */
enum stats_kvm_name {
	/* Of a vCPU. */
	STATS_KVM_EXITS,
	STATS_KVM_IO_EXITS,
	STATS_KVM_MMIO_EXITS,
	STATS_KVM_HALT_EXITS,
	STATS_KVM_IRQ_EXITS,
	STATS_KVM_IRQ_WINDOW_EXITS,
	STATS_KVM_NMI_WINDOW_EXITS,
	STATS_KVM_REQUEST_IRQ_EXITS,
	STATS_KVM_SIGNAL_EXITS,
	STATS_KVM_IRQ_INJECTIONS,
	STATS_KVM_NMI_INJECTIONS,
	STATS_KVM_HYPERCALLS,
	STATS_KVM_EMULATION,
	STATS_KVM_PF_TAKEN,
	STATS_KVM_PF_FIXED,
	STATS_KVM_TLB_FLUSH,
	STATS_KVM_HALT_WAIT_NS,
	/* Of a VM. */
	STATS_KVM_PAGES_4K,
	STATS_KVM_PAGES_2M,
	STATS_KVM_PAGES_1G,
	STATS_KVM_COUNT,
};

struct stats_kvm {
	uint64_t values[STATS_KVM_COUNT];
	uint32_t known; /* a bit for each that the kernel has */
};

/* What a guest left behind, taken while its VM still was there. */
struct stats_end {
	struct lane lane;
	const char *guest; /* its name */
	unsigned int guest_id, nr_guests;
	bool is_over;
	int status; /* exit status, then */
	uint64_t mem_bytes;
	uint64_t resident_kib; /* of its RAM */
	bool resident_known;
	bool has_apic;	     /* the host kernel injects interrupts */
	struct stats_kvm vm; /* only what is counted once for all vCPUs */
	unsigned int nr_cpus;
	struct stats_kvm cpus[];
};

/* What no exit shows; unknown where the host kernel does not count it. */
struct stats_unseen {
	bool injected_known, kernel_known;
	uint64_t injected;     /* interrupts, by whoever does that */
	uint64_t kernel_exits; /* VM exits that the host kernel answered */
	struct stats_kvm kvm;
};

struct stats_cpu {
	struct stats_sum sum;
	struct stats_unseen unseen;
};

/* One guest, added up; rows by exits, the most first. */
struct stats_guest {
	unsigned int id, nr_cpus;
	const struct stats_end *end; /* NULL: all guests as one */
	struct stats_sum sum;
	struct stats_unseen unseen;
	struct stats_cpu *cpus; /* nr_cpus of them */
	struct stats_row *rows;
	size_t nr_rows;
	uint64_t raised[STATS_IRQS_MAX]; /* times a line rose, but for those
					    within the kernel */
};

/* The whole run. */
struct stats {
	bool is_live;	      /* some guests run yet: less is known */
	uint64_t wall_ns;     /* since the command line was read */
	uint64_t cpu_user_ns; /* of kvm-vmm, guest code included */
	uint64_t cpu_system_ns;
	uint64_t peak_kib;     /* resident, guest RAM included */
	uint64_t resident_kib; /* of guest RAM, at the end */
	bool resident_known;
	struct stats_sum sum;
	struct stats_guest *guests;
	unsigned int nr_guests;
	struct lane *live_ends; /* if it is live: of its own, with the ends */
};

/* Counts an exit that has been answered. On the vCPU's thread. */
void stats_count(const struct exit_view *view);

/* Counts a line that rose. Any thread. */
void stats_count_line(unsigned int guest_id, unsigned int irq);

/* Counts an interrupt that kvm-vmm injects itself. On the vCPU's thread. */
void stats_count_injection(unsigned int guest_id, unsigned int cpu);

/* Takes what @vm leaves behind; its vCPUs' threads are gone. */
void stats_take_end(const struct vm *vm);

/* Before the guest runs: what is read when it has ended (core/sandbox.h). */
void stats_open_pagemap(void);
void stats_open_status(void);

/* Takes what went through a queue (include/queue.h). On the main thread. */
void stats_take_queue(const struct queue_view *view,
		      const struct queue_counts *counts);

/* To be called when there was no memory to count with. */
void stats_fail(void);

/* Says whether some exit could not be counted for want of memory. */
bool stats_has_failed(void);

/* The ledgers of all vCPUs so far, and the ends of all guests, for
 * stats_read(); the last added first. */
extern struct lanes stats_lanes, stats_ends;
uint64_t stats_raised(unsigned int guest_id, unsigned int irq);

/* The kernel's own name of it. */
const char *stats_kvm_name(enum stats_kvm_name which);

bool stats_kvm_has(const struct stats_kvm *kvm, enum stats_kvm_name which);

/*
 * Takes what is known from @size bytes of a statistics file: a header,
 * descriptors with names, values (KVM API, "KVM_GET_STATS_FD"). What is cut
 * off, or is not of the kind expected, counts as unknown.
 */
void stats_kvm_parse(struct stats_kvm *kvm, const void *file, size_t size);

/* Reads those of @fd, a VM or a vCPU that is not running. Nothing is known
 * where the kernel has no such file. */
void stats_kvm_read(struct stats_kvm *kvm, int fd);

/* Adds @more, of another vCPU: a sum is known where both are. */
void stats_kvm_add(struct stats_kvm *kvm, const struct stats_kvm *more);

/* Adds @more, which counts other things, of the VM to those of its vCPUs. */
void stats_kvm_join(struct stats_kvm *kvm, const struct stats_kvm *more);

/* Adds @more to @sum. */
void stats_add(struct stats_sum *sum, const struct stats_sum *more);

/* Copies what the calling thread, a vCPU's, has counted; all but @to->lane. */
void stats_copy_lane(struct stats_lane *to);

/* The command line asks for counts; a second time changes nothing. The second: for
 * how long, in ns of clock_now_ns(); 0: they are not counted. */
void stats_turn_on(void);
uint64_t stats_started_ns(void);

/*
 * Likewise for stats_read(), while guests run: what vCPUs have counted so far, of which
 * each is asked, until @limit_ns at most; one that does not answer is told of as it
 * was the last time. What only the end knows, is not known. Any thread but
 * a vCPU's and the main one. 0 or -ENOMEM.
 */
int stats_read_live(struct stats *stats, struct vm *vms, unsigned int nr_vms,
		    uint64_t limit_ns);

/* For both: adds up @ends, of struct stats_end, and @lanes, of struct stats_lane. */
int stats_add_up(struct stats *stats, uint64_t started_ns, bool is_live,
		 const struct lanes *ends, const struct lanes *lanes);

/* Adds everything up; every vCPU's thread is gone. 0 or -ENOMEM. */
int stats_read(struct stats *stats, uint64_t started_ns);
void stats_free(struct stats *stats);
void stats_free_ends(struct lanes *ends);

/* All guests as one, for stats_free_guest(). 0 or -ENOMEM. */
int stats_read_all(struct stats_guest *all, const struct stats *stats);
void stats_free_guest(struct stats_guest *guest);

void stats_print_table(FILE *to, const struct stats *stats);
void stats_print_json(FILE *to, const struct stats *stats);

/* The members of the latter, but for the first two, which say what it is. */
void stats_add_schema(struct json *json);
void stats_add_json(struct json *json, const struct stats *stats);

/* Of these, the part of queues: all, and those of a guest. */
void stats_print_queues(FILE *to);
void stats_add_queues(struct json *json, unsigned int guest_id);

#endif
