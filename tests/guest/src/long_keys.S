/*
 * Entered as a 64-bit Linux kernel, and does as one with an i8042 driver: first
 * the keyboard, much later the serial port. Then it reads both: what comes by
 * the serial port is printed, up to Ctrl-D; a byte of the keyboard is a `!`, up
 * to the Enter key, which ends with status 3.
 */
	.code64
	mov	$0x60, %al		/* command byte: IRQ1, translation */
	out	%al, $0x64
	mov	$0x45, %al
	out	%al, $0x60
	mov	$0xf4, %al		/* scanning on */
	out	%al, $0x60
answer:	in	$0x64, %al
	test	$1, %al
	jz	answer
	in	$0x60, %al
	mov	$20000, %ecx
wait:	in	$0x64, %al
	loop	wait
	mov	$0x3fc, %dx		/* MCR: OUT2, RTS, DTR */
	mov	$0x0b, %al
	out	%al, %dx
	mov	$0x3f9, %dx		/* IER: received data */
	mov	$1, %al
	out	%al, %dx
poll:	in	$0x64, %al
	test	$1, %al
	jz	serial
	in	$0x60, %al
	cmp	$0x1c, %al
	je	enter
	mov	$0x3f8, %dx
	mov	$'!', %al
	out	%al, %dx
serial:	mov	$0x3fd, %dx
	in	%dx, %al
	cmp	$0xff, %al		/* no such port */
	je	poll
	test	$1, %al
	jz	poll
	mov	$0x3f8, %dx
	in	%dx, %al
	cmp	$4, %al
	je	done
	out	%al, %dx
	jmp	serial
enter:	mov	$3, %bl
	jmp	exit
done:	xor	%ebx, %ebx
exit:	mov	$0x500, %dx
	mov	$8, %al
	out	%al, %dx
	hlt
