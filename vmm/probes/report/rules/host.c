/* What only the vCPU's KVM knows: CPUID and MSRs (KVM API, "KVM_GET_MSRS"). */
#include <stdlib.h>
#include <sys/ioctl.h>

#include "core/vcpu.h"
#include "probes/report/rules/rule.h"

#define CPUID_MAX 128 /* entries; KVM has some 60 */

bool rules_cpuid(const struct rule_case *c, uint32_t leaf, uint32_t sub,
		 uint32_t regs[4])
{
	struct kvm_cpuid2 *table;
	bool found = false;

	if (!c->vcpu)
		return false;
	table = calloc(1, sizeof(*table) + CPUID_MAX * sizeof(*table->entries));
	if (!table)
		return false;
	table->nent = CPUID_MAX;
	if (ioctl(c->vcpu->fd, KVM_GET_CPUID2, table))
		table->nent = 0;
	for (unsigned int i = 0; i < table->nent && i < CPUID_MAX; i++) {
		const struct kvm_cpuid_entry2 *entry = &table->entries[i];

		if (entry->function != leaf ||
		    (entry->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX &&
		     entry->index != sub))
			continue;
		regs[0] = entry->eax;
		regs[1] = entry->ebx;
		regs[2] = entry->ecx;
		regs[3] = entry->edx;
		found = true;
		break;
	}
	free(table);
	return found;
}

unsigned int rules_physical_bits(const struct rule_case *c)
{
	uint32_t regs[4];

	if (!rules_cpuid(c, 0x80000008, 0, regs))
		return 0;
	return regs[0] & 0xff;
}

bool rules_has_no_msr(const struct rule_case *c, uint32_t index)
{
	union {
		struct kvm_msrs list;
		uint8_t room[sizeof(struct kvm_msrs) +
			     sizeof(struct kvm_msr_entry)];
	} msrs = { .list = { .nmsrs = 1 } };

	if (!c->vcpu)
		return false;
	msrs.list.entries[0].index = index;
	return ioctl(c->vcpu->fd, KVM_GET_MSRS, &msrs) == 0;
}
