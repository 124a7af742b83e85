/* Finding the interrupt controllers of that name. */
#include "irqchip.h"

#include <errno.h>
#include <string.h>

#include "util/log.h"

#define NONE "none"

TABLE_DECLARE(irqchip, irqchip);

/* NULL after one message. */
static const struct irqchip *find_row(const char *name)
{
	const struct irqchip *const *row;

	TABLE_FOREACH(irqchip, row) {
		if (!strcmp((*row)->name, name))
			return *row;
	}
	log_error("no interrupt controllers `%s` in this kvm-vmm; `kvm-vmm "
		  "--list` shows what there is, IRQCHIP in `make menuconfig` "
		  "adds more",
		  name);
	return NULL;
}

int irqchip_check(const char *name)
{
	return !strcmp(name, NONE) || find_row(name) ? 0 : -EINVAL;
}

static bool is_in_kernel(const char *name)
{
	const struct irqchip *const *row;

	TABLE_FOREACH(irqchip, row) {
		if (!strcmp((*row)->name, name))
			return (*row)->has_apic && !(*row)->models;
	}
	return false;
}

const char *irqchip_with_ports(const struct kvm *kvm, const char *name)
{
	const struct irqchip *const *row;

	TABLE_FOREACH(irqchip, row) {
		const struct irqchip *chip = *row;

		if (is_in_kernel(name) && chip->has_apic && chip->models &&
		    (!chip->available || chip->available(kvm)))
			return chip->name;
	}
	return name;
}

int irqchip_find(const struct kvm *kvm, const char *name,
		 const struct irqchip **chip)
{
	*chip = NULL;
	if (!strcmp(name, NONE))
		return 0;
	*chip = find_row(name);
	if (!*chip)
		return -EINVAL;
	if ((*chip)->available && !(*chip)->available(kvm))
		return -ENOTSUP;
	return 0;
}
