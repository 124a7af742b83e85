/* What all kinds of bzImage begin with (boot.rst, "The Real-Mode Kernel Header"). */
#ifndef MKVM_BZIMAGE_H
#define MKVM_BZIMAGE_H

#include <asm/bootparam.h>
#include <stdbool.h>

#include "loader.h"

#define HEADER_OFFSET	0x1f1
#define VERSION_DIRECT	0x020a /* brings pref_address and init_size */
#define SECTOR		512
#define SETUP_SECTS_OLD 4 /* what 0 stands for */

/* Reads what of the header @image has; zeroes follow. Whether it is one. */
bool bzimage_read_header(const struct image *image,
			 struct setup_header *header);

/* -ENOEXEC, after a message that @image is none and what it is. */
int bzimage_none(const struct image *image);

/* Bytes of boot sector and setup, behind which the kernel is. */
static inline size_t bzimage_setup_size(const struct setup_header *header)
{
	const unsigned int sects = header->setup_sects;

	return ((sects ? sects : SETUP_SECTS_OLD) + 1) * SECTOR;
}

#endif
