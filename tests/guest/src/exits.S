/* Runs for ever and exits to the VMM each time round. */
	.code16
start:	out	%al, $0x80
	jmp	start
