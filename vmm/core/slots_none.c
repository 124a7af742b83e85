/* RAM is all the memory there is: what stands in when no device has its own. */
#include "core/slots.h"

#include "core/vm.h"

int slots_add_low(struct vm *vm, bool window)
{
	(void)window;
	return vm_add_ram(vm, 0, 0, vm->mem.low_size);
}

void slots_free_board(struct board *board)
{
	(void)board;
}

void slots_free(struct vm *vm)
{
	(void)vm;
}
