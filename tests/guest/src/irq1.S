/*
 * A multiboot kernel as books have it: it moves the 8259s, opens IRQ1 and sleeps;
 * nothing else tells that it wants keys. What it reads goes to port 0xe9, and
 * 'b' released ends it.
 */
#include "abi/hypercall.h"

#define MULTIBOOT_MAGIC 0x1badb002
#define KEY_VECTOR	0x21
#define B_RELEASED	0xb0

	.section .text
	.globl	_start
	.balign	4
	.long	MULTIBOOT_MAGIC, 0, -MULTIBOOT_MAGIC

_start:
	mov	$stack, %esp
	lgdt	gdt_limit
	ljmp	$8, $1f
1:	mov	$16, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$handler, %eax
	mov	%ax, idt + 8 * KEY_VECTOR
	movw	$8, idt + 8 * KEY_VECTOR + 2
	movw	$0x8e00, idt + 8 * KEY_VECTOR + 4
	shr	$16, %eax
	mov	%ax, idt + 8 * KEY_VECTOR + 6
	lidt	idt_limit
	mov	$writes, %esi
1:	lodsb
	test	%al, %al
	jz	wait
	movzbl	%al, %edx
	lodsb
	out	%al, %dx
	jmp	1b
wait:	mov	$stack, %esp
	sti
1:	hlt
	jmp	1b

/* No IRET, which not every KVM emulates: the stack begins anew. */
handler:
	in	$0x64, %al
	in	$0x60, %al
	out	%al, $0xe9
	mov	%eax, %ebx
	mov	$0x20, %al
	out	%al, $0x20
	cmp	$B_RELEASED, %bl
	jne	wait
	mov	$HC_PORT, %edx
	mov	$HC_EXIT, %al
	out	%al, %dx

/* Ports and what is written there: ICW1 to ICW4, and the masks. */
writes:	.byte	0x20, 0x11, 0xa0, 0x11, 0x21, 0x20, 0xa1, 0x28
	.byte	0x21, 4, 0xa1, 2, 0x21, 1, 0xa1, 1, 0x21, 0xfd, 0xa1, 0xff, 0

	.balign	8
gdt:	.quad	0, 0x00cf9b000000ffff, 0x00cf93000000ffff
gdt_limit:
	.word	23
	.long	gdt
idt_limit:
	.word	256 * 8 - 1
	.long	idt

	.bss
	.balign	16
	.skip	1024
stack:
	.balign	8
idt:	.skip	256 * 8
