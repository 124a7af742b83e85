/*
 * String instructions, of which each goes on for a while: fills, copies, reads from a
 * port and writes to one, and looks whether all of it came where it belongs, twenty
 * times. Prints four letters a round; ends with status 18, or with the number of what
 * was wrong.
 */
#include "guest.inc"

#define ROUNDS	20
#define BYTES	4096
#define READ	500	/* of the hypercall's port: FFh each */
#define FROM	0x1000	/* segments */
#define TO	0x2000
#define INPUT	0x3000

/* The sum of CX bytes at ES:0 in AX. */
.macro	add_up
	xor	%ax, %ax
	xor	%di, %di
	xor	%bh, %bh
.Lnext\@:
	mov	%es:(%di), %bl
	add	%bx, %ax
	inc	%di
	loop	.Lnext\@
.endm

	.code16
start:
	mov	$1, %bp			/* the round */
	cld
round:
	mov	$FROM, %ax
	mov	%ax, %es
	xor	%di, %di
	mov	$BYTES, %cx
	mov	%bp, %ax
	rep stosb

	mov	$FROM, %ax
	mov	%ax, %ds
	mov	$TO, %ax
	mov	%ax, %es
	xor	%si, %si
	xor	%di, %di
	mov	$BYTES, %cx
	rep movsb
	test	%cx, %cx
	must_equal 1
	cmp	$BYTES, %si
	must_equal 2
	cmp	$BYTES, %di
	must_equal 3

	mov	$INPUT, %ax
	mov	%ax, %es
	xor	%di, %di
	mov	$READ, %cx
	mov	$HC_PORT, %dx
	rep insb
	cmp	$READ, %di
	must_equal 4

	mov	$READ, %cx
	add_up
	cmp	$(READ * 0xff) & 0xffff, %ax
	must_equal 5
	mov	$TO, %ax
	mov	%ax, %es
	mov	$BYTES, %cx
	add_up
	mov	%bp, %dx
	shl	$12, %dx
	cmp	%dx, %ax
	must_equal 6

	xor	%ax, %ax
	mov	%ax, %ds
	mov	%bp, %si
	and	$15, %si
	add	$letters, %si
	mov	$4, %cx
	mov	$UART, %dx
	rep outsb
	inc	%bp
	cmp	$ROUNDS, %bp
	jbe	round
	leave_with 18

letters:
	.ascii	"abcdefghijklmnopqrst"
