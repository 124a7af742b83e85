/*
 * From real mode to long mode: SDM 3A, "Initializing IA-32e Mode".
 */
#define CODE_32	0x08
#define DATA	0x10
#define CODE_64	0x18
#define TABLES	0x10000	/* three of them: the first 2 MiB are where they are */

#define PRESENT	 0x01
#define WRITABLE 0x02
#define LARGE	 0x80
#define CR0_PE	 0x00000001
#define CR0_PG	 0x80000000
#define CR4_PAE	 0x20
#define MSR_EFER 0xc0000080
#define EFER_LME 0x100

	.code16
	.globl	_start
_start:
	lgdtl	gdt_pointer
	mov	%cr0, %eax
	or	$CR0_PE, %eax
	mov	%eax, %cr0
	ljmpl	$CODE_32, $protected

	.code32
protected:
	mov	$DATA, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$0x8000, %esp

	movl	$TABLES + 0x1000 + PRESENT + WRITABLE, TABLES
	movl	$TABLES + 0x2000 + PRESENT + WRITABLE, TABLES + 0x1000
	movl	$PRESENT + WRITABLE + LARGE, TABLES + 0x2000
	mov	$TABLES, %eax
	mov	%eax, %cr3

	mov	%cr4, %eax
	or	$CR4_PAE, %eax
	mov	%eax, %cr4
	mov	$MSR_EFER, %ecx
	rdmsr
	or	$0, %eax
	wrmsr
	mov	%cr0, %eax
	or	$CR0_PG, %eax
	mov	%eax, %cr0
	ljmp	$CODE_64, $arrived

	.balign	8
gdt:	.quad	0
	.quad	0x00cf9b000000ffff	/* CODE_32 */
	.quad	0x00cf93000000ffff	/* DATA */
	.quad	0x00af9b000000ffff	/* CODE_64 */
gdt_pointer:
	.word	. - gdt - 1
	.long	gdt

#include "arrive.inc"
