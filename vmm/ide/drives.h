/* Plugs of drives. */
#ifndef MKVM_IDE_DRIVES_H
#define MKVM_IDE_DRIVES_H

#include <stdbool.h>

#include "plug.h"

/* The next free place gets what @arg of @option says: 0, or -EINVAL after one message. */
int ide_plug(struct plan *plan, const char *option, const char *arg,
	     bool is_cd);

#endif
