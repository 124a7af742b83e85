/*
 * Prints some 70,000 bytes by the serial port, then says so on the text screen,
 * and stays.
 */
#include "guest.inc"

	.code16
	cld
	mov	$2560, %bx		/* of 28 bytes */
	mov	$UART, %dx
lines:	mov	$line, %si
	mov	$(line_end - line), %cx
	rep outsb
	dec	%bx
	jnz	lines
	mov	$last, %si
	mov	$(last_end - last), %cx
	rep outsb
	mov	$0xb800, %ax
	mov	%ax, %es
	xor	%di, %di
	mov	$text, %si
	mov	$0x07, %ah
next:	lodsb
	stosw
	cmp	$text_end, %si
	jne	next
stay:	in	$0x64, %al
	jmp	stay

line:	.ascii	"a line that nobody looks at\n"
line_end:
last:	.ascii	"the last line\n"
last_end:
text:	.ascii	"all printed"
text_end:
