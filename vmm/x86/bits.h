/*
 * Bits of the control registers and of RFLAGS, under the names of SDM 3A,
 * "Control Registers" and "IA32_EFER".
 */
#ifndef MKVM_X86_BITS_H
#define MKVM_X86_BITS_H

#define CR0_PE (1u << 0)
#define CR0_ET (1u << 4) /* always set */
#define CR0_NE (1u << 5)
#define CR0_NW (1u << 29)
#define CR0_CD (1u << 30)
#define CR0_PG (1u << 31)

#define CR4_PSE	 (1u << 4)
#define CR4_PAE	 (1u << 5)
#define CR4_LA57 (1u << 12)

#define EFER_LME (1u << 8)
#define EFER_LMA (1u << 10)
#define EFER_NXE (1u << 11)

#define RFLAGS_1  (1u << 1) /* always set */
#define RFLAGS_TF (1u << 8)
#define RFLAGS_IF (1u << 9)
#define RFLAGS_VM (1u << 17)

#define X86_PAGE_SIZE 4096ULL /* bytes of the smallest page, and of a table */

#endif
