/*
 * What only a CPU in long mode has: sixteen registers, bases of FS and GS, the MSRs
 * of SYSCALL, and CR8. Asks to be saved, and ends with the number of the first that is
 * not what it was, or 0. A program in ELF, ring 0 (abi/long64.h).
 */
#include "abi/hypercall.h"

#define MSR_STAR      0xc0000081
#define MSR_LSTAR     0xc0000082
#define MSR_FMASK     0xc0000084
#define MSR_FS	      0xc0000100
#define MSR_GS	      0xc0000101
#define MSR_KERNEL_GS 0xc0000102

.macro	put_msr index, high, low
	mov	$\index, %ecx
	mov	$\high, %edx
	mov	$\low, %eax
	wrmsr
.endm

.macro	check_msr index, high, low
	inc	%bl
	mov	$\index, %ecx
	rdmsr
	cmp	$\high, %edx
	jne	wrong
	cmp	$\low, %eax
	jne	wrong
.endm

	.code64
	.globl	_start
_start:
	put_msr	MSR_STAR, 0x001b0008, 0
	put_msr	MSR_LSTAR, 0xffffffff, 0x81000000
	put_msr	MSR_FMASK, 0, 0x47700
	put_msr	MSR_FS, 0x00007f00, 0x12345678
	put_msr	MSR_GS, 0xffff8880, 0x00001000
	put_msr	MSR_KERNEL_GS, 0xffff8880, 0x00002000
	mov	$9, %eax
	mov	%rax, %cr8
	movabs	$0x0123456789abcdef, %rax
	mov	%rax, %r8
	mov	%rax, %r9
	mov	%rax, %r10
	mov	%rax, %r11
	mov	%rax, %r12
	mov	%rax, %r13
	mov	%rax, %r14
	mov	%rax, %r15
	mov	%rax, %rsi
	mov	%rax, %rdi
	mov	%rax, %rbp

	mov	$HC_PORT, %dx
	mov	$HC_SAVE, %al
	out	%al, %dx
	in	%dx, %al
	mov	$1, %bl			/* the number of what is looked at */
	cmp	$HC_UNSAVED, %al
	je	wrong
	inc	%bl
	movabs	$0x0123456789abcdef, %rax
	.irp	reg, r8, r9, r10, r11, r12, r13, r14, r15, rsi, rdi, rbp
	cmp	%rax, %\reg
	jne	wrong
	.endr
	inc	%bl
	mov	%cr8, %rax
	cmp	$9, %rax
	jne	wrong
	check_msr MSR_STAR, 0x001b0008, 0
	check_msr MSR_LSTAR, 0xffffffff, 0x81000000
	check_msr MSR_FMASK, 0, 0x47700
	check_msr MSR_FS, 0x00007f00, 0x12345678
	check_msr MSR_GS, 0xffff8880, 0x00001000
	check_msr MSR_KERNEL_GS, 0xffff8880, 0x00002000
	mov	$'6', %al
	out	%al, $0xe9
	xor	%ebx, %ebx
wrong:	mov	$HC_PORT, %dx
	mov	$HC_EXIT_STATUS, %al
	out	%al, %dx
	hlt
