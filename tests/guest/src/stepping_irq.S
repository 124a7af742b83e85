/*
 * What a debugger's user may step over where interrupts come: a Multiboot kernel
 * and an interrupt of the 8254. As in stepping.S a label with a capital letter begins a
 * case, and its instructions are numbered; test_stepping.py has their stops.
 */
#include "abi/hypercall.h"

#define MULTIBOOT_MAGIC 0x1badb002
#define VECTOR		0x20
#define MMIO		0xf0000000	/* nothing is there: reads give ones */

	.section .text
	.globl	_start
	.balign	4
	.long	MULTIBOOT_MAGIC, 0, -MULTIBOOT_MAGIC

.macro	case name
\name:
\name\()_0:
.endm

_start:
	mov	$stack, %esp
	lgdt	gdt_limit
	ljmp	$8, $1f
1:	mov	$16, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$handler, %eax
	mov	%ax, idt + 8 * VECTOR
	movw	$8, idt + 8 * VECTOR + 2
	movw	$0x8e00, idt + 8 * VECTOR + 4
	shr	$16, %eax
	mov	%ax, idt + 8 * VECTOR + 6
	lidt	idt_limit
	mov	$writes, %esi
1:	lodsb
	test	%al, %al
	jz	1f
	movzbl	%al, %edx
	lodsb
	out	%al, %dx
	jmp	1b
1:	mov	$MMIO, %edi
case Mmio
	incl	(%edi)
Mmio_1:
	mov	(%edi), %eax
Mmio_2:
	mov	%eax, (%edi)
Mmio_3:
	nop
	sti
case Hlt
	hlt
Hlt_1:
	cli
Hlt_2:
	mov	$HC_PORT, %edx
	mov	$HC_EXIT, %al
	xor	%ebx, %ebx
	out	%al, %dx

handler:
	mov	$0x20, %al
handler_eoi:
	out	%al, $0x20
handler_iret:
	iret

/* Ports and bytes: the 8259 at VECTOR with IRQ0 alone, the 8254 in 10 ms, once. */
writes:	.byte	0x20, 0x11, 0x21, VECTOR, 0x21, 4, 0x21, 1, 0x21, 0xfe
	.byte	0xa1, 0xff, 0x43, 0x30, 0x40, 0x9c, 0x40, 0x2e, 0

	.balign	8
gdt:	.quad	0, 0x00cf9b000000ffff, 0x00cf93000000ffff
gdt_limit:
	.word	. - gdt - 1
	.long	gdt
idt_limit:
	.word	8 * (VECTOR + 1) - 1
	.long	idt

	.bss
	.balign	8
idt:	.skip	8 * (VECTOR + 1)
	.skip	4096
stack:
