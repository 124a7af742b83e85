/*
 * Something for a debugger to stop at: three turns of a loop with a word that is
 * written, two instructions of one byte, and a handler that writes another word;
 * then a string instruction of four turns.
 */
#include "guest.inc"

	.code16
	jmp	main
	.org	4 * 0x20	/* vector 20h */
	.word	0, 0
main:	movw	$handler, 4 * 0x20
	mov	$3, %cx
again:	incw	counter
one:	nop
two:	nop
	int	$0x20
behind:	loop	again
	mov	$buffer, %di
	mov	$4, %cx
fill:	rep stosb
filled:	nop
	leave_with 5

	.globl	handler, again, one, two, behind, fill, filled
	.globl	counter, handled, buffer
handler:
	incw	handled
leave:	iret

counter: .word	0
handled: .word	0
buffer:	.fill	4, 1, 0xaa
