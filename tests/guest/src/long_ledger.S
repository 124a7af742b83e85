/*
 * Entered as a 64-bit Linux kernel: as many ports as --stats has rows for, one
 * exit that is no access, a halt that the timer ends, and as many ports again.
 * Ends with status 5.
 */
	.code64
	lea	stack_end(%rip), %rsp
	lea	handler(%rip), %rax
	lea	table(%rip), %rdi
	mov	$256, %ecx
gate:	mov	%ax, (%rdi)
	movw	$0x10, 2(%rdi)
	movw	$0x8e00, 4(%rdi)
	mov	%rax, %rdx
	shr	$16, %rdx
	mov	%edx, 6(%rdi)
	movw	$0, 10(%rdi)
	shr	$32, %rdx
	mov	%edx, 8(%rdi)
	add	$16, %rdi
	loop	gate
	lea	table(%rip), %rax
	mov	%rax, pointer + 2(%rip)
	lidt	pointer(%rip)
	mov	$0x11, %al		/* 8259: vectors from 20h, IRQ 0 alone */
	out	%al, $0x20
	mov	$0x20, %al
	out	%al, $0x21
	mov	$4, %al
	out	%al, $0x21
	mov	$1, %al
	out	%al, $0x21
	mov	$0xfe, %al
	out	%al, $0x21
	mov	$0x34, %al		/* 8254: counter 0, mode 2 */
	out	%al, $0x43
	xor	%eax, %eax
	out	%al, $0x40
	mov	$0x10, %al
	out	%al, $0x40
	mov	$0x1000, %dx
	call	ports
	sti
	hlt
	cli
	mov	$0x2000, %dx
	call	ports
	mov	$0x500, %dx
	mov	$5, %bl
	mov	$8, %al
	out	%al, %dx
	hlt
ports:	mov	$96, %ecx
port:	in	%dx, %al
	inc	%edx
	loop	port
	ret
handler:
	push	%rax
	mov	$0x20, %al
	out	%al, $0x20
	pop	%rax
	iretq
pointer:
	.word	4095
	.quad	0
	.balign	16
table = .				/* RAM behind the image */
stack_end = . + 8192
