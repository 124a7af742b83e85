/*
 * The first and the last instructions of start.elf: a multiboot kernel that
 * becomes one of our guests on a bare PC. Between them is start.c.
 *
 * What kvm-vmm does by writing registers with an ioctl, a CPU does here by the
 * way that leads to that mode: from flat protected mode, in which a multiboot
 * loader enters us (Multiboot Specification 0.6.96, "Machine state"), back to
 * real mode (SDM 3A, "Switching Back to Real-Address Mode"), nowhere, or up to
 * long mode (SDM 3A, "Initializing IA-32e Mode").
 */
#include "abi/long64.h"
#include "start.h"

#define MAGIC	    0x1badb002
#define WANT_PAGES  0x1		/* of the flags: modules begin at a page */

#define CR0_PE	    0x1
#define CR0_ET	    0x10
#define CR0_PG	    0x80000000
#define CR4_PAE	    0x20
#define MSR_EFER    0xc0000080
#define EFER_LME    0x100
#define FLAGS_START 2		/* the bit that is always 1; IF and IOPL 0 */

#define CODE32	    0x08
#define DATA32	    0x10
#define CODE16	    0x18
#define DATA16	    0x20

	.section .multiboot, "a"
	.long	MAGIC, WANT_PAGES, -(MAGIC + WANT_PAGES)

	.text
	.code32
	.globl	_start
_start:
	cli
	cld
	mov	$stack_end, %esp
	push	%ebx
	call	start			/* comes back with nothing started */
1:	hlt
	jmp	1b

/* Both selectors must fit what is loaded: a GDT of our own first. A loader under UEFI
 * leaves CR4.PAE and CR0.WP set, which the specification does not forbid. */
.macro	own_machine
	mov	$CR0_ET | CR0_PE, %eax
	mov	%eax, %cr0
	xor	%eax, %eax
	mov	%eax, %cr4
	lgdt	gdt_pointer
	ljmp	$CODE32, $1f
1:	mov	$DATA32, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %fs
	mov	%eax, %gs
	mov	%eax, %ss
.endm

/* EAX to EDI, EBP: as after a reset, but for what a mode defines. */
.macro	zero_registers
	xor	%eax, %eax
	xor	%ebx, %ebx
	xor	%ecx, %ecx
	xor	%edx, %edx
	xor	%esi, %esi
	xor	%edi, %edi
	xor	%ebp, %ebp
.endm

/* void enter_real(void): 0000:0000. The last steps are taken below 1 MiB, right
 * behind the 64 KiB of the program. */
	.globl	enter_real
enter_real:
	own_machine
	mov	$real_start, %esi
	mov	$REAL_STEPS, %edi
	mov	$real_end - real_start, %ecx
	rep movsb
	ljmp	$CODE16, $0

	.code16
real_start:
	mov	$DATA16, %ax		/* limits of 64 KiB stay in force */
	mov	%ax, %ds
	mov	%ax, %es
	mov	%ax, %fs
	mov	%ax, %gs
	mov	%ax, %ss
	lidtl	%cs:(real_vectors - real_start)
	mov	%cr0, %eax
	and	$~CR0_PE, %al
	mov	%eax, %cr0
	ljmp	$REAL_STEPS >> 4, $real_segments - real_start
real_segments:
	xor	%ax, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	%ax, %fs
	mov	%ax, %gs
	mov	%ax, %ss
	mov	$REAL_STACK, %esp
	pushl	$FLAGS_START
	popfl
	zero_registers
	ljmp	$0, $0
real_vectors:
	.word	4 * 256 - 1
	.long	0
real_end:
	.code32

/* void enter_prot32(uint32_t entry), with the GDT at PROT32_GDT */
	.globl	enter_prot32
enter_prot32:
	mov	4(%esp), %ebp
	own_machine
	lgdt	prot32_gdt_pointer
	mov	$PROT32_STACK, %esp
	push	$FLAGS_START
	popf
	push	$CODE32
	push	%ebp
	zero_registers
	lret

/* void enter_long64(uint32_t entry), with the tables of abi/long64.h */
	.globl	enter_long64
enter_long64:
	mov	4(%esp), %ebp
	own_machine
	mov	$CR4_PAE, %eax
	mov	%eax, %cr4
	mov	$LONG64_PML4, %eax
	mov	%eax, %cr3
	mov	$MSR_EFER, %ecx
	rdmsr
	or	$EFER_LME, %eax
	wrmsr
	mov	%cr0, %eax
	or	$CR0_PG, %eax
	mov	%eax, %cr0
	lgdt	long64_gdt_pointer
	ljmp	$LONG64_CS, $long_start
	.code64
long_start:
	mov	$LONG64_DS, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %fs
	mov	%eax, %gs
	mov	%eax, %ss
	mov	$LONG64_STACK, %esp
	push	$FLAGS_START
	popf
	mov	%ebp, %r8d
	zero_registers
	mov	$LONG64_CMDLINE, %edi
	jmp	*%r8
	.code32

	.data
	.balign	8
gdt:	.quad	0
	.quad	0x00cf9b000000ffff, 0x00cf93000000ffff
	.quad	0x00009b000000ffff + (REAL_STEPS << 16), 0x000093000000ffff
gdt_pointer:
	.word	gdt_pointer - gdt - 1
	.long	gdt
prot32_gdt_pointer:
	.word	PROT32_GDT_SIZE - 1
	.long	PROT32_GDT
long64_gdt_pointer:
	.word	LONG64_GDT_SIZE - 1
	.long	LONG64_GDT

	.bss
	.balign	16
	.skip	8192
stack_end:

	.section .note.GNU-stack, "", @progbits
