/*
 * Puts together the one description of the machine, from the devices and
 * features that were linked in and those that this run goes without.
 */
#include "platform.h"

#include <string.h>

#include "core/board.h"
#include "core/plan.h"
#include "core/vm.h"
#include "feature.h"
#include "irqchip.h"
#include "spare.h"

TABLE_DECLARE(feature, feature);
TABLE_DECLARE(firmware, firmware);

#define IOAPIC_IDS 16

/* Devices and features by their names. */
static const struct part {
	char name[12];
	unsigned int bit;
} parts[] = {
	{ "serial", PLATFORM_SERIAL }, { "irq4", PLATFORM_SERIAL_IRQ },
	{ "i8042", PLATFORM_I8042 },   { "cmos", PLATFORM_CMOS },
	{ "pit", PLATFORM_PIT },       { "reset", PLATFORM_RESET },
	{ "pm", PLATFORM_PM },	       { "vga", PLATFORM_VGA },
	{ "pci", PLATFORM_PCI },       { "ecam", PLATFORM_ECAM },
	{ "acpi", PLATFORM_ACPI },     { "vmgenid", PLATFORM_VMGENID },
	{ "mouse", PLATFORM_MOUSE },   { "hotplug", PLATFORM_SPARES },
	{ "floppy", PLATFORM_FLOPPY }, { "fwcfg-dma", PLATFORM_FWCFG_DMA },
};

static bool is_feature(const char *name)
{
	const struct feature *const *row;

	TABLE_FOREACH(feature, row) {
		if (!strcmp((*row)->name, name))
			return true;
	}
	return false;
}

/*
 * The I/O APIC's own id: the first that no processor has, as the MP
 * specification wants it. It has four bits; beside more processors than that it
 * is 0, which is unique where it counts: no message is addressed to it.
 */
static uint8_t ioapic_id(unsigned int nr_cpus)
{
	return nr_cpus < IOAPIC_IDS ? nr_cpus : 0;
}

/* Of those devices that this run does not go without. */
static void add_windows(const struct vm *vm, struct platform *platform)
{
	const struct plan *plan = vm->config.plan;

	for (unsigned int i = 0; plan && i < plan->nr; i++) {
		const struct planned *planned = &plan->devices[i];

		if (planned->has_window &&
		    plan_allows(plan, planned->type->name))
			platform->windows[platform->nr_windows++] =
				(struct platform_window){
					.gpa = planned->ranges[0].base,
					.line = planned->irqs[0],
				};
	}
}

struct platform platform_of(const struct vm *vm)
{
	const struct irqchip *irqchip = vm->config.irqchip;
	struct platform platform = {
		.nr_cpus = vm->config.nr_vcpus,
		.ioapic_id = ioapic_id(vm->config.nr_vcpus),
	};

	if (vm->config.plan && plan_has_rom(vm->config.plan))
		platform.has |= PLATFORM_ROM;
	if (vm->config.plan)
		platform.floppies = vm->config.plan->floppies;
	if (irqchip)
		platform.has |= PLATFORM_IRQS;
	if (irqchip && irqchip->has_apic)
		platform.has |= PLATFORM_APIC;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (boards_have(vm, parts[i].name) ||
		    (is_feature(parts[i].name) &&
		     !feature_is_out(vm->config.without, parts[i].name)))
			platform.has |= parts[i].bit;
	add_windows(vm, &platform);
	for (unsigned int nr = 0; nr < PC_PCI_SPARES; nr++)
		if (platform_has(&platform, PLATFORM_SPARES) &&
		    spare_look((struct vm *)vm, nr, NULL) != SPARE_NOT)
			platform.spares |= 1 << nr;
	return platform;
}

static bool is_told(const struct vm *vm, const struct platform *platform,
		    const struct firmware *row)
{
	return !feature_is_out(vm->config.without, row->name) &&
	       (!row->fits || row->fits(platform));
}

gpa_t platform_rsdp(const struct vm *vm, const struct platform *platform)
{
	const struct firmware *const *row;

	TABLE_FOREACH(firmware, row) {
		if ((*row)->rsdp && is_told(vm, platform, *row))
			return (*row)->rsdp;
	}
	return 0;
}

/* Several functions of PCI may share a line, and it is a level for that; and so
 * is the SCI, by ACPI. */
void platform_wire(struct vm *vm, const struct platform *platform)
{
	uint16_t levels = 0;

	if (platform_has(platform, PLATFORM_PM))
		levels |= 1 << PC_SCI_IRQ;
	if (platform_has(platform, PLATFORM_PCI))
		levels |= 3 << PC_PCI_INTX_LINE;
	if (levels && platform_has(platform, PLATFORM_IRQS))
		vm->config.irqchip->set_levels(vm, levels);
}

void platform_write_to(struct vm *vm, const struct platform *platform,
		       const struct memory *mem)
{
	const struct firmware *const *row;

	if (platform_has(platform, PLATFORM_APIC))
		vm->config.irqchip->set_ioapic_id(vm, platform->ioapic_id);
	TABLE_FOREACH(firmware, row) {
		if (is_told(vm, platform, *row))
			(*row)->write(mem, platform);
	}
}

void platform_write(struct vm *vm, const struct platform *platform)
{
	platform_write_to(vm, platform, &vm->mem);
}

void platform_write_again(struct vm *vm, const struct platform *platform,
			  const struct memory *mem)
{
	const struct firmware *const *row;

	TABLE_FOREACH(firmware, row) {
		if ((*row)->again && is_told(vm, platform, *row))
			(*row)->write(mem, platform);
	}
}
