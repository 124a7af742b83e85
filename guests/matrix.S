/*
 * Multiplies two matrices: memory and its addressing modes.
 *
 * A matrix is words in memory, row after row. The number in row i, column j
 * stands at matrix + i * ROW + j * WORD, and a 16-bit CPU adds such an address
 * up itself: a constant, plus BX or BP, plus SI or DI.
 *
 *	a(%bx, %si)		BX, BP: the row, in bytes
 *	b(%bp, %di)		SI, DI: the column, in bytes
 *	product(%bx, %di)
 *	(%di)			a pointer: all of the address is in DI
 *
 * An address with BP in it belongs to the segment SS, all others to DS. Both
 * segments begin at 0 here, and so does the program.
 */
#include "abi/hypercall.h"

#define SIZE	  3		/* rows, and columns, of each matrix */
#define WORD	  2		/* bytes of a number */
#define ROW	  (SIZE * WORD) /* bytes of a row */
#define MATRIX	  (SIZE * ROW)  /* bytes of a matrix */
#define STACK_TOP 0x7000

	.code16
	.globl _start
_start:
	mov	$STACK_TOP, %sp
	mov	$HC_PORT, %dx
	call	multiply

	xor	%si, %si	/* the row to print, in bytes */
line:
	lea	a(%si), %di
	call	print_row
	mov	$'x', %ah
	call	print_sign
	lea	b(%si), %di
	call	print_row
	mov	$'=', %ah
	call	print_sign
	lea	product(%si), %di
	call	print_row
	mov	$HC_NEWLINE, %al
	out	%al, %dx
	add	$ROW, %si
	cmp	$MATRIX, %si
	jb	line
	hlt

/* product = a * b: each number is a row of a times a column of b. */
multiply:
	xor	%bx, %bx
row:
	xor	%di, %di
column:
	xor	%cx, %cx	/* the sum */
	xor	%si, %si
	xor	%bp, %bp
term:
	mov	a(%bx, %si), %ax
	imul	b(%bp, %di), %ax
	add	%ax, %cx
	add	$WORD, %si	/* along the row of a */
	add	$ROW, %bp	/* down the column of b */
	cmp	$ROW, %si
	jb	term

	mov	%cx, product(%bx, %di)
	add	$WORD, %di
	cmp	$ROW, %di
	jb	column
	add	$ROW, %bx
	cmp	$MATRIX, %bx
	jb	row
	ret

/* Prints the row that DI points to, four places a number. */
print_row:
	mov	$SIZE, %cx
number:
	mov	(%di), %bp
	call	print_blank
	cmp	$100, %bp
	jae	digits
	call	print_blank
	cmp	$10, %bp
	jae	digits
	call	print_blank
digits:
	mov	%bp, %bx
	mov	$HC_PUTNUM, %al
	out	%al, %dx
	add	$WORD, %di
	loop	number		/* CX - 1, and again unless it is 0 */
	ret

/* Prints the sign in AH, but only beside the second of the three rows. */
print_sign:
	call	print_blank
	call	print_blank
	cmp	$ROW, %si
	jne	print_blank
	mov	%ah, %bl
	jmp	print_char

print_blank:
	mov	$' ', %bl
	/* and on: a blank is a character, too */

/* Prints the character in BL. */
print_char:
	mov	$HC_PUTCHAR, %al
	out	%al, %dx
	ret

a:	.word	1, 2, 3
	.word	4, 5, 6
	.word	7, 8, 9

b:	.word	9, 8, 7
	.word	6, 5, 4
	.word	3, 2, 1

product:
	.fill	SIZE * SIZE, WORD, 0
