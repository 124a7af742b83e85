/* Option ROMs of ours, which firmware copies to C0000h to DFFFFh and calls. */
#ifndef MKVM_ROM_H
#define MKVM_ROM_H

#include <stddef.h>
#include <stdint.h>

struct fw_files;

/* Has firmware find the @len bytes of @code (boot/rom/), with the @more_len bytes at
 * @more behind them, as the option ROM @name, a file of fw_cfg. 0 or -errno after one
 * message. */
int rom_add(struct fw_files *files, const char *name, const uint8_t *code,
	    size_t len, const void *more, size_t more_len);

#endif
