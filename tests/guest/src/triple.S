/*
 * A triple fault: in protected mode, an interrupt without any room in the
 * vector table. In real mode a KVM that emulates the CPU does not look at the
 * size of the table.
 */
	.code16
	lgdt	gdt_pointer
	lidt	none
	mov	%cr0, %eax
	or	$1, %al
	mov	%eax, %cr0
	ljmpl	$8, $protected
	.code32
protected:
	int3
	.code16
none:	.word	0
	.long	0
gdt_pointer:
	.word	15
	.long	gdt
	.balign	8
gdt:	.quad	0
	.quad	0x00cf9b000000ffff	/* 0x08: 32-bit code, flat */
