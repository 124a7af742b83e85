/* Messages to the local APICs in the host kernel. */
#ifndef MKVM_IRQCHIP_MSI_H
#define MKVM_IRQCHIP_MSI_H

struct dev_message;
struct vm;

void msi_send(struct vm *vm, const struct dev_message *message);

#endif
