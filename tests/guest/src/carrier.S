/*
 * Prints what comes by the serial port until the carrier drops, which ends it
 * with status 7.
 */
#include "guest.inc"

	.code16
next:	mov	$0x3fd, %dx
	in	%dx, %al
	test	$1, %al
	jz	modem
	mov	$0x3f8, %dx
	in	%dx, %al
	out	%al, %dx
	jmp	next
modem:	mov	$0x3fe, %dx
	in	%dx, %al
	test	$0x80, %al		/* DCD */
	jnz	next
	mov	$HC_PORT, %dx
	mov	$7, %bl
	mov	$HC_EXIT_STATUS, %al
	out	%al, %dx
	hlt
