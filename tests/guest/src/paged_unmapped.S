/*
 * A jump to where nothing is mapped, in 32-bit mode with paging: a page fault
 * that finds no vector table is a triple fault. Prints one character before.
 */
#include "guest.inc"

	.code32
	mov	$'!', %bl
	say
	mov	$0x40000000, %eax
	jmp	*%eax
