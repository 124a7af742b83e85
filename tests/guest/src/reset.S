/*
 * Pulls the reset line at port 0xCF9, and complains if it lives on.
 * PIIX4: "RC - Reset Control Register", CPU reset and system reset bits.
 */
#include "guest.inc"

	.code16
	mov	$0xcf9, %dx
	mov	$0x02, %al
	out	%al, %dx
	mov	$0x06, %al
	out	%al, %dx
	leave_with 1
