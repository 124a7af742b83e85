/*
 * Mode 13h, with every colour of a palette of its own and nothing that moves. A key
 * that is pressed draws a point right of the last one, at the bottom, in a colour that
 * nothing else has, and its scan code is printed; n draws noise, q ends with status 5.
 */
#include "guest.inc"

#define ATTR	0x3c0
#define MISC	0x3c2
#define SEQ	0x3c4
#define DAC	0x3c8
#define GFX	0x3ce
#define CRTC	0x3d4
#define STATUS	0x3da
#define KEYS	0x60
#define LINE	320

	.code16
	.globl	_start
_start:	mov	$stack_end, %sp
	cld
	mov	$MISC, %dx
	mov	$0x63, %al
	out	%al, %dx
	mov	$SEQ, %dx
	mov	$seq, %si
	mov	$5, %cx
	call	registers
	mov	$CRTC, %dx
	mov	$0x0e11, %ax	/* registers 0 to 7 are not protected */
	out	%ax, %dx
	mov	$25, %cx
	call	registers
	mov	$GFX, %dx
	mov	$9, %cx
	call	registers
	mov	$STATUS, %dx
	in	%dx, %al
	mov	$ATTR, %dx
	xor	%ah, %ah
	mov	$21, %cx
1:	mov	%ah, %al
	out	%al, %dx
	inc	%ah
	lodsb
	out	%al, %dx
	loop	1b
	mov	$0x20, %al	/* the screen is on */
	out	%al, %dx

	mov	$DAC, %dx
	xor	%ax, %ax
	out	%al, %dx
	inc	%dx
	xor	%bx, %bx
2:	mov	%bl, %al	/* n, n / 4 and 11n, 6 bits of each */
	out	%al, %dx
	mov	%bl, %al
	shr	$2, %al
	out	%al, %dx
	mov	%bl, %al
	mov	$11, %cl
	mul	%cl
	and	$0x3f, %al
	out	%al, %dx
	inc	%bl
	jnz	2b

	mov	$0xa000, %ax
	mov	%ax, %es
	xor	%di, %di
	xor	%dx, %dx	/* the row */
3:	mov	$LINE, %cx
4:	mov	%cx, %ax	/* bars that fall */
	shr	$3, %ax
	add	%dl, %al
	stosb
	loop	4b
	inc	%dx
	cmp	$200, %dx
	jb	3b

	mov	$250, %bp	/* the next point: its colour, and how far right */
keys:	in	$0x64, %al
	test	$1, %al
	jz	keys
	in	$KEYS, %al
	test	$0x80, %al
	jnz	keys
	mov	%al, %bl
	say
	cmp	$0x31, %bl
	je	noise
	cmp	$0x10, %bl
	jne	point
	leave_with 5

point:	mov	%bp, %bx
	mov	%bl, %es:199 * LINE(%bp)
	inc	%bp
	jmp	keys

noise:	xor	%di, %di
	mov	seed, %eax	/* each time another one */
	mov	$64000, %cx
6:	imul	$1103515245, %eax, %eax
	add	$12345, %eax
	mov	%eax, %ebx
	shr	$16, %ebx
	and	$0x7f, %bl
	mov	%bl, %es:(%di)
	inc	%di
	loop	6b
	mov	%eax, seed
	jmp	keys

/* CX registers from number 0 on, at the index port DX, from SI on. */
registers:
	xor	%ax, %ax
1:	mov	(%si), %ah
	inc	%si
	out	%ax, %dx
	inc	%al
	loop	1b
	ret

seq:	.byte	0x03, 0x01, 0x0f, 0x00, 0x0e
	/* The CRT controller's, */
	.byte	0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80, 0xbf, 0x1f
	.byte	0x00, 0x41, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00
	.byte	0x9c, 0x0e, 0x8f, 0x28, 0x40, 0x96, 0xb9, 0xa3, 0xff
	/* the graphics controller's, */
	.byte	0x00, 0x00, 0x00, 0x00, 0x00, 0x40, 0x05, 0x0f, 0xff
	/* and the attribute controller's. */
	.byte	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	.byte	0x41, 0x00, 0x0f, 0x00, 0x00

	.balign	4
seed:	.long	1
stack_end = . + 256
