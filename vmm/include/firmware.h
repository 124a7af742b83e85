/*
 * What firmware would leave in memory for a system to find the machine by: each
 * row writes one such description, all of them from the same platform. Only for
 * guests that look there: it lies in low RAM, where others have data.
 */
#ifndef MKVM_FIRMWARE_H
#define MKVM_FIRMWARE_H

#include <stdbool.h>
#include <stdint.h>

#include "table.h"

struct memory;

struct platform {
	unsigned int nr_cpus; /* their APIC ids are 0 to nr_cpus - 1 */
	bool has_apic;	      /* local APICs and an I/O APIC */
	uint8_t ioapic_id;
};

struct firmware {
	const char *name; /* one word */
	void (*write)(const struct memory *mem,
		      const struct platform *platform);
};

#define FIRMWARE(row) TABLE_ROW(firmware, firmware, row)

#endif
