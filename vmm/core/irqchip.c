/* Finding the interrupt controllers of that name. */
#include "core/irqchip.h"

#include <errno.h>
#include <string.h>

#include "util/log.h"

#define NONE "none"

TABLE_DECLARE(irqchip, irqchip);

int irqchip_find(const struct kvm *kvm, const char *name,
		 const struct irqchip **chip)
{
	const struct irqchip *const *row;

	*chip = NULL;
	if (!strcmp(name, NONE))
		return 0;
	TABLE_FOREACH(irqchip, row) {
		if (strcmp((*row)->name, name) != 0)
			continue;
		*chip = *row;
		if ((*row)->available && !(*row)->available(kvm))
			return -ENOTSUP;
		return 0;
	}
	log_error("no interrupt controllers `%s` in this kvm-vmm; `kvm-vmm "
		  "--list` shows what there is, IRQCHIP in `make menuconfig` "
		  "adds more",
		  name);
	return -EINVAL;
}
