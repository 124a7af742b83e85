/*
 * The contract between a loader and the machine: how an image becomes memory
 * contents and a first CPU state.
 *
 * match() only looks; load() writes guest RAM and fills in the CPU state. Both
 * get bytes of an enemy: every offset and length is checked, in image and RAM.
 */
#ifndef MKVM_LOADER_H
#define MKVM_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memory.h"
#include "table.h"
#include "x86/cpustate.h"

/* A file on the host, read only and whole. */
struct image {
	const char *path;
	const uint8_t *data;
	size_t size;   /* bytes */
	int fd;	       /* the file, while it is open: for boot/select.c */
	bool unpacked; /* @data is memory, filled by boot/gunzip.c */
	struct image *next;
};

/* What a guest needs of the machine; the sum decides what is created. */
enum loader_needs {
	NEEDS_IRQCHIP = 1 << 0,	  /* interrupt controllers, if there are any */
	NEEDS_CMDLINE = 1 << 1,	  /* takes --cmdline */
	NEEDS_INITRD = 1 << 2,	  /* takes --initrd */
	NEEDS_SMP = 1 << 3,	  /* can start more than one vCPU */
	NEEDS_HLT_ENDS = 1 << 4,  /* HLT is how it says that it is done */
	NEEDS_MODULES = 1 << 5,	  /* takes --module */
	NEEDS_LOAD_AT = 1 << 6,	  /* takes --load-at */
	NEEDS_SERIAL = 1 << 7,	  /* talks by it: no screen is waited for */
	NEEDS_BIOS = 1 << 8,	  /* was started by a BIOS: chips are its */
	NEEDS_ROOT = 1 << 9,	  /* takes --root: words of Linux's */
	NEEDS_FIRMWARE = 1 << 10, /* begins with it: tables are its to lay */
};

struct plan;
struct boot_args; /* include/boot_args.h */

struct loader {
	const char *name;   /* one word, as in --list */
	const char *what;   /* one line for --list */
	const char *option; /* forces it, "--linux", may be shared; or NULL */
	const char *with_firmware; /* the loader of --firmware; NULL: this one */
	uint64_t mem_default; /* bytes of RAM without --mem; 0: as configured */
	uint64_t mem_min;     /* bytes of RAM it cannot do without */
	unsigned int needs;   /* enum loader_needs */
	const char *keys;     /* the device that gets them; NULL: who asks */

	/* Bytes of RAM for @image and an initrd of so many bytes, without --mem
	 * and if the default is less. NULL: nothing in the file tells. */
	uint64_t (*mem_wanted)(const struct image *image, uint64_t initrd);

	/* Whether @image is known to drive virtio over MMIO. NULL: nothing in
	 * the file tells. */
	bool (*drives_windows)(const struct image *image);

	/* What of the machine goes with @image, and options have not asked for: plugs it
	 * in. After a restore @image has no data. 0 or -errno after one message. NULL:
	 * nothing does. */
	int (*plug)(struct plan *plan, const struct image *image);

	/* How sure the loader is that @image is its own: 0 no, 100 certain.
	 * NULL: it has to be asked for, by name or option. */
	int (*match)(const struct image *image);

	/*
	 * Puts @image into @mem and describes the first instruction in @cpu.
	 * @args is NULL in the bare loop, for loaders that need nothing of it.
	 * 0, or -errno after one message of its own (-ENOEXEC: the image is
	 * malformed; -E2BIG: something does not fit; -ENOTSUP).
	 */
	int (*load)(const struct image *image, const struct boot_args *args,
		    const struct memory *mem, struct cpu_state *cpu);
};

#define LOADER(row) TABLE_ROW(loader, loader, row)

#endif
