/*
 * What the host kernel counts of a vCPU or a VM: KVM's binary statistics, of
 * which a few are taken by their names. Kernels differ in what they have.
 */
#ifndef MKVM_STATS_KVM_H
#define MKVM_STATS_KVM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

#endif
