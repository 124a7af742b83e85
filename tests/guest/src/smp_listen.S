/*
 * A kernel that knows nothing of other CPUs: listens to its console, the serial
 * port, and waits for interrupts, none of which come. The 32-bit part of a
 * bzImage.
 */
#define COM1_IER 0x3f9
#define IER_RDA	 1 /* an interrupt for what was received */
#define COM1_MCR 0x3fc
#define MCR_OPEN 0x0b /* DTR, RTS, OUT2 */

	.code32
	mov	$COM1_MCR, %edx
	mov	$MCR_OPEN, %al
	out	%al, %dx
	mov	$COM1_IER, %edx
	mov	$IER_RDA, %al
	out	%al, %dx
	sti
1:	hlt
	jmp	1b
