/* Messages to the local APICs in the host kernel (KVM API, "KVM_SIGNAL_MSI"). */
#include "irqchip/msi.h"

#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "chip.h"
#include "core/vm.h"

/* Fails where no vCPU has that destination: then nobody takes the message. */
void msi_send(struct vm *vm, const struct dev_message *message)
{
	struct kvm_msi msi = { .address_lo = message->address,
			       .address_hi = message->address >> 32,
			       .data = message->data };

	ioctl(vm->fd, KVM_SIGNAL_MSI, &msi);
}
