/*
 * Counts from 0 to 9: a loop, and the flags that end it.
 *
 * CMP subtracts without keeping the result; what stays is in the flags. JBE,
 * "jump if below or equal", looks at two of them, CF and ZF, and goes round
 * again until AL has passed '9'. The digits are characters, and their codes
 * follow each other, so that one register is counter and output at once.
 */
#define COM1_THR 0x3f8

	.code16
	.globl _start
_start:
	mov	$COM1_THR, %dx
	mov	$'0', %al
next:
	out	%al, %dx
	inc	%al
	cmp	$'9', %al
	jbe	next		/* taken nine times, not the tenth */

	mov	$'\n', %al
	out	%al, %dx
	hlt
