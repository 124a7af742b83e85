/*
 * What a system finds that looks for the machine: prints as bytes what lies at
 * 0x400 (256 bytes), where 40:0E points to (1 KiB) and at 0xf0000 (8 KiB), and
 * then two registers of 4 bytes, the I/O APIC's and the local APIC's id. It is
 * the 32-bit part of a bzImage and runs wherever it is loaded.
 */
#include "abi/hypercall.h"

#define DEBUGCON 0xe9
#define IOAPIC	 0xfec00000
#define LAPIC_ID 0xfee00020

	.code32
	mov	$0x90000, %esp
	mov	$DEBUGCON, %dx
	mov	$0x400, %esi
	mov	$0x100, %ecx
	rep outsb
	movzwl	0x40e, %esi
	shl	$4, %esi
	mov	$0x400, %ecx
	rep outsb
	mov	$0xf0000, %esi
	mov	$0x2000, %ecx
	rep outsb
	movl	$0, IOAPIC
	mov	IOAPIC + 0x10, %eax
	push	%eax
	mov	LAPIC_ID, %eax
	push	%eax
	lea	4(%esp), %esi
	mov	$4, %ecx
	rep outsb
	mov	%esp, %esi
	mov	$4, %ecx
	rep outsb
	mov	$HC_PORT, %edx
	mov	$HC_EXIT, %al
	xor	%ebx, %ebx
	out	%al, %dx
	hlt
