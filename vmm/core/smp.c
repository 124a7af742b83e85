/* More than one vCPU per guest, and several guests at the same time. */
#include "core/smp.h"

#include <linux/kvm.h>
#include <sys/ioctl.h>

bool smp_at_once(void)
{
	return true;
}

unsigned int smp_limit(void)
{
	return CONFIG_SMP_MAX;
}

/*
 * KVM (6.1) looks up which APIC has which id in a table that it makes anew when
 * one of them changes, but not when a vCPU has come: until the guest turns any
 * on, the last one is not in it, and INIT and SIPI to its id are lost. They have
 * to arrive (SDM 3A, "Local APIC State After It Has Been Software Disabled"). Any
 * APIC's state, written back as it is, is such a change
 * (findings/kvm-sipi-disabled-apic.sh).
 */
void smp_introduce(int fd)
{
	struct kvm_lapic_state apic;

	if (!ioctl(fd, KVM_GET_LAPIC, &apic))
		ioctl(fd, KVM_SET_LAPIC, &apic);
}
