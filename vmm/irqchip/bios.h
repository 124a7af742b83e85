/* The interrupt controllers and the timer as a BIOS leaves them. */
#ifndef MKVM_IRQCHIP_BIOS_H
#define MKVM_IRQCHIP_BIOS_H

/*
 * Vectors from 08h and 70h, and the lines that the BIOS uses itself unmasked:
 * timer, keyboard, cascade and floppy disk; clock, mouse, FPU and disk (SeaBIOS;
 * IBM PC/AT Technical Reference, "Interrupt Vectors").
 */
#define BIOS_VECTOR_1 0x08
#define BIOS_VECTOR_2 0x70
#define BIOS_MASK_1   0xb8
#define BIOS_MASK_2   0x8e

/* Counter 0 of the 8254 at its lowest rate, 18.2 Hz. */
#define BIOS_PIT_MODE 2

struct vm;

/* By their ports, where they are devices of ours. */
void bios_leaves(struct vm *vm);

#endif
