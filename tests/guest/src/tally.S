/*
 * Computes for a second or so, and shows that nothing was lost on the way: every
 * round mixes numbers into one page of a hundred and prints a letter of the result,
 * by COM1 and by hypercall in turns. What comes out depends on all that it has done
 * before, in registers and in memory. Ends with status 17.
 */
#include "guest.inc"

#define ROUNDS	400
#define WORDS	500	/* that a round looks at */
#define FIRST	0x1000	/* segment of the first page */
#define PAGES	100

	.code16
start:
	xor	%bp, %bp		/* the round */
	mov	$0x1234567, %edi	/* the sum so far */
round:
	mov	%bp, %ax
	mov	$PAGES, %cl
	div	%cl
	movzbw	%ah, %ax
	shl	$8, %ax
	add	$FIRST, %ax
	mov	%ax, %es		/* page number bp mod 100 */
	xor	%si, %si
	mov	$WORDS, %cx
word:
	imul	$1103515245, %edi, %edi
	add	$12345, %edi
	add	%es:(%si), %edi
	mov	%edi, %es:(%si)
	add	$4, %si
	loop	word

	mov	%edi, %eax
	shr	$16, %eax
	and	$15, %al
	add	$'a', %al
	test	$1, %bp
	jz	by_call
	mov	$UART, %dx
	out	%al, %dx
	jmp	printed
by_call:
	mov	%al, %bl
	say
printed:
	inc	%bp
	cmp	$ROUNDS, %bp
	jb	round
	leave_with 17
