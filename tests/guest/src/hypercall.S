/*
 * Every hypercall of the original, and one that nobody knows. Waits for one
 * character, prints it between brackets, and then finds no further one.
 */
#include "guest.inc"

#define UNKNOWN	0xee

	.code16
start:
	mov	$'[', %bl
	say
wait:
	mov	$HC_PORT, %dx
	mov	$HC_GETCHAR, %al
	out	%al, %dx
	in	%dx, %al
	cmp	$HC_NOCHAR, %al
	je	wait
	mov	%al, %bl
	say
	mov	$']', %bl
	say
	mov	$'\n', %bl
	say
	mov	$HC_GETCHAR, %al
	out	%al, %dx
	in	%dx, %al
	cmp	$HC_NOCHAR, %al
	must_equal 1
	mov	$UNKNOWN, %al
	out	%al, %dx
	in	%dx, %al
	cmp	$HC_ERROR, %al
	must_equal 2
	leave_with 42
