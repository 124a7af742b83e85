/*
 * The multiplication tables from 2 to 4: a loop in a loop, and registers.
 *
 * The machine has a handful of registers, and a program this small keeps
 * everything there. The outer loop takes a line each time round, the inner
 * one an entry of the line. What the inner one needs afresh, the outer one
 * sets up in front of it. Nothing is multiplied: along a line the product
 * grows by the factor, which is an addition.
 *
 *	DI  the factor, one a line: 1 to 9
 *	SI  the table, one a column: 2 to 4
 *	BP  the product SI * DI
 *	AX, BX, DX  what a hypercall takes: function, argument, port
 */
#include "abi/hypercall.h"

.macro	print_char code
	mov	$\code, %bl
	mov	$HC_PUTCHAR, %al
	out	%al, %dx
.endm

.macro	print_number register
	mov	\register, %bx
	mov	$HC_PUTNUM, %al
	out	%al, %dx
.endm

	.code16
	.globl _start
_start:
	mov	$HC_PORT, %dx
	mov	$1, %di
line:
	mov	$2, %si
	mov	%di, %bp	/* 1 * DI: the product before the first */
entry:
	add	%di, %bp
	print_char ' '
	print_char ' '
	print_number %si
	print_char 'x'
	print_number %di
	print_char '='
	cmp	$10, %bp
	jae	two_digits
	print_char ' '		/* so that the columns are straight */
two_digits:
	print_number %bp

	inc	%si
	cmp	$4, %si
	jbe	entry

	mov	$HC_NEWLINE, %al
	out	%al, %dx
	inc	%di
	cmp	$9, %di
	jbe	line
	hlt
