/*
 * A crash behind an instruction that KVM emulates, a MOV to CR0: nine
 * instructions after the last exit, INT3 finds no room in the IDT.
 */
#include "guest.inc"

	.code16
	out	%al, $0x80
	mov	%cr0, %eax
	or	$1, %al
	mov	%eax, %cr0
	nop
	mov	$0x1234, %bx
	nop
	lidt	%cs:none
	mov	$0x5678, %cx
	int3
none:	.word	0, 0, 0
