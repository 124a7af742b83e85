/*
 * The interrupt controllers in the host kernel (KVM API,
 * "KVM_CREATE_IRQCHIP", "KVM_IRQ_LINE"). KVM wires GSI n to
 * pin n of the I/O APIC and, for n < 16, to line n of the 8259s.
 */
#include "irqchip.h"

#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>

#include "core/vm.h"
#include "irqchip/pit_kernel.h"
#include "util/log.h"

static bool kernel_available(const struct kvm *kvm)
{
	if (kvm_cap(kvm, KVM_CAP_IRQCHIP))
		return true;
	log_error("/dev/kvm: has no interrupt controllers (KVM_CAP_IRQCHIP); "
		  "`kvm-vmm --doctor` says more");
	return false;
}

static int kernel_create(struct vm *vm)
{
	int err;

	if (!ioctl(vm->fd, KVM_CREATE_IRQCHIP, 0))
		return pit_kernel_create(vm);
	err = errno;
	log_error("%s: KVM_CREATE_IRQCHIP: %s", vm->config.name, strerror(err));
	return -err;
}

static void kernel_set_line(struct vm *vm, unsigned int line, bool level)
{
	struct kvm_irq_level irq = { .irq = line, .level = level };

	ioctl(vm->fd, KVM_IRQ_LINE, &irq);
}

static const struct irqchip kernel = {
	.name = "kernel",
	.what = "8259s, I/O APIC, local APICs in the host kernel, the 8254 too",
	.has_apic = true,
	.available = kernel_available,
	.create = kernel_create,
	.set_line = kernel_set_line,
};
IRQCHIP(kernel);
