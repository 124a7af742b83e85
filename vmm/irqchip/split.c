/*
 * Local APICs in the host kernel, 8259s, I/O APIC and 8254 as devices of ours
 * (KVM API, "KVM_CAP_SPLIT_IRQCHIP"). Every line goes to both chips, with line
 * n at pin n of the I/O APIC, as KVM wires its own; which of the two is heard
 * is up to the guest.
 *
 *   8259s      INTR -> LINT0 of vCPU 0: irqchip/intr.c
 *   I/O APIC   a message for each interrupt: KVM_SIGNAL_MSI
 *
 * KVM handles HLT. A vCPU that sleeps there is woken by a message, and for the
 * 8259s by a kick, which brings it here to inject.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>

#include "abi/exit_status.h"
#include "chip.h"
#include "core/board.h"
#include "core/vm.h"
#include "irqchip.h"
#include "irqchip/bios.h"
#include "irqchip/intr.h"
#include "irqchip/msi.h"
#include "irqchip/routes.h"
#include "util/log.h"

/* Intel 82093AA, "I/O APIC Registers" */
#define IOAPIC_GPA 0xfec00000
#define IOREGSEL   0x00
#define IOWIN	   0x10
#define IOAPICID   0x00
#define ID_SHIFT   24

static const struct {
	int cap;
	const char *name;
} needs[] = {
	{ KVM_CAP_SPLIT_IRQCHIP, "KVM_CAP_SPLIT_IRQCHIP" },
	{ KVM_CAP_SIGNAL_MSI, "KVM_CAP_SIGNAL_MSI" },
	{ KVM_CAP_IRQ_ROUTING, "KVM_CAP_IRQ_ROUTING" },
};

static bool split_available(const struct kvm *kvm)
{
	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
		if (kvm_cap(kvm, needs[i].cap))
			continue;
		log_error("/dev/kvm: has no split interrupt controllers (%s); "
			  "--irqchip=kernel or vmm can do without",
			  needs[i].name);
		return false;
	}
	return true;
}

static int split_create(struct vm *vm)
{
	struct kvm_enable_cap split = { .cap = KVM_CAP_SPLIT_IRQCHIP,
					.args = { IRQCHIP_LINES } };
	int err;

	if (!ioctl(vm->fd, KVM_ENABLE_CAP, &split))
		return 0;
	err = errno;
	log_error("%s: KVM_CAP_SPLIT_IRQCHIP: %s", vm->config.name,
		  strerror(err));
	return -err;
}

/* By its registers, as firmware would. */
static void split_set_ioapic_id(struct vm *vm, uint8_t id)
{
	bus_write(&vm->mmio, IOAPIC_GPA + IOREGSEL, 4, IOAPICID);
	bus_write(&vm->mmio, IOAPIC_GPA + IOWIN, 4, (uint32_t)id << ID_SHIFT);
}

static void split_set_line(struct vm *vm, unsigned int line, bool level)
{
	board_chip_line(vm->pic, line, level);
	board_chip_line(vm->ioapic, line, level);
}

/*
 * KVM leaves the guest at an EOI only for vectors of levels that it finds in
 * its table of routes, at the GSIs that split_create() has reserved.
 */
static void split_want_eoi(struct vm *vm, const struct dev_message *messages,
			   unsigned int count)
{
	int err = routes_set_low(vm, messages, count);

	if (err)
		vm_stop(vm, STATUS_FAILED, "KVM_SET_GSI_ROUTING: %s",
			strerror(-err));
}

static void split_eoi(struct vm *vm, uint8_t vector)
{
	board_chip_eoi(vm->ioapic, vector);
}

static const struct irqchip split = {
	.name = "split",
	.what = "local APICs in the host kernel; 8259s, I/O APIC, 8254 as "
		"devices",
	.has_apic = true,
	.models = DEV_CHIP_PIC | DEV_CHIP_IOAPIC,
	.available = split_available,
	.create = split_create,
	.set_ioapic_id = split_set_ioapic_id,
	.set_levels = intr_set_levels,
	.as_bios = bios_leaves,
	.set_line = split_set_line,
	.enter = intr_enter,
	.msi = msi_send,
	.route = routes_set,
	.want_eoi = split_want_eoi,
	.eoi = split_eoi,
};
IRQCHIP(split);
