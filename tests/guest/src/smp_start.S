/*
 * Starts all other CPUs by INIT and SIPI, at 0x8000, where they halt; ends with
 * status 0. The 32-bit part of a bzImage.
 * SDM 3A: "Interrupt Command Register (ICR)", "MP Initialization Protocol"
 */
#include "abi/hypercall.h"

#define ICR	 0xfee00300
#define INIT_ALL 0x000c4500	/* all but this one */
#define SIPI_ALL 0x000c4608	/* page 8 */

	.code32
	movb	$0xf4, 0x8000		/* hlt */
	movl	$INIT_ALL, ICR
	movl	$SIPI_ALL, ICR
	mov	$HC_PORT, %edx
	mov	$HC_EXIT, %al
	out	%al, %dx
	hlt
