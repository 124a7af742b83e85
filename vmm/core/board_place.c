/* Which devices a VM has: of those that were linked in, and of those that options
 * ask for. */
#include "core/board_inner.h"
#include "core/plan.h"
#include "device.h"
#include "feature.h"
#include "irqchip.h"

TABLE_DECLARE(device, device_type);

/* Whether @vm goes without what @type needs to be found. */
bool board_is_lost(const struct vm *vm, const struct device_type *type)
{
	const char *const *without = vm->config.without;

	return (!device_is_chip(type) && feature_is_out(without, type->name)) ||
	       (type->told_by && feature_is_out(without, type->told_by)) ||
	       (type->pci && feature_is_out(without, "pci"));
}

/* Whether an option has asked for another kind of it, which is there in its place. */
static bool is_replaced(const struct vm *vm, const struct device_type *type)
{
	return plan_has(vm->config.plan, type->name);
}

static bool has_functions(const struct vm *vm)
{
	const struct plan *plan = vm->config.plan;

	for (unsigned int i = 0; plan && i < plan->nr; i++)
		if (plan->devices[i].type->pci)
			return true;
	return false;
}

static bool has_spares(const struct vm *vm)
{
	const struct plan *plan = vm->config.plan;

	for (unsigned int i = 0; plan && i < plan->nr; i++)
		if (plan->devices[i].type->spare)
			return true;
	return false;
}

/* The models of chips are only for those VMs that have no others, and bridges
 * for those that have something behind them; any other device is in all that do
 * not go without it. */
bool board_has_place(const struct vm *vm, const struct device_type *type)
{
	const struct irqchip *irqchip = vm->config.irqchip;
	unsigned int models = irqchip ? irqchip->models : 0;

	return !board_is_lost(vm, type) && !is_replaced(vm, type) &&
	       !plan_makes(vm->config.plan, type) && !(type->chips & ~models) &&
	       (!type->is_bridge || has_functions(vm)) &&
	       (!type->spare || has_spares(vm));
}

unsigned int board_boot(struct board *board)
{
	return board->vm->config.plan ? board->vm->config.plan->boot : 0;
}

uint8_t board_floppies(struct board *board)
{
	return board->vm->config.plan ? board->vm->config.plan->floppies : 0;
}

static bool uses_window(const struct vm *vm, const struct device_type *type)
{
	return type->window &&
	       !feature_is_out(vm->config.without, type->window);
}

/* Whether a device has to do with the window of include/device_memory.h. */
bool boards_have_window(const struct vm *vm)
{
	const struct plan *plan = vm->config.plan;
	const struct device_type *const *row;

	TABLE_FOREACH(device, row)
		if (uses_window(vm, *row) && board_has_place(vm, *row))
			return true;
	for (unsigned int i = 0; plan && i < plan->nr; i++)
		if (uses_window(vm, plan->devices[i].type) &&
		    !board_is_lost(vm, plan->devices[i].type))
			return true;
	return false;
}
