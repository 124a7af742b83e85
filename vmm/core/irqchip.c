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
	log_error("no interrupt controllers `%s` in this kvm-vmm; `kvm-vmm "
		  "--list` shows what there is, IRQCHIP in `make menuconfig` "
		  "adds more",
		  name);
	return NULL;
}
