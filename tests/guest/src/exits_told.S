/* Runs for ever and exits to the VMM each time round; a line at the 200th exit. */
	.code16
start:	mov	$198, %cx
again:	out	%al, $0x80
	loop	again
	mov	$'.', %al
	out	%al, $0xe9
	mov	$'\n', %al
	out	%al, $0xe9
for_ever:
	out	%al, $0x80
	jmp	for_ever
