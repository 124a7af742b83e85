/*
 * String input with a count: four bytes of the UART's scratch register, words
 * and double words of a port where nothing is. The bytes around the buffer
 * must stay as they are.
 */
#include "guest.inc"

	.code16
start:
	cld
	mov	$UART_SCR, %dx
	mov	$0x5a, %al
	out	%al, %dx
	mov	$buffer, %di
	mov	$4, %cx
	rep insb
	cmpl	$0x5a5a5a5a, buffer
	must_equal 1
	cmpb	$0x11, buffer - 1
	must_equal 2
	cmpb	$0x22, buffer + 4
	must_equal 3
	cmp	$(buffer + 4), %di
	must_equal 4
	mov	$0x1230, %dx
	mov	$2, %cx
	mov	$words, %di
	rep insw
	cmpl	$0xffffffff, words
	must_equal 5
	cmpw	$0x3333, words + 4
	must_equal 6
	mov	$1000, %cx
	mov	$0x0c00, %di
	rep insl
	cmpl	$0xffffffff, 0x0c00 + 3996
	must_equal 7
	cmpl	$0, 0x0c00 + 4000
	must_equal 8
	leave_with 0

	.byte	0x11
buffer:	.long	0
	.byte	0x22
words:	.long	0
	.word	0x3333
