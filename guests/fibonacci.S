/*
 * The first 15 Fibonacci numbers: the stack and `call`.
 *
 * CALL pushes the address of the next instruction and jumps; RET pops it and
 * jumps back. So a procedure can call another one, or itself: fibonacci()
 * does, as mathematics defines it, f(n) = f(n - 1) + f(n - 2), and each call
 * that has not returned yet has its own n and its own sum on the stack:
 *
 *	   0x7000  STACK_TOP     it grows down
 *	           0x....        return address into _start
 *	           BX of it      saved, because fibonacci() uses BX
 *	           0x....        return address into fibonacci()
 *	    SP ->  BX of it
 *
 * It is a slow way to get these numbers: 3177 calls for the fifteen of them,
 * and no VM exit in any: only what is printed leaves the guest.
 */
#include "abi/hypercall.h"

#define STACK_TOP 0x7000
#define COUNT	  15

	.code16
	.globl _start
_start:
	mov	$STACK_TOP, %sp
	xor	%cx, %cx
next:
	mov	%cx, %ax
	call	fibonacci
	call	print_number
	inc	%cx
	cmp	$COUNT, %cx
	je	done
	mov	$' ', %al
	call	print_char
	jmp	next
done:
	mov	$'\n', %al
	call	print_char
	hlt

/* AX = the Fibonacci number of AX. All other registers stay as they are. */
fibonacci:
	cmp	$2, %ax
	jb	known		/* f(0) = 0, f(1) = 1 */
	push	%bx
	dec	%ax
	mov	%ax, %bx	/* n - 1, for later */
	call	fibonacci
	xchg	%ax, %bx	/* BX = f(n - 1), AX = n - 1 */
	dec	%ax
	call	fibonacci
	add	%bx, %ax
	pop	%bx
known:
	ret

/* Prints AX in decimal. */
print_number:
	mov	%ax, %bx
	mov	$HC_PUTNUM, %al
	jmp	hypercall

/* Prints the character in AL. */
print_char:
	mov	%al, %bl
	mov	$HC_PUTCHAR, %al
	/* and on into the hypercall, whose RET returns for both */

/* The hypercall AL, with its argument in BX. Changes DX. */
hypercall:
	mov	$HC_PORT, %dx
	out	%al, %dx
	ret
