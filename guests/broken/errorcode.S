/*
 * Handles a page fault: maps what was not there, and goes on.
 * Something is missing: docs/debugging.md, "8. errorcode".
 */
#include "abi/long64.h"

#define FAR_AWAY 0x8000000000		/* 512 GiB, entry 1 of the PML4 */
#define PAGE_FAULT 14
#define TABLE (1 << 0 | 1 << 1)		/* present, writable */
#define LARGE (1 << 7 | TABLE)

	.code64
	.globl	_start
_start:
	mov	$page_fault, %eax
	mov	%ax, idt + PAGE_FAULT * 16
	movw	$LONG64_CS, idt + PAGE_FAULT * 16 + 2
	movw	$0x8e00, idt + PAGE_FAULT * 16 + 4
	shr	$16, %eax
	mov	%ax, idt + PAGE_FAULT * 16 + 6
	lidt	idtr
	mov	$FAR_AWAY, %rbx
	movl	$1, (%rbx)
	mov	$0x3f8, %edx
	mov	$'F', %al
	out	%al, %dx
	hlt

page_fault:
	movq	$pdpt + TABLE, LONG64_PML4 + 8
	movq	$pd + TABLE, pdpt
	movq	$LARGE, pd
	iretq

	.data
idtr:	.word	(PAGE_FAULT + 1) * 16 - 1
	.quad	idt
	.bss
	.balign	4096
pdpt:	.skip	4096
pd:	.skip	4096
idt:	.skip	(PAGE_FAULT + 1) * 16
