/* Runs for ever without a single exit. */
	.code16
start:	jmp	start
