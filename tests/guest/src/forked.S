/*
 * Asks to be saved, three times, and says what became of it: A where nobody saves
 * it, B in the one that goes on, C in one that was restored; each with how often it
 * was restored. One that was restored begins to count again. Ends with status 17.
 */
#include "guest.inc"

#define TIMES 3

	.code16
start:
	mov	$TIMES, %di
again:
	mov	$HC_SAVE, %al
	mov	$HC_PORT, %dx
	out	%al, %dx
	in	%dx, %al
	cmp	$HC_RESTORED, %al
	jne	same
	mov	$TIMES, %di
same:
	add	$'A', %al
	mov	%al, %bl
	say
	mov	$HC_RESTORES, %al
	out	%al, %dx
	in	%dx, %eax
	add	$'0', %al
	mov	%al, %bl
	say
	dec	%di
	jnz	again
	leave_with 17
