/* Ends by the exit port, as a test kernel does that has seen what it wanted. */
	.code16
	mov	$0x11, %eax
	out	%eax, $0xf4
	hlt
