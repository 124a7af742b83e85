/*
 * Where the outside enters the kernel: the first instruction, every interrupt
 * and exception, and every system call; and the switch between two processes.
 */
#include "abi/os1k.h"
#include "kernel/layout.h"

#define CR0_EM 0x4

	.section .head, "ax"
	jmp	start
	.org	OS1K_MAGIC_AT
	.ascii	OS1K_MAGIC
	.long	OS1K_VERSION, image_size, image_end

/*
 * The loader left paging on, interrupts off and its name in ESI. There is one
 * FPU and no code to share it, so programs get none.
 */
start:
	mov	%cr0, %eax
	or	$CR0_EM, %eax
	mov	%eax, %cr0
	mov	$boot_stack_top, %esp
	push	%esi
	call	kernel_main

/*
 * One stub for each vector, STUB_SIZE bytes apart. The CPU pushes an error code
 * for some exceptions; the others push a 0, so that all frames look alike
 * (SDM 3A, "Error Code").
 */
	.text
	.globl	trap_stubs, trap_return, switch_stacks
	.balign	STUB_SIZE
trap_stubs:
	vector = 0
	.rept	NR_VECTORS
	.balign	STUB_SIZE
	.if	vector >= VECTOR_IRQ || (ERROR_CODES >> (vector & 31) & 1) == 0
	push	$0
	.endif
	push	$vector
	jmp	trap_enter
	vector = vector + 1
	.endr

/*
 * Completes struct trap_frame and hands it to C. Programs may load DS and ES
 * with something else; their own flat segment is good for ring 0, too.
 */
trap_enter:
	pusha
	mov	$USER_DATA, %eax
	mov	%eax, %ds
	mov	%eax, %es
	cld
	push	%esp
	call	trap
	add	$4, %esp

/* A new process begins here: its frame is the one that spawning made. */
trap_return:
	popa
	add	$8, %esp
	iret

/*
 * void switch_stacks(uint32_t *from, uint32_t to): keeps what C expects to be
 * kept on this stack, leaves the stack pointer in *from and goes on where the
 * other stack was left.
 */
switch_stacks:
	mov	4(%esp), %eax
	mov	8(%esp), %edx
	push	%ebp
	push	%ebx
	push	%esi
	push	%edi
	mov	%esp, (%eax)
	mov	%edx, %esp
	pop	%edi
	pop	%esi
	pop	%ebx
	pop	%ebp
	ret

	.bss
	.align	16
	.skip	4096
boot_stack_top:
