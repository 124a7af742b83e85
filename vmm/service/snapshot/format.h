/*
 * A snapshot: a guest that stood still, in a file.
 *
 *   0         struct snapshot_head     magic, sizes, sums
 *             texts                    each ends with a NUL: image, loader, folder,
 *                                      CPU, and the words of a command line that
 *                                      make the machine
 *             struct snapshot_part     one for each part: name, number, version,
 *             ...                      where its bytes are, their sum
 *   head_len  the parts' bytes         in that order
 *             zeroes
 *   ram_at    RAM                      as it lies in memory: what is below the hole
 *                                      first, then what is from 4 GiB on. Pages of
 *                                      zeroes are holes, which take no room
 *   ram_at + ram_size                  the end
 *
 * ram_at is a multiple of the page size, so that RAM is mapped and not read. The sum
 * of its head is in the head, and those of the parts are in the table: whoever restores
 * it checks these. That of RAM is checked when somebody asks, --show-snapshot.
 * Numbers lie as an x86 has them. The head is written last: a file that was not
 * finished has none.
 */
#ifndef MKVM_SNAPSHOT_FORMAT_H
#define MKVM_SNAPSHOT_FORMAT_H

#include <stdint.h>

#include "util/parts.h"

#define SNAPSHOT_MAGIC	   "mkvmsnap"
#define SNAPSHOT_MAGIC_LEN 8
#define SNAPSHOT_FORMAT	   1
#define SNAPSHOT_PAGE	   4096

/* What a file may ask for before it has been checked. */
#define SNAPSHOT_HEAD_MAX  (1U << 20)
#define SNAPSHOT_PARTS_MAX (1ULL << 30) /* bytes of all: overlays, too */
#define SNAPSHOT_WORDS_MAX 512

struct snapshot_head {
	char magic[SNAPSHOT_MAGIC_LEN];
	uint32_t format;
	uint32_t head_len; /* bytes, texts and table included */
	char build[48];	   /* kvm-vmm's version; ends with a NUL */
	uint64_t head_sum; /* of head_len bytes, with 0 in this place */
	uint64_t ram_at, ram_size;
	uint64_t ram_sum;  /* see ram.h */
	uint64_t nr_pages; /* that are not all zeroes */
	uint64_t saved_ns; /* since 1970-01-01 UTC */
	uint32_t nr_cpus;
	uint32_t nr_words;
	uint32_t nr_parts;
	uint32_t texts_len; /* bytes, a multiple of 8: the table is aligned */
};

struct snapshot_part {
	char name[PART_NAME_MAX + 1]; /* ends with a NUL */
	uint32_t nr, version;
	uint64_t at, len, sum;
};

#endif
