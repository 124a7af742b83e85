/*
 * Features: parts that a run can go without. A row adds `--no-NAME` to the
 * command line; every device and loader has that option by its own name, and so
 * has every probe that needs no option. Whoever is such a part asks once, when it
 * sets itself up: a device by board_has(), a loader by boot_args, the core by
 * the guest's configuration.
 *
 * A feature that is not built in has no row, and its stand-in never asks.
 */
#ifndef MKVM_FEATURE_H
#define MKVM_FEATURE_H

#include <stdbool.h>

#include "table.h"

struct feature {
	const char *name; /* "irq4": --no-irq4 */
	const char *what; /* one line for --list */
};

#define FEATURE(row) TABLE_ROW(feature, feature, row)

/* Whether @name is in @without, the NULL-terminated list of what --no-NAME
 * left out. */
bool feature_is_out(const char *const *without, const char *name);

#endif
