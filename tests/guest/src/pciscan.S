/*
 * Looks for a PCI bus as systems do: each function of the first two devices by
 * a write of four bytes to 0xCF8, of which the second byte, 0xCF9, has bit 2
 * set for functions 4 to 7. Ends with 7, which a reset does not.
 * PCI Local Bus Specification: "Configuration Mechanism #1"
 */
#include "guest.inc"

#define ADDRESS	0xcf8
#define DATA	0xcfc

	.code16
	mov	$0x80000000, %ebx
1:	mov	$ADDRESS, %dx
	mov	%ebx, %eax
	out	%eax, %dx
	in	%dx, %eax
	cmp	$0xffffffff, %eax
	must_equal 1
	mov	$DATA, %dx
	in	%dx, %eax
	cmp	$0xffffffff, %eax
	must_equal 2
	add	$0x100, %ebx
	cmp	$0x80001000, %ebx
	jb	1b
	/* The same across the hypercalls at 0x500. */
	mov	$0x4fe, %dx
	xor	%eax, %eax
	out	%eax, %dx
	leave_with 7
