/*
 * Has the PS/2 mouse report, and sends each byte of it through the UART; the key q
 * ends it.
 */
#include "guest.inc"

#define DATA	0x60
#define CONTROL	0x64
#define AUX	0x20	/* a byte of the mouse's */
#define Q	0x10

	.code16
start:	mov	$0xa8, %al
	out	%al, $CONTROL
	call	settle
	mov	$0xd4, %al
	out	%al, $CONTROL
	call	settle
	mov	$0xf4, %al
	out	%al, $DATA
wait:	in	$CONTROL, %al
	test	$1, %al
	jz	wait
	mov	%al, %ah
	in	$DATA, %al
	test	$AUX, %ah
	jz	key
	mov	$UART, %dx
	out	%al, %dx
	jmp	wait
key:	cmp	$Q, %al
	jne	wait
	leave_with 5

settle:	in	$CONTROL, %al
	test	$2, %al
	jnz	settle
	ret
