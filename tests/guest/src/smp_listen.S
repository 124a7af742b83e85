/*
 * A kernel that knows nothing of other CPUs: listens to the console and waits
 * for interrupts, none of which come. The 32-bit part of a bzImage.
 */
#include "abi/hypercall.h"

	.code32
	mov	$HC_PORT, %edx
	mov	$HC_GETCHAR, %al
	out	%al, %dx
	sti
1:	hlt
	jmp	1b
