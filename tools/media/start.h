/* What both halves of start.elf know: where guests find their stacks and tables,
 * the same as in vmm/boot/flat.c, prot32.c and long64.c. */
#ifndef MKVM_MEDIA_START_H
#define MKVM_MEDIA_START_H

#define REAL_SIZE_MAX 0x10000
#define REAL_STACK    0xfffe
#define REAL_STEPS    0x10000 /* the way to real mode, behind its 64 KiB */

#define PROT32_GDT	0x500
#define PROT32_GDT_SIZE 24
#define PROT32_STACK	0x90000

#define LONG64_GDT_SIZE 72

#ifndef __ASSEMBLER__
#include <stdint.h>

/* Each becomes the guest, whose bytes and tables are where they belong. */
_Noreturn void enter_real(void);
_Noreturn void enter_prot32(uint32_t entry);
_Noreturn void enter_long64(uint32_t entry);
#endif

#endif
