/* beep.inc in real mode. */
#define RETURN bp
	.code16
	.globl	_start
_start:	jmp	begin
#include "beep.inc"
