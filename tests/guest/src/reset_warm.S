/*
 * The same with the BIOS warm-boot flag set, as a Linux that panicked with
 * reboot=k,panic_warm does it.
 */
#include "guest.inc"

	.code16
	movw	$0x1234, 0x472
	mov	$0xfe, %al
	out	%al, $0x64
	leave_with 1
