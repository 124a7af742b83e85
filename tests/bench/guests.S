/*
 * A real-mode guest that computes and says nothing until it is through: the
 * low bit of a sum that COUNT turns of a loop build, as a character.
 */
#define COM1_THR 0x3f8

	.code16
	.globl _start
_start:
	mov	$COUNT, %ecx
	xor	%eax, %eax
next:
	add	%ecx, %eax
	rol	$3, %eax
	dec	%ecx
	jnz	next
	and	$1, %al
	add	$'0', %al
	mov	$COM1_THR, %dx
	out	%al, %dx
	hlt
