/*
 * Interrupts without help from the kernel: the 8259s are a device of ours, and
 * a vCPU that has halted is a thread that waits.
 */
#include <linux/kvm.h>
#include <stdatomic.h>

#include "core/board.h"
#include "core/pause.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "irqchip.h"
#include "irqchip/bios.h"
#include "irqchip/intr.h"

static void vmm_set_line(struct vm *vm, unsigned int line, bool level)
{
	board_chip_line(vm->pic, line, level);
}

static bool vmm_halt(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;

	if (!vcpu->run->if_flag)
		return false;
	pthread_mutex_lock(&vm->intr_lock);
	while (vcpu->halted && !atomic_load(&vm->intr) &&
	       !atomic_load(&vm->stopping)) { /* a reset wakes it, too */
		if (!pause_is_due(vcpu)) {
			pthread_cond_wait(&vm->intr_raised, &vm->intr_lock);
			continue;
		}
		pthread_mutex_unlock(&vm->intr_lock);
		pause_here(vcpu);
		pthread_mutex_lock(&vm->intr_lock);
	}
	pthread_mutex_unlock(&vm->intr_lock);
	return true;
}

static const struct irqchip vmm = {
	.name = "vmm",
	.what = "8259s and 8254 as devices of kvm-vmm; no APICs, one vCPU",
	.models = DEV_CHIP_PIC,
	.set_levels = intr_set_levels,
	.as_bios = bios_leaves,
	.set_line = vmm_set_line,
	.enter = intr_enter,
	.halt = vmm_halt,
};
IRQCHIP(vmm);
