/*
 * Clears 16 bytes as a C compiler does, with an instruction of SSE.
 * Something is missing: docs/debugging.md, "4. sse".
 */
	.code32
	.globl	_start
_start:
	mov	$buffer, %edi
	call	clear
	mov	$0x3f8, %edx
	mov	$'S', %al
	out	%al, %dx
	hlt

clear:	pxor	%xmm0, %xmm0
	movups	%xmm0, (%edi)
	ret

	.bss
	.balign	16
buffer:	.skip	16
