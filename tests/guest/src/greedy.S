/*
 * Fills all memory that it can reach, eight times over: what lies behind it in
 * its own segment, every other segment of the first MiB, and what FFFF:0010
 * reaches above it. The last time it writes HLT over itself, too, and that is
 * what runs next.
 */
#include "guest.inc"

#define ROUNDS	8
#define HLTS	0xf4f4f4f4

	.code16
start:
	cld
	mov	$ROUNDS, %bp
	mov	$HLTS, %eax
round:
	xor	%bx, %bx
	mov	%bx, %es
	mov	$end, %di
	mov	$((0x10000 - end_value) / 4), %cx
	rep stosl
segment:
	add	$0x1000, %bx
	jc	above
	mov	%bx, %es
	xor	%di, %di
	mov	$0x4000, %cx
	rep stosl
	jmp	segment
above:
	mov	$0xffff, %bx
	mov	%bx, %es
	mov	$0x0010, %di
	mov	$16, %cx
	rep stosl
	rol	%eax
	dec	%bp
	jnz	round

	mov	$text, %si
	mov	$(text_end - text), %cx
	mov	$UART, %dx
	rep outsb
	mov	$HLTS, %eax
	xor	%di, %di
	mov	%di, %es
	mov	$(end_value / 4), %cx
	rep stosl
	leave_with 1

text:	.ascii	"everything is mine\n"
text_end:
	.balign	4
end:
	.set	end_value, end - start
