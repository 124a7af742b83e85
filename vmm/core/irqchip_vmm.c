/*
 * Interrupts without help from the kernel: the 8259s are a device of ours, and
 * this file is the wire from their INTR pin to vCPU 0 (KVM API,
 * "KVM_INTERRUPT", and request_interrupt_window in "The kvm_run structure").
 */
#include <errno.h>
#include <linux/kvm.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>

#include "abi/exit_status.h"
#include "core/board.h"
#include "core/exit.h"
#include "core/irqchip.h"
#include "core/vcpu.h"
#include "core/vm.h"

static void vmm_set_line(struct vm *vm, unsigned int line, bool level)
{
	board_pic_line(vm->pic, line, level);
}

/* Injects what waits, or asks KVM to leave the guest once it can take it. */
static void vmm_enter(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	struct kvm_interrupt interrupt;
	bool waits = atomic_load(&vcpu->vm->intr);

	if (waits && run->ready_for_interrupt_injection) {
		interrupt.irq = board_pic_acknowledge(vcpu->vm->pic);
		exit_show_injection(vcpu, interrupt.irq);
		if (ioctl(vcpu->fd, KVM_INTERRUPT, &interrupt))
			vm_stop(vcpu->vm, STATUS_FAILED,
				"vCPU %u: KVM_INTERRUPT: %s", vcpu->id,
				strerror(errno));
		waits = atomic_load(&vcpu->vm->intr);
	}
	run->request_interrupt_window = waits;
}

static bool vmm_halt(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;

	if (!vcpu->run->if_flag)
		return false;
	pthread_mutex_lock(&vm->intr_lock);
	while (!atomic_load(&vm->intr) && !atomic_load(&vm->stopping))
		pthread_cond_wait(&vm->intr_raised, &vm->intr_lock);
	pthread_mutex_unlock(&vm->intr_lock);
	return true;
}

static const struct irqchip vmm = {
	.name = "vmm",
	.what = "8259s and 8254 as devices of kvm-vmm; no APICs, one vCPU",
	.has_pic = true,
	.set_line = vmm_set_line,
	.enter = vmm_enter,
	.halt = vmm_halt,
};
IRQCHIP(vmm);
