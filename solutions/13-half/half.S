/*
 * Prints numbers and their sum with as few VM exits as the hypercalls allow.
 */
#include "abi/hypercall.h"

	.code16
	.globl	_start
_start:
	mov	$0x7000, %sp
	mov	$HC_PORT, %dx
	mov	$numbers, %si
	mov	$NUMBERS, %cx
	xor	%di, %di
next:
	lodsw
	mov	%ax, %bx
	add	%ax, %di
	call	print
	loop	next
	mov	%di, %bx
	call	print
	hlt

/* Prints BX in decimal, and a newline. */
print:
	mov	$HC_PUTNUM, %al
	out	%al, %dx
	mov	$HC_NEWLINE, %al
	out	%al, %dx
	ret

#include "numbers.inc"
