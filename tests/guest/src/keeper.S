/*
 * Fills its memory from 64 KiB on with a random number, and looks eight times
 * whether every word of it is still there.
 */
#include "guest.inc"

#define ROUNDS	8

	.code16
start:
	cld
	mov	$HC_PORT, %dx
	mov	$HC_RANDOM, %al
	out	%al, %dx
	in	%dx, %eax
	xor	%bx, %bx
fill:
	add	$0x1000, %bx
	jc	filled
	mov	%bx, %es
	xor	%di, %di
	mov	$0x4000, %cx
	rep stosl
	jmp	fill
filled:
	mov	$ROUNDS, %bp
round:
	xor	%bx, %bx
look:
	add	$0x1000, %bx
	jc	looked
	mov	%bx, %es
	xor	%di, %di
	mov	$0x4000, %cx
	repe scasl
	je	look
	leave_with 1
looked:
	dec	%bp
	jnz	round
	mov	$text, %si
	mov	$(text_end - text), %cx
	mov	$UART, %dx
	rep outsb
	hlt

text:	.ascii	"nothing has changed\n"
text_end:
