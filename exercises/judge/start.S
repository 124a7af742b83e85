/*
 * Where a judged C program begins: long mode, ring 0, a stack of its own, and
 * an interrupt table without a gate, so that an exception ends the guest.
 */
	.code64
	.section .text.start, "ax"
	.globl	_start
_start:
	lea	stack_end(%rip), %rsp
	xor	%ebp, %ebp
	call	judge_run
	hlt

	.bss
	.balign	16
	.skip	65536
stack_end:
	.section .note.GNU-stack, "", @progbits
