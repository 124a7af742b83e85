/*
 * What a 64-bit guest finds when it starts (boot/long64.c): the selectors of
 * its GDT and the addresses of its tables.
 *
 * Only #define lines, so that assembly guests and the VMM share this file. The
 * order of the GDT is what SYSCALL, SYSRET, SYSENTER and SYSEXIT want, which
 * find their segments by adding to the one selector they are told:
 *
 *   SYSCALL   CS +0, SS +8          of STAR[47:32] = LONG64_CS
 *   SYSRET    SS +8, CS +16 (q)     of STAR[63:48] = LONG64_USER_CS32
 *   SYSENTER  CS +0, SS +8          of SYSENTER_CS = LONG64_CS
 *   SYSEXIT   CS +32, SS +40 (q)    of the same
 */
#ifndef MKVM_ABI_LONG64_H
#define MKVM_ABI_LONG64_H

#define LONG64_CS	 0x08 /* ring 0, 64-bit code; the guest starts in it */
#define LONG64_DS	 0x10 /* ring 0, data */
#define LONG64_USER_CS32 0x1b /* ring 3, 32-bit code */
#define LONG64_USER_DS	 0x23 /* ring 3, data */
#define LONG64_USER_CS	 0x2b /* ring 3, 64-bit code */
#define LONG64_USER_DS2	 0x33 /* ring 3, data again: SYSEXIT's SS */
#define LONG64_TSS	 0x38 /* for LTR; its RSP0 is LONG64_STACK */

#define LONG64_GDT     0x500   /* gpa of the GDT */
#define LONG64_TSS_GPA 0x600   /* gpa of the TSS */
#define LONG64_PML4    0x1000  /* gpa of the first page table: CR3 */
#define LONG64_CMDLINE 0x20000 /* gpa of the command line: RDI at the start */
#define LONG64_STACK   0x90000 /* gpa one past the stack: RSP at the start */

#endif
