/*
 * A crash in a handler, where the debugger's trap flag does not reach: INT 0x20
 * is entered and returns, INT 0x21 takes the interrupt table away. Only where a
 * CPU runs real mode: KVM's emulator does not look at the table's limit.
 */
#include "guest.inc"

	.code16
	out	%al, $0x80
	movw	$back, 4 * 0x20
	movw	$0, 4 * 0x20 + 2
	movw	$isr, 4 * 0x21
	movw	$0, 4 * 0x21 + 2
	int	$0x20
	nop
	nop
	int	$0x21
isr:	lidt	%cs:none
	int3
back:	iret
none:	.word	0, 0, 0
	.org	4 * 0x21 + 4
