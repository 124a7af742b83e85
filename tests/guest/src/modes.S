/*
 * From real mode over 32 bits to 64, with a table of each kind on the way: what a
 * debugger shows is looked at where each label of the form in_... stands. Without
 * paging in 32 bits, which not every KVM has.
 */
#include "guest.inc"

#define CODE_32	0x08
#define DATA	0x10
#define CODE_64	0x18
#define TASK	0x20
#define TABLES	0x10000	/* three of them: the first 2 MiB are where they are */

	.code16
	.globl	_start, in_real, in_protected, in_long
_start:	mov	$0x100, %ax
	mov	%ax, %ds
	ljmp	$0x100, $in_real - 0x1000	/* the same place, another base */

	. = 0x1000
	nop
in_real:
	nop
	lgdtl	gdt_pointer - 0x1000
	lidtl	idt_pointer - 0x1000
	mov	%cr0, %eax
	or	$1, %al
	mov	%eax, %cr0
	ljmpl	$CODE_32, $protected

	.code32
protected:
	mov	$DATA, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$0x8000, %esp
	movl	$TABLES + 0x1003, TABLES
	movl	$TABLES + 0x2003, TABLES + 0x1000
	movl	$0x83, TABLES + 0x2000
in_protected:
	nop
	mov	$0x20, %eax		/* CR4.PAE */
	mov	%eax, %cr4
	mov	$TABLES, %eax
	mov	%eax, %cr3
	mov	$0xc0000080, %ecx	/* EFER.LME */
	mov	$0x100, %eax
	xor	%edx, %edx
	wrmsr
	mov	$0x80000011, %eax	/* CR0.PG */
	mov	%eax, %cr0
	ljmp	$CODE_64, $in_long

	.code64
in_long:
	nop
	leave_with 7

	.balign	8
gdt:	.quad	0
	.quad	0x00cf9b000000ffff	/* CODE_32 */
	.quad	0x00cf93000000ffff	/* DATA */
	.quad	0x00af9b000000ffff	/* CODE_64 */
	.quad	0x0000890020000067, 0	/* TASK, at 2000h */
gdt_pointer:
	.word	. - gdt - 1
	.long	gdt
	.balign	8
idt:	.quad	0x00008e0000081234, 0	/* as 64-bit code has it, one gate */
	.quad	0x00008f0300185678, 0x12
idt_pointer:
	.word	. - idt - 1
	.long	idt
