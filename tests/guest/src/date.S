/*
 * Prints the date of the CMOS clock: century, year, month and day, in digits, once
 * the clock is not about to change (MC146818, "Update cycle").
 */
#include "guest.inc"

#define CMOS	 0x70
#define REG_A	 0x0a
#define UIP	 0x80

	.code16
start:
	mov	$REG_A, %al
	out	%al, $CMOS
	in	$CMOS + 1, %al
	test	$UIP, %al
	jnz	start
	cld
	mov	$registers, %si
next:
	lodsb
	test	%al, %al
	jz	done
	out	%al, $CMOS
	in	$CMOS + 1, %al
	mov	%al, %cl
	shr	$4, %al
	add	$'0', %al
	mov	%al, %bl
	say
	mov	%cl, %bl
	and	$0xf, %bl
	add	$'0', %bl
	say
	jmp	next
done:
	leave_with 0

registers:
	.byte	0x32, 9, 8, 7, 0
