/* A controller of ports alone, where there is no bus master: see function.c. */
#include "ide/controller.h"

#include <stddef.h>

const struct device_type *ide_function(void)
{
	return NULL;
}
