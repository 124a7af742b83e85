/* Finding the interrupt controllers of that name. */
#include "core/irqchip.h"

#include <string.h>

#include "util/log.h"

TABLE_DECLARE(irqchip, irqchip);

const struct irqchip *irqchip_find(const struct kvm *kvm, const char *name)
{
	const struct irqchip *const *row;

	TABLE_FOREACH(irqchip, row) {
		const struct irqchip *chip = *row;

		if (strcmp(chip->name, name) != 0)
			continue;
		return !chip->available || chip->available(kvm) ? chip : NULL;
	}
	log_error("this kvm-vmm was built without the interrupt controllers "
		  "`%s`; set IRQCHIP in `make menuconfig`",
		  name);
	return NULL;
}
