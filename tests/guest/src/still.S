/*
 * Draws once when a key comes, and never again: by 1 in mode 13h, by V in the same size
 * by the Bochs VBE interface, without a linear framebuffer. It says so by a line.
 */
#include "guest.inc"

#define KEY_DATA   0x60
#define KEY_STATUS 0x64
#define KEY_1	   0x02
#define KEY_V	   0x2f
#define VBE_INDEX  0x1ce
/* As mode13.S has them, which has to come last: its palette lies behind it. */
#define MISC	   0x3c2
#define SEQ	   0x3c4
#define GFX	   0x3ce
#define CRTC	   0x3d4
#define SCREEN	   0xa000

	.code16
	.globl	_start
_start:	mov	$stack_end, %sp
	cld
	mov	$'b', %bl
said:	say
	mov	$'\n', %bl
	say
next:	in	$KEY_STATUS, %al
	test	$1, %al
	jz	next
	in	$KEY_DATA, %al
	cmp	$KEY_1, %al
	je	mode_13h
	cmp	$KEY_V, %al
	jne	next

	mov	$vbe, %si
	mov	$VBE_INDEX, %dx
	mov	$4, %cx
1:	outsw				/* index, and data at the next port */
	inc	%dx
	outsw
	dec	%dx
	loop	1b
	call	palette
	jmp	draw

mode_13h:
	mov	$MISC, %dx
	mov	$0x63, %al
	out	%al, %dx
	mov	$SEQ, %dx
	mov	$seq, %si
	mov	$5, %cx
	call	registers
	mov	$CRTC, %dx
	mov	$0x0e11, %ax
	out	%ax, %dx
	mov	$25, %cx
	call	registers
	mov	$GFX, %dx
	mov	$9, %cx
	call	registers
	call	attributes
	call	palette

/* Byte N is N + N / 256. */
draw:	mov	$SCREEN, %ax
	mov	%ax, %es
	xor	%di, %di
1:	mov	%di, %ax
	add	%ah, %al
	stosb
	test	%di, %di
	jnz	1b
	mov	$'d', %bl
	jmp	said

vbe:	.word	1, 320, 2, 200, 3, 8, 4, 1

/* Its tables, and what writes them. */
#define _start of_mode13
#include "../../../guests/mode13.S"
