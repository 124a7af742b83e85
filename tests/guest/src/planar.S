/*
 * A boot sector that has the VGA BIOS say what display there is, set a mode with 16
 * colours in four planes, and draw the last of its points; it draws the first eight.
 * In the end COM1 gets what the BIOS has said: 128 bytes, and AX of both calls.
 */
#include "guest.inc"

#define HERE	0x7c0
#define EDID_LEN 128

	.code16
	.globl	_start
_start:	ljmp	$HERE, $1f
1:	mov	%cs, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	%ax, %ss
	mov	$0x1000, %sp
	mov	$0x4f15, %ax		/* VBE/DDC: the EDID of the display */
	mov	$1, %bx
	xor	%cx, %cx
	xor	%dx, %dx
	mov	$edid, %di
	int	$0x10
	mov	%ax, said

	mov	$0x4f02, %ax		/* 800 by 600 */
	mov	$0x102, %bx
	int	$0x10
	mov	%ax, said + 2
	mov	$0x0c0e, %ax		/* a yellow point */
	xor	%bx, %bx
	mov	$799, %cx
	mov	$599, %dx
	int	$0x10
	mov	$0x3c4, %dx		/* red: plane 2 alone */
	mov	$0x0402, %ax
	out	%ax, %dx
	mov	$0xa000, %ax
	mov	%ax, %es
	movb	$0xff, %es:0
	cli				/* the firmware's output is over */
	mov	$UART, %dx
	mov	$edid, %si
	mov	$EDID_LEN + 4, %cx
	rep outsb
	leave_with 0

	.org	510
	.word	0xaa55
edid = .
said = edid + EDID_LEN
