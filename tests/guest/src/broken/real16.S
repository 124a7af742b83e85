/*
 * Broken guests that begin in real mode, and their neighbours: broken.inc. Flat,
 * at 0, with a segment of 0x100 that the program moves to where that matters.
 */
#include "broken.inc"

	.code16
	.globl	start
start:	jmp	begin
	.org	0x100
begin:
#if defined(CASE_far_jump_after_pe)
	lgdt	gdtr
	lidt	no_idt
	mov	%cr0, %eax
	or	$CR0_PE, %al
	mov	%eax, %cr0
	RIGHT_ONLY(ljmpl $8, $protected)
	.code32
protected:
	mov	$16, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$0x10000, %ecx	/* of which 16-bit code takes 0 */
	xor	%edx, %edx
	div	%ecx
	fine
	.code16

#elif defined(CASE_gdt_linear)
	ljmp	$0x10, $1f - 0x100
1:	lidt	%cs:no_idt - 0x100
	lgdtl	%cs:EITHER(gdtr_offset, gdtr) - 0x100
	mov	%cr0, %eax
	or	$CR0_PE, %al
	mov	%eax, %cr0
	ljmpl	$8, $protected
	.code32
protected:
	fine
	.code16

#elif defined(CASE_real_mode_ltr)
	lidt	no_idt
	mov	$8, %ax
	BROKEN_ONLY(ltr %ax)
	fine

#elif defined(CASE_idt_room)
	movw	$good, 3 * 4
	movw	$0, 3 * 4 + 2
	BROKEN_ONLY(lidt no_idt)
	int3
good:	fine

#else
#error "no such case"
#endif

no_idt:	.word	0
	.long	0
gdtr:	.word	gdt_end - gdt - 1
	.long	gdt
gdtr_offset:
	.word	gdt_end - gdt - 1
	.long	gdt - 0x100
	.balign	8
gdt:	.quad	0
	.quad	0x00cf9b000000ffff	/* 0x08: 32-bit code, flat */
	.quad	0x00cf93000000ffff	/* 0x10: data, flat */
gdt_end:
