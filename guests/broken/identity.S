/*
 * Page tables for a kernel in the upper half: the first 2 MiB of RAM from
 * 0xffffffff80000000 on. Something is missing: docs/debugging.md, "6. identity".
 */
#define TABLE (1 << 0 | 1 << 1)		/* present, writable */
#define LARGE (1 << 7 | TABLE)

	.code64
	.globl	_start
_start:
	movq	$pdpt + TABLE, pml4 + 511 * 8
	movq	$pd + TABLE, pdpt + 510 * 8
	movq	$LARGE, pd
	mov	$pml4, %eax
	mov	%rax, %cr3
	mov	$upper + 0xffffffff80000000, %rax
	jmp	*%rax

upper:	mov	$'U', %al
	mov	$0x3f8, %edx
	out	%al, %dx
	hlt

	.bss
	.balign	4096
pml4:	.skip	4096
pdpt:	.skip	4096
pd:	.skip	4096
