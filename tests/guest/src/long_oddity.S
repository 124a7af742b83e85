/*
 * Entered as a 64-bit Linux kernel: the timer ticks, and after 50 exits and as
 * many more as --cmdline has characters the 8259 is asked for what it does not
 * know, 8080 mode. Then it exits for ever.
 */
	.code64
	mov	$0x34, %al
	out	%al, $0x43
	xor	%eax, %eax
	out	%al, $0x40
	mov	$0x10, %al
	out	%al, $0x40
	mov	0x228(%rsi), %edi	/* cmd_line_ptr */
length:	cmpb	$0, (%rdi)
	je	count
	inc	%rdi
	jmp	length
count:	lea	50(%rdi), %edx
	sub	0x228(%rsi), %edx
	mov	%edx, %ecx
again:	out	%al, $0x80
	loop	again
	mov	$0x11, %al
	out	%al, $0x20
	mov	$0x20, %al
	out	%al, $0x21
	mov	$4, %al
	out	%al, $0x21
	xor	%eax, %eax
	out	%al, $0x21
for_ever:
	out	%al, $0x80
	jmp	for_ever
