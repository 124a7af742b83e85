/* No interrupt controllers: what stands in when they are configured out. */
#include <errno.h>

#include "core/irqchip.h"
#include "util/log.h"

bool irqchip_available(const struct kvm *kvm)
{
	(void)kvm;
	log_error("this kvm-vmm was built without interrupt controllers; set "
		  "IRQCHIP in `make menuconfig`");
	return false;
}

int irqchip_create(struct vm *vm)
{
	(void)vm;
	return -ENOTSUP;
}

void irqchip_set_line(const struct vm *vm, unsigned int line, bool level)
{
	(void)vm;
	(void)line;
	(void)level;
}
