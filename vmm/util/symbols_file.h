/* Between symbols.c, which looks them up, and symbols_file.c, which reads them. */
#ifndef MKVM_SYMBOLS_FILE_H
#define MKVM_SYMBOLS_FILE_H

#include <stddef.h>
#include <stdint.h>

#define SYMBOLS_SEGMENTS_MAX 64

struct symbol {
	uint64_t addr;
	uint32_t size; /* bytes; 0: not known */
	uint32_t name; /* where in names */
	uint16_t section;
	uint8_t rank; /* of several at one address the highest counts */
};

struct range {
	uint64_t addr, size;
};

struct segment {
	uint64_t vaddr, paddr, size;
};

struct symbols {
	struct symbol *list; /* by address, then rank */
	size_t nr;
	char *names; /* ends with a NUL */
	size_t names_size;
	struct range *sections; /* by number; of size 0: none that counts */
	unsigned int nr_sections;
	struct segment segments[SYMBOLS_SEGMENTS_MAX];
	unsigned int nr_segments;
};

/* Those of the file that is open at @fd, or NULL with the reason in *@why. */
struct symbols *symbols_take(int fd, const char **why);
void symbols_drop(struct symbols *symbols); /* or NULL */

#endif
