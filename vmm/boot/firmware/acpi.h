/*
 * ACPI's tables while they are being written, one behind the other; for the
 * files of this folder only.
 */
#ifndef MKVM_ACPI_H
#define MKVM_ACPI_H

#include <stddef.h>
#include <stdint.h>

#include "firmware.h"

#define ACPI_ALIGN 64 /* what the FACS wants, so all get it */

struct acpi_area {
	uint8_t *base; /* hva of MEM_RSDP */
	size_t size;   /* bytes there are */
	size_t table;  /* offset of the table that is being written */
	size_t at;     /* offset of its next byte */
};

/* ACPI "System Description Table Header" */
struct acpi_header {
	char signature[4];
	uint32_t length;
	uint8_t revision, checksum;
	char oem[6], oem_table[8];
	uint32_t oem_revision;
	char creator[4];
	uint32_t creator_revision;
} __attribute__((packed));

/* Adds the @len bytes at @data to the table; what has no room is left out. */
void acpi_add(struct acpi_area *area, const void *data, size_t len);

/* Begins a table with its header; ends it with length and checksum: its gpa. */
void acpi_begin(struct acpi_area *area, const char *signature,
		uint8_t revision);
uint32_t acpi_end(struct acpi_area *area);

/* Writes the DSDT. Its gpa. */
uint32_t acpi_write_dsdt(struct acpi_area *area,
			 const struct platform *platform);

#endif
