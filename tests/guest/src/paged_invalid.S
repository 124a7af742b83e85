/*
 * An invalid instruction in 32-bit mode with paging: an exception that finds
 * no vector table is a triple fault, at an address that is mapped. Prints one
 * character before.
 */
#include "guest.inc"

	.code32
	mov	$'!', %bl
	say
	ud2
