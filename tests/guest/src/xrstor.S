/*
 * XRSTOR without CR4.OSXSAVE is an invalid opcode on a CPU, and ends with 6. A
 * KVM that emulates real mode does not know it, and gives up.
 */
#include "guest.inc"

	.code16
	movw	$invalid, 6 * 4
	movw	$0, 6 * 4 + 2
	mov	$0x4000, %sp
	xrstor	0x2000
	leave_with 1
invalid:
	leave_with 6
