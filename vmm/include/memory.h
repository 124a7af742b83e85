/*
 * Guest RAM and the only way into it.
 *
 *   gpa 0 ........ low_size        RAM
 *       MEM_HOLE_START .. 4 GiB    hole: APICs, MMIO; never RAM
 *       4 GiB .... 4 GiB + rest    RAM that did not fit below the hole
 *
 * One host mapping backs both parts back to back, so an hva run never crosses
 * the hole. A gpa is a number and an hva a pointer; mem_hva() is the one
 * bridge, and it checks length, overflow and the hole.
 */
#ifndef MKVM_MEMORY_H
#define MKVM_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t gpa_t;

#define MEM_HOLE_START 0xc0000000ULL
#define MEM_4G	       0x100000000ULL
#define MEM_MIN	       (64ULL << 10)
#define MEM_MAX	       (1ULL << 40)

struct memory {
	uint8_t *base;	  /* hva of gpa 0 */
	void *mapping;	  /* what was mapped: RAM, and guards around it */
	size_t size;	  /* bytes of RAM, a multiple of 4 KiB */
	size_t low_size;  /* bytes of RAM below the hole */
	const char *file; /* that some of it is mapped from, or NULL */

	/* What of devices' memory the guest finds there (include/device_memory.h), all
	 * @len bytes of it, or NULL. Of @shown_by; NULL: there is none. */
	const void *(*shown)(const void *shown_by, gpa_t gpa, size_t len);
	const void *shown_by;
};

/* Maps @size bytes of zeroed RAM. 0, -EINVAL (size), -ENOMEM. */
int mem_init(struct memory *mem, uint64_t size);
void mem_free(struct memory *mem);

/* hva of the @len bytes at @gpa, or NULL unless all of them are RAM. */
void *mem_hva(const struct memory *mem, gpa_t gpa, size_t len);

/* Copies @len bytes to guest RAM. 0, or -EFAULT with nothing done. */
int mem_write(const struct memory *mem, gpa_t gpa, const void *buf, size_t len);

#endif
