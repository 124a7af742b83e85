/*
 * KVM's binary statistics (KVM API, "KVM_GET_STATS_FD"): what the host kernel
 * itself counts of each vCPU, among it the VM exits that it answers without
 * asking anybody, and the interrupts that it injects. A file describes itself,
 * so that nothing depends on the kernel's version but what it has.
 */
#include "probes/stats/stats.h"

#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define FILE_BYTES_MAX 16384 /* a vCPU of Linux 6.12 has some 4500 */

#define UNIT(flags) ((flags)&KVM_STATS_UNIT_MASK)
#define TYPE(flags) ((flags)&KVM_STATS_TYPE_MASK)

static const struct row {
	const char *name;
	unsigned int unit;
	int exponent;
} rows[STATS_KVM_COUNT] = {
	[STATS_KVM_EXITS] = { "exits", 0, 0 },
	[STATS_KVM_IO_EXITS] = { "io_exits", 0, 0 },
	[STATS_KVM_MMIO_EXITS] = { "mmio_exits", 0, 0 },
	[STATS_KVM_HALT_EXITS] = { "halt_exits", 0, 0 },
	[STATS_KVM_IRQ_EXITS] = { "irq_exits", 0, 0 },
	[STATS_KVM_IRQ_WINDOW_EXITS] = { "irq_window_exits", 0, 0 },
	[STATS_KVM_NMI_WINDOW_EXITS] = { "nmi_window_exits", 0, 0 },
	[STATS_KVM_REQUEST_IRQ_EXITS] = { "request_irq_exits", 0, 0 },
	[STATS_KVM_SIGNAL_EXITS] = { "signal_exits", 0, 0 },
	[STATS_KVM_IRQ_INJECTIONS] = { "irq_injections", 0, 0 },
	[STATS_KVM_NMI_INJECTIONS] = { "nmi_injections", 0, 0 },
	[STATS_KVM_HYPERCALLS] = { "hypercalls", 0, 0 },
	[STATS_KVM_EMULATION] = { "insn_emulation", 0, 0 },
	[STATS_KVM_PF_TAKEN] = { "pf_taken", 0, 0 },
	[STATS_KVM_PF_FIXED] = { "pf_fixed", 0, 0 },
	[STATS_KVM_TLB_FLUSH] = { "tlb_flush", 0, 0 },
	[STATS_KVM_HALT_WAIT_NS] = { "halt_wait_ns", KVM_STATS_UNIT_SECONDS,
				     -9 },
	[STATS_KVM_PAGES_4K] = { "pages_4k", 0, 0 },
	[STATS_KVM_PAGES_2M] = { "pages_2m", 0, 0 },
	[STATS_KVM_PAGES_1G] = { "pages_1g", 0, 0 },
};

_Static_assert(STATS_KVM_COUNT <= 32, "a bit of stats_kvm.known for each");

const char *stats_kvm_name(enum stats_kvm_name which)
{
	return rows[which].name;
}

bool stats_kvm_has(const struct stats_kvm *kvm, enum stats_kvm_name which)
{
	return kvm->known >> which & 1;
}

/* Copies @len bytes at @at; false unless all of them are in the file. */
static bool take(void *to, size_t len, const uint8_t *file, size_t size,
		 uint64_t at)
{
	if (at > size || len > size - at)
		return false;
	memcpy(to, file + at, len);
	return true;
}

/* One number, not a histogram, in the unit that its name promises. */
static bool is_as_expected(const struct kvm_stats_desc *desc,
			   const struct row *row)
{
	return desc->size == 1 && desc->exponent == row->exponent &&
	       UNIT(desc->flags) == row->unit &&
	       TYPE(desc->flags) <= KVM_STATS_TYPE_PEAK;
}

/* The value that @desc describes, if @name, in @len bytes, is one of ours. */
static void take_value(struct stats_kvm *kvm, const struct kvm_stats_desc *desc,
		       const char *name, size_t len, const uint8_t *values,
		       size_t values_size)
{
	if (strnlen(name, len) == len)
		return;
	for (unsigned int i = 0; i < STATS_KVM_COUNT; i++) {
		if (strcmp(rows[i].name, name) != 0 ||
		    !is_as_expected(desc, &rows[i]))
			continue;
		if (take(&kvm->values[i], sizeof(kvm->values[i]), values,
			 values_size, desc->offset))
			kvm->known |= 1u << i;
	}
}

void stats_kvm_parse(struct stats_kvm *kvm, const void *file, size_t size)
{
	const uint8_t *bytes = file;
	struct kvm_stats_header head;
	struct kvm_stats_desc desc;
	uint64_t at, step;

	*kvm = (struct stats_kvm){ 0 };
	if (!take(&head, sizeof(head), bytes, size, 0) ||
	    head.data_offset > size)
		return;
	at = head.desc_offset;
	step = sizeof(desc) + (uint64_t)head.name_size;
	for (uint32_t i = 0; i < head.num_desc; i++, at += step) {
		if (!take(&desc, sizeof(desc), bytes, size, at) ||
		    head.name_size > size - at - sizeof(desc))
			return;
		take_value(kvm, &desc, (const char *)bytes + at + sizeof(desc),
			   head.name_size, bytes + head.data_offset,
			   size - head.data_offset);
	}
}

void stats_kvm_read(struct stats_kvm *kvm, int fd)
{
	uint8_t file[FILE_BYTES_MAX];
	int stats_fd = ioctl(fd, KVM_GET_STATS_FD, 0);
	size_t size = 0;
	ssize_t got;

	*kvm = (struct stats_kvm){ 0 };
	if (stats_fd < 0)
		return;
	while ((got = pread(stats_fd, file + size, sizeof(file) - size,
			    (off_t)size)) > 0)
		size += (size_t)got;
	close(stats_fd);
	stats_kvm_parse(kvm, file, size);
}

void stats_kvm_add(struct stats_kvm *kvm, const struct stats_kvm *more)
{
	for (unsigned int i = 0; i < STATS_KVM_COUNT; i++)
		kvm->values[i] += more->values[i];
	kvm->known &= more->known;
}

void stats_kvm_join(struct stats_kvm *kvm, const struct stats_kvm *more)
{
	for (unsigned int i = 0; i < STATS_KVM_COUNT; i++)
		kvm->values[i] += more->values[i];
	kvm->known |= more->known;
}
