/*
 * Says hello from long mode, and shows the four bits that make it long mode.
 *
 * A CPU does not start here: it goes through real mode and protected mode, and
 * needs page tables, a GDT, and EFER.LME set before CR0.PG. The loader made all
 * of that (vmm/boot/long64.c), so this is the first instruction. The stack is
 * there, interrupts are off, RDI points to the words of --cmdline.
 */
#include "abi/long64.h"

#define CR0_PG	     31
#define CR4_PAE	     5
#define MSR_EFER     0xc0000080
#define EFER_LMA     10
#define DESCRIPTOR_L 21	/* in the upper half of a code segment's */

	.code64
	.globl	_start
_start:
	mov	%rdi, %rbx
	lea	greeting(%rip), %rsi
	call	print

	mov	%cr0, %rax
	bt	$CR0_PG, %rax
	call	print_bit	/* and the text behind it */
	mov	%cr4, %rax
	bt	$CR4_PAE, %rax
	call	print_bit
	mov	$MSR_EFER, %ecx
	rdmsr
	bt	$EFER_LMA, %eax
	call	print_bit
	mov	%cs, %eax	/* the offset of its descriptor in the GDT */
	btl	$DESCRIPTOR_L, LONG64_GDT + 4(%rax)
	call	print_bit

	call	print		/* one register, and no carry to look after */
	mov	$1, %eax
	shl	$40, %rax
	call	print_decimal
	mov	$'\n', %al
	call	putchar
	cmpb	$0, (%rbx)
	je	1f
	call	print
	mov	%rbx, %rsi
	call	print
	mov	$'\n', %al
	call	putchar
1:	hlt

/* Prints the carry flag as a digit, and the text at RSI. */
print_bit:
	setc	%al
	add	$'0', %al
	call	putchar
	jmp	print

#include "print.inc"
#include "uart.inc"

	.data
greeting:
	.asciz	"Hello, long mode!\nCR0.PG   "
	.asciz	"  paging is on\nCR4.PAE  "
	.asciz	"  page-table entries have 64 bits\nEFER.LMA "
	.asciz	"  long mode is active\nCS.L     "
	.asciz	"  this code segment is a 64-bit one\n"
	.asciz	"2 to the 40th is "
	.asciz	"My command line: "
