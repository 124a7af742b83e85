/*
 * Goes to ring 3, to code in a page of its own at 4 MiB.
 * Something is missing: docs/debugging.md, "7. ring3".
 */
#include "abi/long64.h"

#define USER_PAGE  0x400000
#define USER_STACK 0x500000

	.code64
	.globl	_start
_start:
	mov	$user, %esi
	mov	$USER_PAGE, %edi
	mov	$user_end - user, %ecx
	rep movsb
	push	$LONG64_USER_DS
	push	$USER_STACK
	push	$2
	push	$LONG64_USER_CS
	push	$USER_PAGE
	iretq

user:	xor	%eax, %eax
1:	inc	%eax
	jmp	1b
user_end:
