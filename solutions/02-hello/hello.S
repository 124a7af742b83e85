/* Prints TEXT_LENGTH bytes at the label text through COM1, and halts. */
#define COM1_THR 0x3f8	/* transmitter holding register: what to send */
#define COM1_LSR 0x3fd	/* line status register */
#define LSR_THRE 0x20	/* there is room for a byte */

	.code16
	.globl	_start
_start:
	mov	$text, %si
	mov	$TEXT_LENGTH, %cx
next:
	mov	$COM1_LSR, %dx
wait:
	in	%dx, %al
	test	$LSR_THRE, %al
	jz	wait
	lodsb
	mov	$COM1_THR, %dx
	out	%al, %dx
	loop	next
	hlt

#include "text.inc"
