/*
 * COUNT turns of a loop of 16 instructions, as small programs have them, and nothing
 * else. As a flat program for kvm-vmm; with ROM as the firmware of a QEMU, which
 * begins at F000:FFF0 and ends by isa-debug-exit.
 */
#include "abi/hypercall.h"

	.code16
start:
#ifdef ROM
	xor	%ax, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	%ax, %ss
#endif
	mov	$0x8000, %sp
	mov	$(COUNT), %ecx
	mov	$0x9000, %di

turn:	mov	%cx, %ax
	and	$0x3f, %ax
	mov	%ax, (%di)
	add	%ax, %bx
	push	%bx
	call	mix
	pop	%dx
	cmp	%dx, %bx
	je	same
	inc	%si
same:	lea	2(%di), %di
	and	$0x90ff, %di
	dec	%ecx
	jnz	turn

	mov	$HC_EXIT_STATUS, %al
	mov	$0, %bl
	mov	$HC_PORT, %dx
	out	%al, %dx
	hlt

mix:	rol	$1, %bx
	xor	(%di), %bx
	ret
#ifdef ROM
	.org	0xfff0
	jmp	start
	.org	0x10000
#endif
