/*
 * What the parts of kvm-vmm that watch guests add to the JSON of --stats: a
 * row of this table is one more key of every guest's object there.
 */
#ifndef MKVM_SECTION_H
#define MKVM_SECTION_H

#include <stdbool.h>

#include "table.h"
#include "util/json.h"

struct section {
	const char *key; /* "stages" */

	/* Its option was given, so that there is something to add. */
	bool (*is_on)(void);

	/* Adds the value, with @key, for the guest @guest_id. On the main
	 * thread, when all others are gone; or, @is_live, on another one, while
	 * guests run. */
	void (*add)(struct json *json, const char *key, unsigned int guest_id,
		    bool is_live);
};

#define SECTION(row) TABLE_ROW(section, section, row)

#endif
