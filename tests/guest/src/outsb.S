/*
 * String output with a count: forwards, backwards, across a page, into a port
 * one byte wide. KVM may hand over one item or many at a time.
 */
#include "guest.inc"

	.code16
start:
	cld
	mov	$UART, %dx
	mov	$text, %si
	mov	$(text_end - text), %cx
	rep outsb
	std
	mov	$(back_end - 1), %si
	mov	$(back_end - back), %cx
	rep outsb
	cld
	mov	$page, %si
	mov	$3000, %cx
	rep outsb
	test	%cx, %cx
	must_equal 1
	cmp	$(page + 3000), %si
	must_equal 2
	leave_with 0

text:	.ascii	"forwards\n"
text_end:
back:	.ascii	"\nsdrawkcab"
back_end:
	.org	0x0800
page:	.fill	2999, 1, 'x'
	.byte	'\n'
