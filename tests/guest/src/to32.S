/*
 * A kernel's setup code that only goes to where its code of 32 bits is entered, at 1 MiB.
 * It runs wherever it is, with DS where its boot sector is, and 268h its offset.
 */
	.code16
	cli
	xor	%eax, %eax
	mov	%ds, %ax
	shl	$4, %eax
	add	$0x268, %eax
	add	%eax, 0x268 + pointer + 2
	lgdtl	0x268 + pointer
	mov	$1, %eax
	mov	%eax, %cr0
	mov	$16, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	%ax, %ss
	ljmpl	$8, $0x100000

	.balign	8
gdt:	.quad	0, 0x00cf9b000000ffff, 0x00cf93000000ffff
pointer:
	.word	23
	.long	gdt
