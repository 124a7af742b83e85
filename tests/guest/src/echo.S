/*
 * Says that it is ready, and sends back what comes in through the UART,
 * polling, until a byte 0x04 (Ctrl-D). The FIFO is on, as drivers have it.
 */
#include "guest.inc"

#define END	4

	.code16
start:
	mov	$UART_FCR, %dx
	mov	$1, %al
	out	%al, %dx
	cld
	mov	$UART, %dx
	mov	$ready, %si
	mov	$(ready_end - ready), %cx
	rep outsb
wait:
	mov	$UART_LSR, %dx
	in	%dx, %al
	test	$LSR_DR, %al
	jz	wait
	mov	$UART, %dx
	in	%dx, %al
	cmp	$END, %al
	je	done
	out	%al, %dx
	jmp	wait
done:
	leave_with 0

ready:	.ascii	"ready\n"
ready_end:
