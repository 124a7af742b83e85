/*
 * Draws 320 by 240 pixels of 32 bits from flat protected mode: red grows to the
 * right, green downwards, and a square of every 32 by 32 is brighter in blue.
 *
 * All of memory is one segment here, and so the framebuffer at 0xfd000000 is an
 * address like any other; a real-mode program could not write there.
 */
#include "pixels.inc"

	.code32
	.globl	_start
_start:
	set_mode
	mov	$PC_LFB_GPA, %edi
	xor	%ebx, %ebx	/* row */
row:	xor	%ecx, %ecx	/* column */
pixel:	mov	%ecx, %eax
	imul	$255, %eax, %eax
	xor	%edx, %edx
	mov	$WIDTH - 1, %esi
	div	%esi
	mov	%eax, %ebp	/* red */
	shl	$8, %ebp
	mov	%ebx, %eax
	imul	$255, %eax, %eax
	xor	%edx, %edx
	mov	$HEIGHT - 1, %esi
	div	%esi
	or	%eax, %ebp	/* green */
	shl	$8, %ebp
	mov	%ecx, %eax
	xor	%ebx, %eax
	and	$0x20, %eax
	lea	(%ebp, %eax, 4), %eax
	stosl
	inc	%ecx
	cmp	$WIDTH, %ecx
	jb	pixel
	inc	%ebx
	cmp	$HEIGHT, %ebx
	jb	row
	hlt
