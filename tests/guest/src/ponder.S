/* Takes a key by hypercall, and computes for ever. */
#include "guest.inc"

	.code16
start:	mov	$HC_PORT, %dx
look:	mov	$HC_GETCHAR, %al
	out	%al, %dx
	in	%dx, %al
	cmp	$HC_NOCHAR, %al
	je	look
think:	jmp	think
