/*
 * Polls the line status often enough to be taken for a reader, then prints for
 * ever: output that nobody takes, with a device that would take input.
 */
	.code16
	mov	$0x3fd, %dx
	mov	$32, %cx
poll:
	in	%dx, %al
	loop	poll
	mov	$0x3f8, %dx
	mov	$'A', %al
print:
	out	%al, %dx
	jmp	print
