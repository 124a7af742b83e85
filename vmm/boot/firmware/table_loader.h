/* Tables for firmware, instead of low RAM. */
#ifndef MKVM_TABLE_LOADER_H
#define MKVM_TABLE_LOADER_H

#include "memory.h"

struct fw_files;

/* Adds to @files what the rows of include/firmware.h have written to @mem, which has
 * 1 MiB and is nobody's RAM; it is not as it was then. 0 or -errno after one
 * message. */
int firmware_tell(const struct memory *mem, struct fw_files *files);

/* Puts what such rows have written once more, for a guest that was restored, to @files
 * and to where its firmware has laid it in @ram: the VM generation ID. */
void firmware_tell_again(const struct memory *mem, struct fw_files *files,
			 const struct memory *ram);

/* Its part for the MP table, if there is one in @mem. */
int firmware_tell_mptable(const struct memory *mem, struct fw_files *files);

#endif
