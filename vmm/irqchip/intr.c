/*
 * Injecting what the modelled 8259s ask for (KVM API, "KVM_INTERRUPT", and
 * request_interrupt_window in "The kvm_run structure"). With local APICs in
 * the kernel KVM is ready for one only while LINT0 of vCPU 0 lets it through.
 */
#include "irqchip/intr.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>

#include "abi/exit_status.h"
#include "core/board.h"
#include "core/probes.h"
#include "core/vcpu.h"
#include "core/vm.h"

#define ELCR_PORT 0x4d0

/* By its registers, as firmware would. */
void intr_set_levels(struct vm *vm, uint16_t lines)
{
	bus_write(&vm->pio, ELCR_PORT, sizeof(lines), lines);
}

/* Injects what waits, or asks KVM to leave the guest once it can take it. */
void intr_enter(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	struct kvm_interrupt interrupt;
	bool waits = atomic_load(&vcpu->vm->intr);

	if (vcpu->id != 0)
		return;
	if (waits && run->ready_for_interrupt_injection) {
		interrupt.irq = board_chip_acknowledge(vcpu->vm->pic);
		vcpu->injected = interrupt.irq;
		probes_injection(vcpu->vm->config.id, vcpu->id, interrupt.irq);
		if (ioctl(vcpu->fd, KVM_INTERRUPT, &interrupt))
			vm_stop(vcpu->vm, STATUS_FAILED,
				"vCPU %u: KVM_INTERRUPT: %s", vcpu->id,
				strerror(errno));
		waits = atomic_load(&vcpu->vm->intr);
	}
	run->request_interrupt_window = waits;
}
