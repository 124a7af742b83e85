/*
 * A program as the original Mini-KVM ran it, with nothing of ours included:
 * flat, linked at 0, entered at 0000:0000 with every segment at 0 and a stack
 * that it takes as it finds it. Prints through the UART and through port
 * 0x500, waits for a key, and ends by HLT, or by hypercall 0 after a 'q', with
 * whatever BL has by then. Where something is wrong it prints nothing.
 */
	.code16
start:
	call	here			/* pushes the address of the next line */
here:
	pop	%ax
	cmp	$(here - start), %ax
	jne	halt
	mov	%cs, %ax
	mov	%ds, %bx
	or	%bx, %ax
	mov	%es, %bx
	or	%bx, %ax
	mov	%ss, %bx
	or	%bx, %ax
	jnz	halt

	mov	$0x3f8, %dx
	mov	$'U', %al
	out	%al, %dx
	mov	$0x500, %dx
	mov	$text, %si
print:
	lodsb
	test	%al, %al
	jz	key
	mov	%al, %bl
	mov	$1, %al
	out	%al, %dx
	jmp	print
key:
	mov	$2, %al
	out	%al, %dx
	in	%dx, %al
	cmp	$0xff, %al
	je	key
	mov	%al, %bl
	mov	$1, %al
	out	%al, %dx
	cmp	$'q', %bl
	jne	halt
	xor	%al, %al
	out	%al, %dx
halt:
	hlt

text:	.asciz	"ART and hypercalls: "
