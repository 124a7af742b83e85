/*
 * Where nothing is: ports and addresses without a device read as all ones at
 * every width, and writes are dropped. Run it with 64 KiB of RAM, so that
 * 0x20000 is beyond it.
 */
#include "guest.inc"

#define PORT	0x1234

	.code16
start:
	mov	$PORT, %dx
	xor	%eax, %eax
	out	%eax, %dx
	in	%dx, %al
	cmp	$0xff, %ax
	must_equal 1
	mov	$PORT, %dx
	xor	%eax, %eax
	in	%dx, %ax
	cmp	$0xffff, %eax
	must_equal 2
	mov	$PORT, %dx
	in	%dx, %eax
	cmp	$0xffffffff, %eax
	must_equal 3
	mov	$0x2000, %ax
	mov	%ax, %ds
	movb	$0, 0
	movl	$0, 4
	cmpb	$0xff, 0
	must_equal 4
	cmpw	$0xffff, 2
	must_equal 5
	mov	4, %eax
	cmp	$0xffffffff, %eax
	must_equal 6
	leave_with 0
