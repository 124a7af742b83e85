/*
 * Calls every hypercall and checks what comes back: how to trust an answer.
 *
 * A line is one function: its number, what it prints when it works, and "ok".
 * At the first wrong answer the program ends, and its exit status is the
 * number of that function: `echo $?` after it. What a guest cannot see, such
 * as what arrived on your screen, is yours to check.
 *
 *	1:A ok		print a character
 *	2: ok		ask for one: here none was waiting
 *	3:65535 ok	print a number
 *	4:		newline
 *	 ok
 *	5: ok		the time: it goes forwards
 *	6: ok		random bytes: they differ
 *	7:0 ok		which guest on the command line this is
 *	9: ok		a function that does not exist
 *
 * Who sees the end sees the other two: 0 ends it when all is right, with status
 * 0 although BL is not 0, and 8 with the number of the function that was wrong.
 */
#include "abi/hypercall.h"

#define UNKNOWN	  0xee
#define STACK_TOP 0x7000

.macro	hypercall function
	mov	$\function, %al
	out	%al, %dx
.endm

.macro	print_char code
	mov	$\code, %bl
	hypercall HC_PUTCHAR
.endm

	.code16
	.globl _start
_start:
	mov	$STACK_TOP, %sp
	mov	$HC_PORT, %dx
	xor	%cx, %cx	/* the number of the function at hand */

	call	begin
	print_char 'A'
	call	no_more

	call	next
	hypercall HC_GETCHAR
	in	%dx, %al
	mov	%al, %bl
	call	no_more		/* a character is one byte */
	cmp	$HC_NOCHAR, %bl
	je	no_key
	hypercall HC_PUTCHAR
no_key:

	call	next
	mov	$65535, %bx
	hypercall HC_PUTNUM
	call	no_more

	call	next
	hypercall HC_NEWLINE
	call	no_more

	call	next
	hypercall HC_TIME
	in	%dx, %eax
	mov	%eax, %esi
	in	%dx, %al
	mov	%al, %bl	/* BL and ESI are the time then */
	call	no_more		/* five bytes of ns last for 18 minutes */
	hypercall HC_TIME
	in	%dx, %eax
	sub	%eax, %esi
	in	%dx, %al
	sbb	%al, %bl	/* then - now has to borrow */
	jnc	failed

	call	next
	hypercall HC_RANDOM
	in	%dx, %eax
	mov	%eax, %esi
	in	%dx, %eax
	cmp	%eax, %esi	/* equal by chance: once in 2^32 */
	je	failed

	call	next
	hypercall HC_GUEST_ID
	in	%dx, %ax
	mov	%ax, %bx
	call	no_more
	hypercall HC_PUTNUM

	inc	%cx		/* 8 comes last, if ever */
	call	next
	hypercall UNKNOWN
	in	%dx, %al	/* ones at every width: one more is zero */
	inc	%al
	jnz	failed
	in	%dx, %ax
	inc	%ax
	jnz	failed
	in	%dx, %eax
	inc	%eax
	jnz	failed

	call	ok		/* leaves the 'k' in BL */
	hypercall HC_EXIT
failed:
	mov	%cl, %bl
	hypercall HC_EXIT_STATUS
	jmp	failed		/* who comes back here has no good end */

/* Ends a line and begins that of the next function, CX + 1. */
next:
	call	ok
begin:
	inc	%cx
	mov	%cx, %bx
	hypercall HC_PUTNUM
	print_char ':'
	ret

ok:
	print_char ' '
	print_char 'o'
	print_char 'k'
	hypercall HC_NEWLINE
	ret

/* What follows the end of a result is zeros; anything else is a failure. */
no_more:
	in	%dx, %eax
	test	%eax, %eax
	jnz	failed
	ret
