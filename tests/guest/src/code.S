/*
 * The same bytes as 32- and as 64-bit code, for boot/code.c: status is the page
 * that it was loaded to, modulo 32, and 32 more in 64-bit mode; 63 if the bytes
 * behind it, 0xcc up to one 0x5a, are no longer what the file had.
 */
#include "abi/hypercall.h"

	.code32
start:
	call	here			/* uses the stack, too */
here:
	pop	%ecx
	sub	$(here - start), %ecx
	lea	(behind - start)(%ecx), %esi
scan:
	lodsb
	cmp	$0xcc, %al
	je	scan
	mov	$63, %ebx
	cmp	$0x5a, %al
	jne	end
	xor	%eax, %eax
	.byte	0x40			/* inc %eax, or a REX prefix for: */
	nop
	xor	$1, %eax
	shl	$5, %eax
	mov	%ecx, %ebx
	shr	$12, %ebx
	and	$31, %ebx
	or	%eax, %ebx
end:
	mov	$HC_PORT, %edx
	mov	$HC_EXIT_STATUS, %al
	out	%al, %dx
	hlt
behind:
