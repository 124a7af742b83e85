/* The pair of 8259As as every PC system sets it up, for the tests of it. */
#ifndef MKVM_PIC_STEPS_H
#define MKVM_PIC_STEPS_H

#include "steps.h"

#define M     0x20 /* master: command, mask */
#define MMASK 0x21
#define S     0xa0 /* slave */
#define SMASK 0xa1
#define ELCR  0x4d0
#define ELCR2 0x4d1

#define EOI	  0x20
#define SPECIFIC  0x60 /* EOI of an input: or-ed with it */
#define READ_IRR  0x0a
#define READ_ISR  0x0b
#define POLL	  0x0c
#define MASK_ALL  0xff
#define MASK_NONE 0x00

/* As every PC system does it: vectors 0x20 and 0x28, cascade, 8086 mode. */
/* clang-format off */
#define INIT_WITH(icw1, master4, slave4)                       \
	OUT(M, icw1), OUT(MMASK, 0x20), OUT(MMASK, 0x04),      \
	OUT(MMASK, master4), OUT(S, icw1), OUT(SMASK, 0x28),   \
	OUT(SMASK, 0x02), OUT(SMASK, slave4)
#define INIT INIT_WITH(0x11, 0x01, 0x01)
/* clang-format on */

#endif
