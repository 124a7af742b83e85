/*
 * Says ready, behind how often it has been so far: in its own image, and in RAM that
 * was zeroes. Then it does nothing, with interrupts off.
 */
#include "guest.inc"

#define FAR	0x7000

	.code16
start:
	incb	count
	incb	FAR
	mov	count, %bl
	say
	mov	FAR, %bl
	add	$'0', %bl
	say
	mov	$UART, %dx
	mov	$ready, %si
	mov	$(ready_end - ready), %cx
	cld
	rep outsb
1:	jmp	1b

count:	.byte	'0'
ready:	.ascii	"ready\n"
ready_end:
