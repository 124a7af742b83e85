/*
 * The table of routes (KVM API, "KVM_SET_GSI_ROUTING"), which can only be set as a
 * whole: what each GSI leads to. Up to IRQCHIP_LINES those are interrupt lines,
 * wired as KVM wires them by itself; behind them, messages of PCI.
 */
#include "irqchip/routes.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "core/vm.h"
#include "irqchip.h"

#define PIC_PINS   8
#define PIC_LINES  16
#define ROUTES_MAX 1024 /* 31 functions with 32 vectors, and the lines */

static struct kvm_irq_routing_entry pin(unsigned int gsi, unsigned int chip,
					unsigned int at)
{
	return (struct kvm_irq_routing_entry){
		.gsi = gsi,
		.type = KVM_IRQ_ROUTING_IRQCHIP,
		.u.irqchip = { .irqchip = chip, .pin = at },
	};
}

static struct kvm_irq_routing_entry message(unsigned int gsi,
					    const struct dev_message *m)
{
	return (struct kvm_irq_routing_entry){
		.gsi = gsi,
		.type = KVM_IRQ_ROUTING_MSI,
		.u.msi = { .address_lo = m->address,
			   .address_hi = m->address >> 32,
			   .data = m->data },
	};
}

/* Room for one more; NULL: there is none. With the lock held. */
static struct kvm_irq_routing *grow(struct vm *vm)
{
	const unsigned int nr = vm->routes ? vm->routes->nr : 0;
	struct kvm_irq_routing *routes;

	if (nr == ROUTES_MAX)
		return NULL;
	routes = realloc(vm->routes,
			 sizeof(*routes) +
				 (nr + 1) * sizeof(routes->entries[0]));
	if (!routes)
		return NULL;
	if (!vm->routes)
		*routes = (struct kvm_irq_routing){ 0 };
	vm->routes = routes;
	return routes;
}

static int add(struct vm *vm, struct kvm_irq_routing_entry entry)
{
	struct kvm_irq_routing *routes = grow(vm);

	if (!routes)
		return -ENOMEM;
	routes->entries[routes->nr++] = entry;
	return 0;
}

static int apply(struct vm *vm)
{
	return ioctl(vm->fd, KVM_SET_GSI_ROUTING, vm->routes) ? -errno : 0;
}

static int set(struct vm *vm, unsigned int gsi, const struct dev_message *m)
{
	struct kvm_irq_routing *routes = vm->routes;

	for (unsigned int i = 0; routes && i < routes->nr; i++) {
		if (routes->entries[i].gsi != gsi)
			continue;
		routes->entries[i] = message(gsi, m);
		return 0;
	}
	return add(vm, message(gsi, m));
}

int routes_set(struct vm *vm, unsigned int gsi, const struct dev_message *m)
{
	int err;

	lock_take(&vm->routes_lock);
	err = set(vm, gsi, m);
	if (!err)
		err = apply(vm);
	lock_give(&vm->routes_lock);
	return err;
}

void routes_set_pins(struct vm *vm)
{
	for (unsigned int gsi = 0; gsi < IRQCHIP_LINES; gsi++) {
		if (gsi < PIC_LINES)
			add(vm, pin(gsi,
				    gsi < PIC_PINS ? KVM_IRQCHIP_PIC_MASTER :
						     KVM_IRQCHIP_PIC_SLAVE,
				    gsi % PIC_PINS));
		add(vm, pin(gsi, KVM_IRQCHIP_IOAPIC, gsi));
	}
}

/* Those of before that are not among these go. */
static void drop_low(struct vm *vm)
{
	struct kvm_irq_routing *routes = vm->routes;
	unsigned int kept = 0;

	for (unsigned int i = 0; routes && i < routes->nr; i++)
		if (routes->entries[i].gsi >= IRQCHIP_LINES)
			routes->entries[kept++] = routes->entries[i];
	if (routes)
		routes->nr = kept;
}

int routes_set_low(struct vm *vm, const struct dev_message *messages,
		   unsigned int count)
{
	int err = 0;

	lock_take(&vm->routes_lock);
	drop_low(vm);
	for (unsigned int i = 0; i < count && !err; i++)
		err = add(vm, message(i, &messages[i]));
	if (!err && !vm->routes)
		err = grow(vm) ? 0 : -ENOMEM;
	if (!err)
		err = apply(vm);
	lock_give(&vm->routes_lock);
	return err;
}
