/*
 * What is more than one instruction to a single step, or less: MOV SS with what
 * follows it, INT n, INT3, an exception, REP, and those that KVM may emulate. Each
 * is followed by a MOV that says which it was. Ends with status 5.
 */
#include "abi/hypercall.h"

	.code16
	jmp	begin
	.org	0x100		/* behind the interrupt table's first vectors */
begin:
	xor	%ax, %ax
	mov	%ax, %ds
	mov	%ax, %es
	movw	$handler, 0x20 * 4	/* interrupt table */
	movw	%ax, 0x20 * 4 + 2
	movw	$handler, 3 * 4
	movw	%ax, 3 * 4 + 2
	movw	$divide, 0
	movw	%ax, 2

	mov	%ax, %ss
	mov	$0x8000, %sp		/* one step with the MOV before it */
	mov	$1, %cx

	int	$0x20
	mov	$2, %cx

	int3
	mov	$3, %cx

	pushw	$0
	pop	%ss			/* and so is this */
	mov	$4, %cx

	div	%bl			/* by zero */
	mov	$5, %cx

	mov	$3, %cx
	mov	$0x9000, %di
	rep stosb			/* one step each */
	mov	$6, %cx

	pushf
	popf
	cpuid
	mov	$7, %cx

	mov	$0, %cx
	rep stosb			/* none */
	mov	$8, %cx

	sti
	cli
	mov	$HC_EXIT_STATUS, %al
	mov	$5, %bl
	mov	$HC_PORT, %dx
	out	%al, %dx
	hlt

handler:
	inc	%bp
	iret

divide:
	mov	$1, %bl
	xor	%ax, %ax
	iret
