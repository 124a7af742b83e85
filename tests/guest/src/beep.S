/* beep.inc as a multiboot kernel. */
#define RETURN		ebp
#define MULTIBOOT_MAGIC 0x1badb002

	.section .text
	.globl	_start
	.balign	4
	.long	MULTIBOOT_MAGIC, 0, -MULTIBOOT_MAGIC
_start:	jmp	begin
#include "beep.inc"
