/*
 * Where a program begins, and where it ends when main() returns. The kernel
 * enters it with the address of its arguments, one string, in EAX.
 */
	.section .start, "ax"
	push	%eax
	call	main
	mov	%eax, %ebx
	xor	%eax, %eax	/* SYS_EXIT */
	int	$0x80
