/*
 * An interrupt table for long mode, taken over from a 32-bit kernel.
 * Something is wrong: docs/debugging.md, "5. gates".
 */
#include "abi/long64.h"

#define GATES 16

	.code64
	.globl	_start
_start:
	lea	idt(%rip), %rdi
	mov	$GATES, %ecx
	mov	$handler, %eax
1:	mov	%ax, (%rdi)		/* offset 15-0 */
	movw	$LONG64_CS, 2(%rdi)
	movw	$0x8e00, 4(%rdi)	/* present, an interrupt gate */
	mov	%eax, %edx
	shr	$16, %edx
	mov	%dx, 6(%rdi)		/* offset 31-16 */
	add	$8, %rdi
	loop	1b
	lidt	idtr(%rip)
	int3
	hlt

handler:
	mov	$'3', %al
	mov	$0x3f8, %edx
	out	%al, %dx
	iretq

	.data
idtr:	.word	GATES * 8 - 1
	.quad	idt
	.bss
	.balign	16
idt:	.skip	GATES * 8
