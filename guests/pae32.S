/*
 * Turns on paging with PAE, the physical address extension.
 *
 * Without it an entry has 32 bits and no address above 4 GiB fits in. PAE
 * makes entries 64 bits wide: a table holds 512 of them, a directory covers
 * 1 GiB, and a third level, four pointers, covers the 4 GiB again. Long mode
 * is this, with a fourth level on top. (SDM 3A, "PAE Paging")
 *
 *	virtual address	  31-30	    29-21      20-0
 *			  pointer   directory  offset in a page of 2 MiB
 *
 * The order matters: tables, CR3, CR4.PAE, and CR0.PG last. The instruction
 * after that is fetched through the tables, so where it lies has to be mapped
 * to itself.
 */
#define PRESENT	 (1 << 0)
#define WRITABLE (1 << 1)
#define LARGE	 (1 << 7)
#define CR4_PAE	 (1 << 5)
#define CR0_PG	 (1 << 31)

#define LARGE_PAGE 0x200000
#define IDENTITY   8		/* pages: 16 MiB, all of our RAM */
#define HIGH	   0x80000000	/* pointer 2, entry 0 of its directory */
#define TARGET	   0x400000	/* what HIGH means: 4 MiB */

	.code32
	.globl	_start
_start:
	/* Physical address and flags go into the low half; the high one is 0. */
	movl	$low_directory + PRESENT, pointers
	movl	$high_directory + PRESENT, pointers + 2 * 8
	xor	%ecx, %ecx
	mov	$PRESENT | WRITABLE | LARGE, %eax
1:	mov	%eax, low_directory(, %ecx, 8)
	add	$LARGE_PAGE, %eax
	inc	%ecx
	cmp	$IDENTITY, %ecx
	jb	1b
	movl	$TARGET | PRESENT | WRITABLE | LARGE, high_directory

	mov	$pointers, %eax
	mov	%eax, %cr3
	mov	%cr4, %eax
	or	$CR4_PAE, %eax
	mov	%eax, %cr4
	mov	%cr0, %eax
	or	$CR0_PG, %eax
	mov	%eax, %cr0

	mov	$on_text, %esi
	call	print
	mov	%cr3, %eax
	call	print_number
	call	print
	xor	%ebx, %ebx		/* number of the pointer */
2:	mov	pointers(, %ebx, 8), %eax
	test	$PRESENT, %eax
	jz	3f
	mov	$pointer_text, %esi
	call	print
	mov	%ebx, %eax
	call	print_decimal
	call	print
	mov	pointers(, %ebx, 8), %eax
	and	$~0xfff, %eax
	call	print_number
	mov	%eax, %edx
	call	print
	mov	(%edx), %eax
	call	print_number
	mov	$'\n', %al
	call	putchar
3:	inc	%ebx
	cmp	$4, %ebx
	jb	2b

	movl	$1111, TARGET
	mov	$target_text, %esi
	call	print
	mov	HIGH, %eax
	call	print_decimal
	movl	$2222, HIGH
	call	print
	mov	TARGET, %eax
	call	print_decimal
	mov	$'\n', %al
	call	putchar
	hlt

print_number:
	mov	$8, %ecx
	jmp	print_hex

#include "print.inc"
#include "uart.inc"

	.data
on_text:
	.asciz	"Paging with PAE is on, CR3 0x"
	.asciz	"\n"
pointer_text:
	.asciz	"Pointer "
	.asciz	": directory at 0x"
	.asciz	", whose first entry is 0x"
target_text:
	.asciz	"Wrote 1111 at 0x00400000; 0x80000000 reads "
	.asciz	"\nWrote 2222 at 0x80000000; 0x00400000 reads "

	.bss
	.balign	4096
low_directory:
	.skip	4096
high_directory:
	.skip	4096
pointers:
	.skip	4 * 8
