/*
 * Prints numbers and their sum through COM1, digit by digit, and asks before each
 * character whether there is room.
 */
#define COM1_THR 0x3f8	/* transmitter holding register: what to send */
#define COM1_LSR 0x3fd	/* line status register */
#define LSR_THRE 0x20	/* there is room for a byte */

	.code16
	.globl	_start
_start:
	mov	$0x7000, %sp
	mov	$numbers, %si
	mov	$NUMBERS, %cx
	xor	%di, %di
next:
	lodsw
	add	%ax, %di
	call	print
	loop	next
	mov	%di, %ax
	call	print
	hlt

/* Prints AX in decimal, and a newline; changes AX, BX and DX. */
print:
	push	%cx
	xor	%cx, %cx
	mov	$10, %bx
digit:
	xor	%dx, %dx
	div	%bx		/* AX = quotient, DX = the last digit */
	push	%dx
	inc	%cx
	test	%ax, %ax
	jnz	digit
say:
	pop	%bx
	add	$'0', %bl
	call	send
	loop	say
	mov	$'\n', %bl
	call	send
	pop	%cx
	ret

/* Sends the character in BL; changes AL and DX. */
send:
	mov	$COM1_LSR, %dx
wait:
	in	%dx, %al
	test	$LSR_THRE, %al
	jz	wait
	mov	$COM1_THR, %dx
	mov	%bl, %al
	out	%al, %dx
	ret

#include "numbers.inc"
