/* How far a save is, for whoever looks at a terminal meanwhile. */
#ifndef MKVM_SNAPSHOT_PROGRESS_H
#define MKVM_SNAPSHOT_PROGRESS_H

#include <stdint.h>

/* What the calling thread saves from here on, if stderr is a terminal. */
void progress_want(void);

/* What is written next has @bytes; then, what has been written has. A line says so once
 * that takes longer than a moment; the end removes it. */
void progress_begin(uint64_t bytes);
void progress_add(uint64_t bytes);
void progress_end(void);

#endif
