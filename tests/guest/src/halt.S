/* The shortest real-mode program: a halt ends it, as in the original. */
	.code16
	hlt
