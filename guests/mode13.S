/*
 * Draws in mode 13h, 320 by 200 pixels of 256 colours, and lets the picture move
 * until a key is pressed and a round of frames is over.
 *
 * A mode has a number only for a BIOS. For the VGA it is what is in its registers:
 * how many lines there are, how memory is read for each of them, and what a byte
 * means. A BIOS has these tables in its ROM; here they are, and no BIOS is needed.
 * Then a pixel is a byte at A000:0, row by row, and writing it is no VM exit. The
 * palette is 768 numbers to one port; REP OUTSB brings many of them at an exit.
 */
#define KEY_DATA   0x60
#define KEY_STATUS 0x64		/* bit 0: there is a byte in KEY_DATA */
#define RELEASED   0x80		/* of a key that came up */
#define ATTR	   0x3c0	/* index and data in turn */
#define MISC	   0x3c2
#define SEQ	   0x3c4
#define DAC_INDEX  0x3c8
#define DAC_DATA   0x3c9
#define GFX	   0x3ce
#define CRTC	   0x3d4
#define STATUS	   0x3da	/* a read makes ATTR take an index */
#define RETRACE	   0x08		/* nothing is being shown */
#define SCREEN	   0xa000
#define WIDTH	   320
#define HEIGHT	   200
#define FRAMES	   32

	.globl _start
_start:
	mov	$stack_end, %sp
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
	call	attributes
	call	palette

	mov	$SCREEN, %ax
	mov	%ax, %es
	xor	%si, %si	/* keys pressed */
round:	xor	%bp, %bp	/* the frame */
frame:	call	retrace
	xor	%di, %di
	xor	%bx, %bx	/* the row */
row:	mov	%bx, %ax
	add	%bp, %ax	/* its colour, four pixels of it in EAX */
	mov	%al, %ah
	mov	%ax, %dx
	shl	$16, %eax
	mov	%dx, %ax
	mov	$WIDTH / 4, %cx
	rep stosl
	inc	%bx
	cmp	$HEIGHT, %bx
	jb	row
	in	$KEY_STATUS, %al
	test	$1, %al
	jz	1f
	in	$KEY_DATA, %al
	test	$RELEASED, %al
	jnz	1f
	inc	%si
1:	inc	%bp
	cmp	$FRAMES, %bp
	jb	frame
	test	%si, %si
	jz	round
	hlt

/* CX registers from number 0 on, at the index port DX, from SI on. */
registers:
	xor	%ax, %ax
1:	mov	(%si), %ah
	inc	%si
	out	%ax, %dx	/* index and data at once */
	inc	%al
	loop	1b
	ret

/* Those of the attribute controller have one port for both. */
attributes:
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
	ret

/* From black to red to yellow to white, 6 bits of each. */
palette:
	mov	$DAC_INDEX, %dx
	xor	%al, %al
	out	%al, %dx
	mov	$colours, %di
	xor	%bx, %bx
1:	mov	%bx, %ax	/* red in the first 64, and full then */
	call	ramp
	mov	%bx, %ax
	sub	$64, %ax
	call	ramp
	mov	%bx, %ax
	sub	$128, %ax
	call	ramp
	inc	%bx
	cmp	$256, %bx
	jb	1b
	mov	$DAC_DATA, %dx
	mov	$colours, %si
	mov	$768, %cx
	rep outsb
	ret

/* AX, as a part of a colour: 0 below 0, 63 above 63. */
ramp:	test	%ax, %ax
	jns	1f
	xor	%ax, %ax
1:	cmp	$63, %ax
	jbe	2f
	mov	$63, %al
2:	mov	%al, (%di)
	inc	%di
	ret

/* Waits for the time between two pictures to begin. */
retrace:
	mov	$STATUS, %dx
1:	in	%dx, %al
	test	$RETRACE, %al
	jnz	1b
2:	in	%dx, %al
	test	$RETRACE, %al
	jz	2b
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
colours = .
stack_end = colours + 768 + 256
