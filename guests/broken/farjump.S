/*
 * Real mode to protected mode, and a letter on the screen.
 * Something is missing: docs/debugging.md, "1. farjump".
 */
	.code16
	cli
	lgdtl	gdtr
	mov	%cr0, %eax
	or	$1, %al
	mov	%eax, %cr0

	.code32
	mov	$0x10, %eax
	mov	%eax, %ds
	mov	%eax, %ss
	mov	$0x7000, %esp
	movl	$0x0f360f50, 0xb8000	/* P6, white on black */
	hlt

	.balign	8
gdt:	.quad	0
	.quad	0x00cf9b000000ffff	/* 0x08: code, 4 GiB from 0 */
	.quad	0x00cf93000000ffff	/* 0x10: data, the same */
gdtr:	.word	. - gdt - 1
	.long	gdt
