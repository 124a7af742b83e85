/* No spare slots of PCI: stands in for spares.c. All functions are always there. */
#include "core/board_inner.h"

bool board_is_there(const struct board *board)
{
	(void)board;
	return true;
}

enum spare_state spare_begins(const struct device_type *type,
			      const struct planned *planned)
{
	(void)type;
	(void)planned;
	return SPARE_NOT;
}

enum spare_state spare_look(struct vm *vm, unsigned int nr,
			    struct spare_view *view)
{
	(void)vm;
	(void)nr;
	(void)view;
	return SPARE_NOT;
}

enum spare_state spare_look_held(struct vm *vm, unsigned int nr,
				 struct spare_view *view)
{
	return spare_look(vm, nr, view);
}
