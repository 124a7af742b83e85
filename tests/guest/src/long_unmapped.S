/*
 * A jump to where nothing is mapped, in 64-bit mode: a page fault that finds no
 * vector table is a triple fault. Prints one character before. Linked as a
 * 64-bit guest.
 */
#include "abi/hypercall.h"

	.code64
	.globl	_start
_start:
	mov	$'!', %bl
	mov	$HC_PORT, %dx
	mov	$HC_PUTCHAR, %al
	out	%al, %dx
	movabs	$0x123456789000, %rax
	jmp	*%rax
