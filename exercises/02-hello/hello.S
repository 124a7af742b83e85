/*
 * Prints TEXT_LENGTH bytes at the label text through COM1, and halts. So far it
 * only halts.
 */
#define COM1_THR 0x3f8	/* transmitter holding register: what to send */

	.code16
	.globl	_start
_start:
	hlt

#include "text.inc"
