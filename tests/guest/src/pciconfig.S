/*
 * Prints the configuration space of the first three slots of the PCI bus, 256
 * bytes each, on the debug console, as they are. PCI Local Bus Specification:
 * "Configuration Mechanism #1"
 */
#include "guest.inc"

#define ADDRESS	0xcf8
#define DATA	0xcfc
#define DEBUGCON 0xe9
#define SLOT	0x800
#define END	0x80001800

	.code32
	mov	$0x80000000, %ebx
slot:	mov	$256 / 4, %cx
next:	mov	$ADDRESS, %dx
	mov	%ebx, %eax
	out	%eax, %dx
	mov	$DATA, %dx
	in	%dx, %eax
	mov	$4, %si
byte:	out	%al, $DEBUGCON
	shr	$8, %eax
	dec	%si
	jnz	byte
	add	$4, %ebx
	loop	next
	add	$(SLOT - 256), %ebx
	cmp	$END, %ebx
	jb	slot
	leave_with 0
