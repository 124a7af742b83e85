/*
 * Places for windows of virtio over MMIO: one page behind the other, and for
 * each an ISA line of its own, of those that no other device of this guest has.
 * A line that two shared would have to be a level, and ISA lines are edges.
 */
#include <errno.h>

#include "abi/pc.h"
#include "core/plan.h"
#include "feature.h"
#include "util/log.h"

TABLE_DECLARE(device, device_type);

/* In the order of giving them out: those of the first 8259 cost a guest less.
 * Timer, cascade, clock and FPU have theirs on every PC. */
static const unsigned char pool[] = { 5, 6, 7, 3, 10, 11, 14, 15, 12, 9 };

static uint32_t lines_of(const struct device_type *type)
{
	uint32_t lines = 0;

	for (unsigned int i = 0; i < type->nr_irqs; i++)
		lines |= 1U << type->irqs[i];
	return lines;
}

/* Those that others have. */
static uint32_t taken_lines(const struct plan *plan)
{
	const struct device_type *const *row;
	uint32_t taken = 0;

	TABLE_FOREACH(device, row)
		if (plan_allows(plan, (*row)->name))
			taken |= lines_of(*row);
	for (unsigned int i = 0; i < plan->nr; i++) {
		if (plan->devices[i].type->pci && plan_allows(plan, "pci"))
			taken |= 3U << PC_PCI_INTX_LINE;
		if (!plan->devices[i].has_window)
			taken |= lines_of(plan->devices[i].type);
	}
	return taken;
}

static int next_line(uint32_t *taken)
{
	for (unsigned int i = 0; i < sizeof(pool); i++) {
		if (*taken >> pool[i] & 1)
			continue;
		*taken |= 1U << pool[i];
		return pool[i];
	}
	return -ENOSPC;
}

int plan_settle(struct plan *plan)
{
	uint32_t taken = taken_lines(plan);
	uint64_t gpa = plan_has_rom(plan) ? PC_WINDOWS_ROM_GPA : PC_WINDOWS_GPA;

	for (unsigned int i = 0; i < plan->nr; i++) {
		struct planned *planned = &plan->devices[i];
		int line;

		if (!planned->has_window)
			continue;
		line = next_line(&taken);
		if (line < 0) {
			log_error("%s: there is no free interrupt line for "
				  "one more window; devices behind `--virtio "
				  "pci` take none",
				  planned->type->name);
			return -EINVAL;
		}
		plan_range(planned, 0, gpa, PC_WINDOW_LEN);
		planned->irqs[0] = line;
		log_info("%s: at 0x%llx, line %d", planned->type->name,
			 (unsigned long long)gpa, line);
		gpa += PC_WINDOW_LEN;
	}
	return 0;
}

bool plan_has_window_at(const struct plan *plan, uint64_t gpa)
{
	for (unsigned int i = 0; plan && i < plan->nr; i++)
		if (plan->devices[i].has_window &&
		    gpa - plan->devices[i].ranges[0].base < PC_WINDOW_LEN)
			return true;
	return false;
}
