/*
 * A real-mode guest that is nothing but exits: COUNT times the same one, by
 * what is defined: UART writes a character to COM1, CALL prints one by a
 * hypercall, LSR reads COM1's line status. Then hlt.
 */
#include "abi/hypercall.h"

#define COM1_THR 0x3f8
#define COM1_LSR 0x3fd

	.code16
	.globl _start
_start:
	mov	$COUNT, %ecx
	mov	$'x', %bl
#if defined(UART)
	mov	$COM1_THR, %dx
	mov	%bl, %al
#elif defined(CALL)
	mov	$HC_PORT, %dx
	mov	$HC_PUTCHAR, %al
#else
	mov	$COM1_LSR, %dx
#endif
next:
#if defined(LSR)
	in	%dx, %al
#else
	out	%al, %dx
#endif
	dec	%ecx
	jnz	next
	hlt
