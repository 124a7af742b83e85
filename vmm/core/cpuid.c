/*
 * What CPUID tells a guest: everything KVM supports, less what describes the
 * host's own topology, which is replaced by one package of nr_vcpus cores
 * whose APIC id is the vCPU number. Follows SDM 2A, "CPUID", APM 3, Appendix
 * E, and the KVM API, "KVM_GET_SUPPORTED_CPUID".
 */
#include "core/cpuid.h"

#include <asm/kvm_para.h>
#include <errno.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

#include "core/kvm.h"
#include "util/log.h"

#define LEAF1_EDX_HTT	       (1u << 28)
#define LEAF1_ECX_TSC_DEADLINE (1u << 24)
#define LEAF1_ECX_HYPERVISOR   (1u << 31)
#define LEVEL_TYPE_SMT	       (1u << 8)
#define LEVEL_TYPE_CORE	       (2u << 8)
#define KVM_CLOCK_BITS                                                    \
	(1u << KVM_FEATURE_CLOCKSOURCE | 1u << KVM_FEATURE_CLOCKSOURCE2 | \
	 1u << KVM_FEATURE_CLOCKSOURCE_STABLE_BIT)

/* What the patches below need to know. */
struct topology {
	unsigned int id, nr_cpus;
	unsigned int id_bits; /* APIC id bits that number the cores */
	bool tsc_deadline, kvmclock, has_apic;
};

static void patch_leaf1(struct kvm_cpuid_entry2 *e, const struct topology *t)
{
	e->ebx = (e->ebx & 0xffff) | t->id << 24 | t->nr_cpus << 16;
	e->edx &= ~LEAF1_EDX_HTT;
	if (t->nr_cpus > 1)
		e->edx |= LEAF1_EDX_HTT;
	e->ecx |= LEAF1_ECX_HYPERVISOR;
	/* KVM has it but leaves it out of the list: "KVM_GET_SUPPORTED_CPUID" */
	if (t->tsc_deadline)
		e->ecx |= LEAF1_ECX_TSC_DEADLINE;
}

/* Intel caches: no other core shares them; so many core ids per package. */
static void patch_leaf4(struct kvm_cpuid_entry2 *e, const struct topology *t)
{
	unsigned int ids = (1u << t->id_bits) - 1;

	if (!(e->eax & 0x1f))
		return;
	e->eax = (e->eax & 0x3fff) | (ids > 0x3f ? 0x3f : ids) << 26;
}

/* x2APIC topology: level 0 one thread, level 1 all cores. */
static void patch_leafb(struct kvm_cpuid_entry2 *e, const struct topology *t)
{
	e->eax = e->ebx = 0;
	e->ecx = e->index;
	if (e->index == 0) {
		e->ebx = 1;
		e->ecx |= LEVEL_TYPE_SMT;
	} else if (e->index == 1) {
		e->eax = t->id_bits;
		e->ebx = t->nr_cpus;
		e->ecx |= LEVEL_TYPE_CORE;
	}
	e->edx = t->id;
}

/* AMD: how many cores, and how many APIC id bits number them. */
static void patch_amd8(struct kvm_cpuid_entry2 *e, const struct topology *t)
{
	e->ecx = (e->ecx & ~0xf0ffu) | t->id_bits << 12 | (t->nr_cpus - 1);
}

/* AMD extended topology: one thread per core, one node. */
static void patch_amd1e(struct kvm_cpuid_entry2 *e, const struct topology *t)
{
	e->eax = t->id;
	e->ebx = t->id;
	e->ecx = 0;
}

/*
 * What KVM offers beyond a real CPU. Interrupts that say that a page has come need a
 * local APIC: without, KVM refuses the MSR, but offers it. Without the clock the rest stays: Linux
 * knows by it that it is a guest, and then believes in a timer whose ticks come
 * late, on a busy host, where it would panic as on broken hardware.
 */
static void patch_kvm(struct kvm_cpuid_entry2 *e, const struct topology *t)
{
	if (!t->kvmclock)
		e->eax &= ~KVM_CLOCK_BITS;
	if (!t->has_apic)
		e->eax &= ~(1u << KVM_FEATURE_ASYNC_PF_INT);
}

static const struct {
	uint32_t function;
	void (*patch)(struct kvm_cpuid_entry2 *e, const struct topology *t);
} patches[] = {
	{ 0x1, patch_leaf1 },
	{ 0x4, patch_leaf4 },
	{ 0xb, patch_leafb },
	{ 0x1f, patch_leafb },
	{ 0x80000008, patch_amd8 },
	{ 0x8000001e, patch_amd1e },
	{ KVM_CPUID_FEATURES, patch_kvm },
};

union cpuid_list {
	struct kvm_cpuid2 head;
	char space[sizeof(struct kvm_cpuid2) +
		   CPUID_ENTRIES_MAX * sizeof(struct kvm_cpuid_entry2)];
};

/* What KVM supports, asked for once: that takes it as long as creating a VM.
 * Only the main thread creates vCPUs. NULL with errno set. */
static const union cpuid_list *get_supported(const struct kvm *kvm)
{
	static union cpuid_list supported;

	if (supported.head.nent)
		return &supported;
	supported.head.nent = CPUID_ENTRIES_MAX;
	if (!ioctl(kvm->fd, KVM_GET_SUPPORTED_CPUID, &supported))
		return &supported;
	supported.head.nent = 0;
	return NULL;
}

/* Bytes of a list as far as it is filled. */
static size_t list_size(const struct kvm_cpuid2 *list)
{
	return sizeof(*list) + list->nent * sizeof(list->entries[0]);
}

static void patch_list(struct kvm_cpuid2 *list, const struct topology *t)
{
	for (unsigned int i = 0; i < list->nent; i++) {
		struct kvm_cpuid_entry2 *e = &list->entries[i];

		for (size_t p = 0; p < sizeof(patches) / sizeof(patches[0]);
		     p++)
			if (patches[p].function == e->function)
				patches[p].patch(e, t);
	}
}

/* Lays the table for that vCPU over @list. 0, or -errno. */
static int make_list(const struct kvm *kvm,
		     const struct cpuid_topology *topology,
		     union cpuid_list *list)
{
	struct topology t = { .id = topology->id,
			      .nr_cpus = topology->nr_cpus };
	const union cpuid_list *supported = get_supported(kvm);

	if (!supported)
		return -errno;
	while (1u << t.id_bits < t.nr_cpus)
		t.id_bits++;
	t.has_apic = topology->has_apic;
	t.kvmclock = cpuid_has_kvmclock(topology->without);
	t.tsc_deadline = topology->has_apic &&
			 kvm_cap(kvm, KVM_CAP_TSC_DEADLINE_TIMER);
	memcpy(list, supported, list_size(&supported->head));
	patch_list(&list->head, &t);
	return 0;
}

static int failed(const struct cpuid_topology *topology, int err)
{
	log_error("CPUID of vCPU %u: %s", topology->id, strerror(-err));
	return err;
}

int cpuid_set(const struct kvm *kvm, int vcpu_fd,
	      const struct cpuid_topology *topology)
{
	union cpuid_list list;
	int err = make_list(kvm, topology, &list);

	if (!err && ioctl(vcpu_fd, KVM_SET_CPUID2, &list))
		err = -errno;
	return err ? failed(topology, err) : 0;
}

int cpuid_get(const struct kvm *kvm, const struct cpuid_topology *topology,
	      struct kvm_cpuid_entry2 *entries)
{
	union cpuid_list list;
	int err = make_list(kvm, topology, &list);

	if (err)
		return failed(topology, err);
	memcpy(entries, list.head.entries, list.head.nent * sizeof(entries[0]));
	return list.head.nent;
}
