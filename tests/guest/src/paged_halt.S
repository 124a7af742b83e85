/* In 32-bit mode, where a halt is no way to end: it can never run again. */
	.code32
	cli
	hlt
