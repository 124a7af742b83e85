/*
 * Files that firmware is given by way of fw_cfg (devices/fwcfg.c), which has them
 * by names that QEMU's documents and the firmware's source agree on.
 */
#ifndef MKVM_FWFILE_H
#define MKVM_FWFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FW_FILES_MAX 36
#define FW_NAME_MAX  56

struct fw_file {
	char name[FW_NAME_MAX]; /* ends with a zero; "": it is an item */
	uint16_t key;		/* of an item, which the directory has not */
	bool writable;		/* by the guest, within its length */
	uint8_t *data;
	size_t len; /* bytes */
};

struct fw_files {
	unsigned int nr;
	struct fw_file list[FW_FILES_MAX];
};

/* Adds a copy of the @len bytes at @data, with zeroes up to @size. 0 or -errno after
 * one message: -ENOMEM, -E2BIG. */
int fw_add(struct fw_files *files, const char *name, const void *data,
	   size_t len, size_t size);

/* The same of what is found by a number of QEMU's, not by a name. */
int fw_add_item(struct fw_files *files, unsigned int key, const void *data,
		size_t len);

/* The one of that name; NULL: there is none, or there are no @files. */
struct fw_file *fw_find(struct fw_files *files, const char *name);

/* Frees them all: there are none. */
void fw_clear(struct fw_files *files);

/* Frees them all, and @files, which may be NULL. */
void fw_free(struct fw_files *files);

#endif
