/* What a disk's first sector tells of its geometry. */
#ifndef MKVM_IDE_GEOMETRY_H
#define MKVM_IDE_GEOMETRY_H

#include <stdbool.h>
#include <stdint.h>

/* Heads, and sectors of a track, of the disk that begins with the 512 bytes at @sector.
 * False: it does not say, and both stay as they are. */
bool ide_guess(const uint8_t *sector, uint8_t *heads, uint8_t *sectors);

#endif
