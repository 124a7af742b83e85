/*
 * Real mode to protected mode, this time with the far jump.
 * Something is wrong: docs/debugging.md, "2. gdt".
 */
	.code16
	cli
	lgdtl	gdtr
	mov	%cr0, %eax
	or	$1, %al
	mov	%eax, %cr0
	ljmpl	$0x08, $protected

	.code32
protected:
	mov	$0x10, %eax
	mov	%eax, %ds
	mov	%eax, %ss
	mov	$0x7000, %esp
	mov	$'P', %al
	mov	$0x3f8, %edx
	out	%al, %dx
	hlt

	.balign	8
gdt:	.quad	0
	.quad	0x00cf9b000000ffff	/* 0x08: code, 4 GiB from 0 */
	.quad	0x00cf93000000ffff	/* 0x10: data, the same */
gdtr:	.word	2 * 8 - 1
	.long	gdt
