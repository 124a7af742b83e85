/*
 * Says hello from flat protected mode, and shows what "flat" is.
 *
 * A segment register holds a selector, an offset into the GDT; the descriptor
 * there has a base that is added to every address, and a limit. "Flat" means
 * base 0 and limit 4 GiB: segments are there, because protected mode cannot
 * do without, and change nothing. Paging is off, so an address is physical.
 *
 *	descriptor	63-56	  55-52  51-48	   47-40   39-16     15-0
 *			base high flags  limit high rights base low  limit low
 */
#define RIGHTS_DPL 5	/* bits 5 and 6: the ring */
#define FLAG_PAGES 23	/* in the upper half: the limit counts 4 KiB pages */

	.code32
	.globl	_start
_start:
	mov	$greeting, %esi
	call	print
	mov	%cs, %ax
	call	describe
	mov	%ds, %ax
	call	describe
	call	print
	mov	%cr0, %eax
	mov	$8, %ecx
	call	print_hex
	call	print
	hlt

/*
 * Prints what the descriptor of selector AX says, and the text at ESI between
 * its numbers. SGDT tells where the GDT is.
 */
describe:
	movzwl	%ax, %ebx
	call	print
	mov	%ebx, %eax
	mov	$4, %ecx
	call	print_hex
	sgdt	gdtr
	and	$~7, %ebx	/* its low three bits: ring and table */
	add	gdtr + 2, %ebx

	call	print
	mov	4(%ebx), %eax	/* base: bits 63-56 and 39-16 */
	mov	%eax, %edx
	and	$0xff000000, %eax
	and	$0xff, %edx
	shl	$16, %edx
	or	%edx, %eax
	movzwl	2(%ebx), %edx
	or	%edx, %eax
	mov	$8, %ecx
	call	print_hex

	call	print
	mov	4(%ebx), %eax	/* limit: bits 51-48 and 15-0 */
	and	$0x000f0000, %eax
	mov	(%ebx), %ax
	btl	$FLAG_PAGES, 4(%ebx)
	jnc	1f
	shl	$12, %eax
	or	$0xfff, %eax
1:	call	print_hex

	call	print
	movzbl	5(%ebx), %eax
	shr	$RIGHTS_DPL, %eax
	and	$3, %eax
	call	print_decimal
	jmp	print

#include "print.inc"
#include "uart.inc"

	.data
gdtr:
	.word	0		/* limit */
	.long	0		/* base */
greeting:
	.asciz	"Hello, protected mode!\n"
	.asciz	"CS 0x"
	.asciz	": base 0x"
	.asciz	", limit 0x"
	.asciz	", ring "
	.asciz	", code\n"
	.asciz	"DS 0x"
	.asciz	": base 0x"
	.asciz	", limit 0x"
	.asciz	", ring "
	.asciz	", data\n"
	.asciz	"CR0 0x"
	.asciz	": PE is on, PG is off\n"
