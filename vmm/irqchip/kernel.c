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
#include "irqchip/msi.h"
#include "irqchip/bios.h"
#include "irqchip/kernel_state.h"
#include "irqchip/pit_kernel.h"
#include "irqchip/routes.h"
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

/* A KVM that will not is one whose guests see id 0. */
static void kernel_set_ioapic_id(struct vm *vm, uint8_t id)
{
	struct kvm_irqchip chip = { .chip_id = KVM_IRQCHIP_IOAPIC };

	if (ioctl(vm->fd, KVM_GET_IRQCHIP, &chip))
		return;
	chip.chip.ioapic.id = id;
	ioctl(vm->fd, KVM_SET_IRQCHIP, &chip);
}

static void set_elcr(struct vm *vm, unsigned int id, uint8_t lines)
{
	struct kvm_irqchip chip = { .chip_id = id };

	if (!lines || ioctl(vm->fd, KVM_GET_IRQCHIP, &chip))
		return;
	chip.chip.pic.elcr |= lines;
	ioctl(vm->fd, KVM_SET_IRQCHIP, &chip);
}

static void kernel_set_levels(struct vm *vm, uint16_t lines)
{
	set_elcr(vm, KVM_IRQCHIP_PIC_MASTER, lines);
	set_elcr(vm, KVM_IRQCHIP_PIC_SLAVE, lines >> 8);
}

static void set_pic(struct vm *vm, unsigned int id, uint8_t vector,
		    uint8_t mask)
{
	struct kvm_irqchip chip = { .chip_id = id };

	if (ioctl(vm->fd, KVM_GET_IRQCHIP, &chip))
		return;
	chip.chip.pic.irq_base = vector;
	chip.chip.pic.imr = mask;
	ioctl(vm->fd, KVM_SET_IRQCHIP, &chip);
}

static void kernel_as_bios(struct vm *vm)
{
	set_pic(vm, KVM_IRQCHIP_PIC_MASTER, BIOS_VECTOR_1, BIOS_MASK_1);
	set_pic(vm, KVM_IRQCHIP_PIC_SLAVE, BIOS_VECTOR_2, BIOS_MASK_2);
	pit_kernel_as_bios(vm);
}

static void kernel_set_line(struct vm *vm, unsigned int line, bool level)
{
	struct kvm_irq_level irq = { .irq = line, .level = level };

	ioctl(vm->fd, KVM_IRQ_LINE, &irq);
}

/* The first of them takes along what KVM has wired by itself. */
static int kernel_route(struct vm *vm, unsigned int gsi,
			const struct dev_message *message)
{
	lock_take(&vm->routes_lock);
	if (!vm->routes)
		routes_set_pins(vm);
	lock_give(&vm->routes_lock);
	return routes_set(vm, gsi, message);
}

static const struct irqchip kernel = {
	.name = "kernel",
	.what = "8259s, I/O APIC, local APICs in the host kernel, the 8254 too",
	.has_apic = true,
	.available = kernel_available,
	.create = kernel_create,
	.set_ioapic_id = kernel_set_ioapic_id,
	.set_levels = kernel_set_levels,
	.as_bios = kernel_as_bios,
	.set_line = kernel_set_line,
	.msi = msi_send,
	.route = kernel_route,
	.version = 1,
	.save = kernel_save,
	.load = kernel_load,
};
IRQCHIP(kernel);
