/*
 * Prints as bytes where a system looks for ACPI's root pointer, 0xe0000, and the
 * tables behind it, 16 KiB; and the page of the VM generation ID. The 32-bit part
 * of a bzImage.
 */
#include "abi/hypercall.h"
#include "abi/pc.h"

#define DEBUGCON 0xe9

	.code32
	mov	$0x90000, %esp
	mov	$DEBUGCON, %dx
	mov	$0xe0000, %esi
	mov	$0x4000, %ecx
	rep outsb
	mov	$MEM_GENERATION, %esi
	mov	$0x1000, %ecx
	rep outsb
	mov	$HC_PORT, %edx
	mov	$HC_EXIT, %al
	out	%al, %dx
	hlt
