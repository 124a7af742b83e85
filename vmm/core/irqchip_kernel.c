/*
 * The interrupt controllers in the host kernel (KVM API,
 * "KVM_CREATE_IRQCHIP", "KVM_CREATE_PIT2", "KVM_IRQ_LINE"). KVM wires GSI n to
 * pin n of the I/O APIC and, for n < 16, to line n of the 8259s.
 */
#include "core/irqchip.h"

#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>

#include "core/vm.h"
#include "util/log.h"

static bool kernel_available(const struct kvm *kvm)
{
	if (kvm_cap(kvm, KVM_CAP_IRQCHIP) && kvm_cap(kvm, KVM_CAP_PIT2))
		return true;
	log_error("/dev/kvm: has no interrupt controllers (KVM_CAP_IRQCHIP, "
		  "KVM_CAP_PIT2); `kvm-vmm --doctor` says more");
	return false;
}

static int kernel_create(struct vm *vm)
{
	/* The dummy speaker answers port 0x61, which timer code polls. */
	struct kvm_pit_config pit = { .flags = KVM_PIT_SPEAKER_DUMMY };
	const char *what = "KVM_CREATE_IRQCHIP";
	int err;

	if (!ioctl(vm->fd, KVM_CREATE_IRQCHIP, 0)) {
		what = "KVM_CREATE_PIT2";
		if (!ioctl(vm->fd, KVM_CREATE_PIT2, &pit))
			return 0;
	}
	err = errno;
	log_error("%s: %s: %s", vm->config.name, what, strerror(err));
	return -err;
}

static void kernel_set_line(struct vm *vm, unsigned int line, bool level)
{
	struct kvm_irq_level irq = { .irq = line, .level = level };

	ioctl(vm->fd, KVM_IRQ_LINE, &irq);
}

static const struct irqchip kernel = {
	.name = "kernel",
	.what = "8259s, I/O APIC, local APICs and 8254 in the host kernel",
	.has_apic = true,
	.available = kernel_available,
	.create = kernel_create,
	.set_line = kernel_set_line,
};
IRQCHIP(kernel);
