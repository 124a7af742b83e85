/*
 * The option ROM that has our MP table behind its code: firmware that made one of its
 * own has a pointer to that in its last 64 KiB, where systems look for it. It leads to ours
 * from then on, so that the table is the same with firmware and without.
 * (MultiProcessor Specification, "MP Floating Pointer Structure")
 */

	.include "vmm/boot/rom/rom.inc"

BIOS	= 0xf000
TABLE	= 4				/* of the pointer: its address */
SUM	= 10
SIZE	= 16

	rom_header "0"

init:	pushal
	push	%ds
	mov	$BIOS, %ax
	mov	%ax, %ds
	xor	%si, %si
1:	cmpl	$0x5f504d5f, (%si)	/* _MP_ */
	je	2f
	add	$SIZE, %si
	jnz	1b
	jmp	4f			/* it made none */
2:	xor	%eax, %eax
	mov	%cs, %ax
	shl	$4, %eax
	add	$table - rom, %eax
	mov	%eax, TABLE(%si)
	movb	$0, SUM(%si)
	xor	%al, %al
	xor	%bx, %bx
3:	sub	(%bx,%si), %al
	inc	%bx
	cmp	$SIZE, %bx
	jb	3b
	mov	%al, SUM(%si)
4:	pop	%ds
	popal
	xor	%ax, %ax		/* nothing to boot */
	lret

name:	.asciz	"MP table"
	.balign	16
table:
