/*
 * Puts "Stand" on the screen, known values into registers, says that it is ready and
 * then does nothing: somebody looks at it.
 */
#include "guest.inc"

	.code16
start:
	mov	$0xb800, %ax
	mov	%ax, %es
	xor	%di, %di
	mov	$text, %si
	mov	$((text_end - text) / 2), %cx
	cld
	rep movsw
	mov	$UART, %dx
	mov	$ready, %si
	mov	$(ready_end - ready), %cx
	rep outsb
	mov	$0x1234, %bx
	mov	$0x5678, %bp
1:	jmp	1b

text:	.byte	'S', 7, 't', 7, 'a', 7, 'n', 7, 'd', 7
text_end:
ready:	.ascii	"ready\n"
ready_end:
