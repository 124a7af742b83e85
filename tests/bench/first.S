/*
 * A 64-bit guest whose first instruction is the marker: the end of a counted start.
 * It then ends with status 0 through the hypercall port.
 */
#include "abi/hypercall.h"
#include "marker.h"

	.code64
	.globl _start
_start:
	.byte	MARKER_HEAD, MARKER_INIT, MARKER_TAIL
	movw	$HC_PORT, %dx
	xorl	%ebx, %ebx
	movb	$HC_EXIT, %al
	outb	%al, %dx
	hlt

	.section .note.GNU-stack, "", @progbits
