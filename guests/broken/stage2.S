/*
 * Starts the second stage, which lies in the last 64 KiB of 16 MiB.
 * Something is missing: docs/debugging.md, "3. stage2".
 */
#define STAGE2 0xff0000

	.code32
	.globl	_start
_start:
	xor	%eax, %eax
	mov	$STAGE2, %ebx
	jmp	*%ebx
