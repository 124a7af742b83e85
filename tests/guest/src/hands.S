/*
 * A program that polls keyboard and mouse, as small ones do: it has the controller
 * send what the mouse says, knocks for the wheel, and prints each byte, k or m ahead.
 * Esc let go ends it.
 */
#include "guest.inc"

#define DATA	0x60
#define STATUS	0x64
#define OBF	0x01
#define AUX	0x20
#define ESC_UP	0x81
#define ACK	0xfa

	.code16
	.globl	_start
_start:	mov	$0xf000, %sp
	mov	$commands, %si
1:	lodsb
	test	%al, %al
	jz	2f
	mov	%al, %ah
	mov	$0xd4, %al
	out	%al, $STATUS
	mov	%ah, %al
	out	%al, $DATA
	call	take
	cmp	$ACK, %al
	must_equal 1
	jmp	1b
2:	mov	$0xd4, %al	/* what are you? */
	out	%al, $STATUS
	mov	$0xf2, %al
	out	%al, $DATA
	call	take
	call	take
	cmp	$3, %al
	must_equal 2
	mov	$ready, %si
3:	lodsb
	test	%al, %al
	jz	poll
	out	%al, $0xe9
	jmp	3b

poll:	in	$STATUS, %al
	test	$OBF, %al
	jz	poll
	mov	$'k', %bl
	test	$AUX, %al
	jz	1f
	mov	$'m', %bl
1:	in	$DATA, %al
	mov	%al, %bh
	mov	%bl, %al
	out	%al, $0xe9
	mov	%bh, %al
	shr	$4, %al
	call	digit
	mov	%bh, %al
	and	$15, %al
	call	digit
	mov	$'\n', %al
	out	%al, $0xe9
	cmp	$'k' | ESC_UP << 8, %bx
	jne	poll
	leave_with 7

digit:	add	$'0', %al
	cmp	$'9', %al
	jbe	1f
	add	$'a' - '9' - 1, %al
1:	out	%al, $0xe9
	ret

take:	in	$STATUS, %al
	test	$OBF, %al
	jz	take
	in	$DATA, %al
	ret

/* 200, 100, 80 a second; then as fast as it can; packets on. */
commands:
	.byte	0xf3, 200, 0xf3, 100, 0xf3, 80, 0xf3, 200, 0xf4, 0
ready:	.asciz	"ready\n"
