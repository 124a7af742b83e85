/*
 * A snapshot: a guest that stood still, in a file.
 *
 *   0         struct snapshot_head     magic, sizes, sums
 *             texts                    each ends with a NUL: image, loader, folder,
 *                                      CPU, base, and the words of a command line
 *                                      that make the machine
 *             struct snapshot_part     one for each part: name, number, version,
 *             ...                      where its bytes are, their sum
 *             struct snapshot_run      a stretch of RAM that is to be mapped from
 *             ...                      this file, in their order
 *   head_len  the parts' bytes         in that order
 *             zeroes
 *   ram_at    RAM                      as it lies in memory: what is below the hole
 *                                      first, then what is from 4 GiB on. Pages of
 *                                      zeroes are holes, which take no room, and so
 *                                      is all that no run has
 *   ram_at + ram_size                  the end
 *
 * What no run has is zeroes; or, where base_sum is not 0, as in the snapshot whose
 * head_sum that is, and which lies in the same folder under the name that is called
 * base above.
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
#define SNAPSHOT_RUNS_MAX  4096
#define SNAPSHOT_CHAIN_MAX 64 /* files, of which each is the next one's base */

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
	uint32_t nr_runs;
	uint32_t zero;
	uint64_t base_sum; /* head_sum of the base; 0: there is none */
};

struct snapshot_part {
	char name[PART_NAME_MAX + 1]; /* ends with a NUL */
	uint32_t nr, version;
	uint64_t at, len, sum;
};

/* Bytes of RAM, both multiples of the page size. */
struct snapshot_run {
	uint64_t off, len;
};

#endif
