/*
 * The program's side of the system calls, and where a program begins. The
 * kernel leaves the address of its arguments, one string, on the stack.
 */
#include "lib/system.h"

	.text
	.globl	_start
_start:
	call	main
	push	%eax
	call	exit

	.macro	syscall name number
	.globl	\name
\name:
	mov	$\number, %eax
	jmp	call_kernel
	.endm

	syscall	exit SYS_EXIT
	syscall	write SYS_WRITE
	syscall	read SYS_READ
	syscall	spawn SYS_SPAWN
	syscall	wait SYS_WAIT
	syscall	kill SYS_KILL
	syscall	sleep SYS_SLEEP
	syscall	uptime SYS_UPTIME
	syscall	processes SYS_PROCESS
	syscall	memory SYS_MEMORY

call_kernel:
	push	%ebx
	mov	8(%esp), %ebx
	mov	12(%esp), %ecx
	mov	16(%esp), %edx
	int	$0x80
	pop	%ebx
	ret

	.section .note.GNU-stack, "", @progbits
