/* The interrupt controllers' state (KVM API, "KVM_GET_IRQCHIP",
 * "KVM_GET_LAPIC"). */
#include "core/irqstate.h"

#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>

#include "core/board_inner.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "irqchip.h"

static void look(struct board *chip, struct chip_view *view)
{
	lock_take(&chip->dev.lock);
	chip->dev.type->chip->look(chip->dev.state, view);
	lock_give(&chip->dev.lock);
}

static bool read_kernel_pic(struct vm *vm, unsigned int id,
			    struct pic_view *view)
{
	struct kvm_irqchip chip = { .chip_id = id };
	const struct kvm_pic_state *pic = &chip.chip.pic;

	if (ioctl(vm->fd, KVM_GET_IRQCHIP, &chip))
		return false;
	*view = (struct pic_view){
		.irr = pic->irr,
		.isr = pic->isr,
		.imr = pic->imr,
		.lines = pic->last_irr | (pic->irr & pic->elcr),
		.elcr = pic->elcr,
		.base = pic->irq_base,
		.lowest = (pic->priority_add + CHIP_PIC_INPUTS - 1) %
			  CHIP_PIC_INPUTS,
		.ready = !pic->init_state,
		.auto_eoi = pic->auto_eoi,
	};
	return true;
}

static bool read_kernel_ioapic(struct vm *vm, struct ioapic_view *view)
{
	struct kvm_irqchip chip = { .chip_id = KVM_IRQCHIP_IOAPIC };

	if (ioctl(vm->fd, KVM_GET_IRQCHIP, &chip))
		return false;
	view->id = chip.chip.ioapic.id;
	view->lines = chip.chip.ioapic.irr;
	for (unsigned int pin = 0; pin < CHIP_PINS; pin++)
		view->entries[pin] = chip.chip.ioapic.redirtbl[pin].bits;
	return true;
}

void irqstate_read(struct vm *vm, struct irqstate *state)
{
	const struct irqchip *irqchip = vm->config.irqchip;

	memset(state, 0, sizeof(*state));
	if (!irqchip)
		return;
	state->has_pics = vm->pic != NULL;
	state->has_ioapic = vm->ioapic != NULL;
	if (vm->pic)
		look(vm->pic, &state->view);
	if (vm->ioapic)
		look(vm->ioapic, &state->view);
	if (irqchip->models)
		return;
	state->has_pics = read_kernel_pic(vm, KVM_IRQCHIP_PIC_MASTER,
					  &state->view.pics[0]) &&
			  read_kernel_pic(vm, KVM_IRQCHIP_PIC_SLAVE,
					  &state->view.pics[1]);
	state->has_ioapic = read_kernel_ioapic(vm, &state->view.ioapic);
}

bool irqstate_read_lapic(struct vcpu *vcpu, struct lapic_state *state)
{
	struct kvm_lapic_state lapic;
	struct kvm_sregs sregs;

	memset(state, 0, sizeof(*state));
	if (ioctl(vcpu->fd, KVM_GET_LAPIC, &lapic) ||
	    ioctl(vcpu->fd, KVM_GET_SREGS, &sregs))
		return false;
	state->base = sregs.apic_base;
	for (unsigned int i = 0; i < APIC_NR_REGS; i++)
		memcpy(&state->regs[i], &lapic.regs[i * APIC_REG_SIZE],
		       sizeof(state->regs[i]));
	return true;
}
