/*
 * Reads the disk's first sector, as boot sectors do: waits until the drive is
 * ready, then asks. Something is missing: docs/debugging.md, "10. disk".
 */
	.code16
	mov	$0x1f7, %dx
wait:	in	%dx, %al
	test	$0x80, %al	/* BSY */
	jnz	wait
	mov	$0x3f8, %dx
	mov	$'D', %al
	out	%al, %dx
	hlt
