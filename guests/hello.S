/*
 * Says hello through COM1, the first serial port, a UART: port I/O.
 *
 * OUT writes a byte to an I/O port. No guest may touch the real port, so each
 * OUT is a VM exit: the CPU leaves the guest, the hypervisor sees the port
 * number and the byte, plays the UART, and enters the guest again behind the
 * OUT. Twelve characters are twelve exits, and HLT is the thirteenth. A real
 * UART would have to be asked first whether it is ready; this one always is.
 */
#define COM1_THR 0x3f8	/* transmitter holding register: what to send */

	.code16
	.globl _start
_start:
	mov	$message, %si
	mov	$COM1_THR, %dx
next:
	lodsb			/* AL = the byte at SI, then SI + 1 */
	test	%al, %al	/* is it the zero that ends the text? */
	jz	done
	out	%al, %dx
	jmp	next
done:
	hlt
message:
	.asciz	"Hello, KVM!\n"
