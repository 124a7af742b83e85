/*
 * Writes on the text screen and prints nothing, until a key of the keyboard
 * tells it to. Each scan code is put where the cursor is, as two hexadecimal
 * digits, and the keys that do more are
 *
 *   s  the screen begins a row further down in memory
 *   5  50 rows, by characters of 8 scan lines
 *   b  bright grounds instead of blinking characters
 *   c  no cursor
 *   g  graphics, and back at the next key
 *   o  "out" by the serial port
 *   t  a triple fault
 *   q  the end, with status 5
 *
 * What comes by the serial port is sent back.
 */
#include "guest.inc"

#define CRTC	0x3d4
#define ATTR	0x3c0
#define STATUS	0x3da
#define GFX	0x3ce
#define WIDTH	80
#define AT(row, column)	(2 * ((row) * WIDTH + (column)))

	.code16
start:
	mov	$0x8000, %sp
	mov	$0xb800, %ax
	mov	%ax, %es
	cld
	xor	%di, %di
	mov	$0x0720, %ax
	mov	$0x4000, %cx
	rep stosw
	/* Every character, 64 to a row, from row 2 on. */
	mov	$AT(2, 0), %di
	mov	$0x0700, %ax
glyphs:	stosw
	inc	%al
	test	$63, %al
	jnz	glyphs
	add	$(2 * (WIDTH - 64)), %di
	test	%al, %al
	jnz	glyphs
	/* Every attribute but 0, on row 7 and those below. */
	mov	$AT(7, 0), %di
	mov	$0x0041, %ax
colours: stosw
	inc	%ah
	test	$63, %ah
	jnz	colours
	add	$(2 * (WIDTH - 64)), %di
	test	%ah, %ah
	jnz	colours
	movb	$' ', %es:AT(7, 0)	/* black on black is nobody's text */
	mov	$AT(24, 74), %di
	mov	$corner, %si
	mov	$0x4e, %ah
	call	put
	/* Last, because a reader waits for it. */
	mov	$AT(0, 0), %di
	mov	$hello, %si
	mov	$0x1f, %ah
	call	put
	mov	$AT(12, 0), %di
	call	cursor

keys:
	mov	$UART_LSR, %dx
	in	%dx, %al
	cmp	$0xff, %al
	je	no_uart
	test	$LSR_DR, %al
	jz	no_uart
	mov	$UART, %dx
	in	%dx, %al
	out	%al, %dx
no_uart:
	in	$0x64, %al
	test	$1, %al
	jz	keys
	in	$0x60, %al
	mov	%al, %bl
	mov	%al, %cl
	shr	$4, %al
	call	digit
	mov	%cl, %al
	and	$0x0f, %al
	call	digit
	add	$2, %di
	call	cursor
	cmp	$0x1f, %bl
	je	scroll
	cmp	$0x06, %bl
	je	fifty
	cmp	$0x30, %bl
	je	bright
	cmp	$0x2e, %bl
	je	no_cursor
	cmp	$0x22, %bl
	je	graphics
	cmp	$0x18, %bl
	je	output
	cmp	$0x14, %bl
	je	triple
	cmp	$0x10, %bl
	jne	keys
	leave_with 5

scroll:	addw	$WIDTH, first
	mov	first, %bx
	mov	$CRTC, %dx
	mov	$0x0c, %al
	mov	%bh, %ah
	out	%ax, %dx
	mov	$0x0d, %al
	mov	%bl, %ah
	out	%ax, %dx
	jmp	keys

fifty:	mov	$CRTC, %dx
	mov	$0x4709, %ax
	out	%ax, %dx
	jmp	keys

bright:	mov	$STATUS, %dx
	in	%dx, %al
	mov	$ATTR, %dx
	mov	$0x30, %al
	out	%al, %dx
	mov	$0x04, %al
	out	%al, %dx
	jmp	keys

no_cursor:
	mov	$CRTC, %dx
	mov	$0x2d0a, %ax
	out	%ax, %dx
	jmp	keys

graphics:
	mov	$GFX, %dx
	mov	$0x0506, %ax
	out	%ax, %dx
release: call	wait_key
	test	$0x80, %al
	jnz	release
	mov	$GFX, %dx
	mov	$0x0e06, %ax
	out	%ax, %dx
	jmp	keys

wait_key:
	in	$0x64, %al
	test	$1, %al
	jz	wait_key
	in	$0x60, %al
	ret

output:	mov	$UART, %dx
	mov	$out, %si
	mov	$4, %cx
	rep outsb
	jmp	keys

triple:	lgdt	gdt_pointer
	lidt	nothing
	mov	%cr0, %eax
	or	$1, %al
	mov	%eax, %cr0
	ljmpl	$8, $protected
	.code32
protected:
	int3
	.code16

/* Puts the string at SI with the attribute AH at ES:DI. */
put:	lodsb
	test	%al, %al
	jz	1f
	stosw
	jmp	put
1:	ret

/* The hexadecimal digit AL. */
digit:	cmp	$10, %al
	jb	1f
	add	$('a' - '0' - 10), %al
1:	add	$'0', %al
	mov	$0x0a, %ah
	stosw
	ret

/* The cursor goes to DI. */
cursor:	push	%bx
	mov	%di, %bx
	shr	%bx
	mov	$CRTC, %dx
	mov	$0x0e, %al
	mov	%bh, %ah
	out	%ax, %dx
	mov	$0x0f, %al
	mov	%bl, %ah
	out	%ax, %dx
	pop	%bx
	ret

hello:	.asciz	"On the screen"
corner:	.asciz	"corner"
out:	.ascii	"out\n"
first:	.word	0
nothing: .word	0
	.long	0
gdt_pointer:
	.word	15
	.long	gdt
	.balign	8
gdt:	.quad	0
	.quad	0x00cf9b000000ffff	/* 0x08: 32-bit code, flat */
