/*
 * Tries in ring 3 what ring 3 may not do, one thing after the other. Ring 0
 * prints the vector and the error code of each exception, and starts the next
 * trial. Linked as a 64-bit guest.
 */
#include "abi/hypercall.h"
#include "abi/long64.h"

#define VECTORS	    32
#define GATE_SIZE   16
#define STUB_SIZE   16
#define GATE_OPEN   0xee00
#define ERROR_CODES 0x00027d00	/* vectors that come with one: 8, 10-14, 17 */

	.code64
	.globl	_start
_start:
	lea	idt(%rip), %rdi
	lea	stubs(%rip), %rax
	mov	$VECTORS, %ecx
1:	mov	%rax, %rdx
	mov	%dx, (%rdi)
	movw	$LONG64_CS, 2(%rdi)
	movw	$GATE_OPEN, 4(%rdi)
	shr	$16, %rdx
	mov	%edx, 6(%rdi)
	add	$GATE_SIZE, %rdi
	add	$STUB_SIZE, %rax
	dec	%ecx
	jnz	1b
	lidt	idtr(%rip)
	mov	$LONG64_TSS, %eax
	ltr	%ax
	lea	trials(%rip), %r15

next:
	mov	$LONG64_STACK, %esp
	mov	(%r15), %rax
	add	$8, %r15
	test	%rax, %rax
	jz	done
	push	$LONG64_USER_DS
	push	$user_stack_end
	push	$2
	push	$LONG64_USER_CS
	push	%rax
	iretq

	.balign	STUB_SIZE
stubs:
	vector = 0
	.rept	VECTORS
	.if	!((ERROR_CODES >> vector) & 1)
	push	$0
	.endif
	push	$vector
	jmp	exception
	.balign	STUB_SIZE
	vector = vector + 1
	.endr

exception:
	pop	%rbx
	call	say_number
	mov	$' ', %bl
	call	say
	pop	%rbx
	call	say_number
	mov	$HC_NEWLINE, %al
	mov	$HC_PORT, %dx
	out	%al, %dx
	jmp	next

done:
	mov	$HC_EXIT, %al
	mov	$HC_PORT, %dx
	out	%al, %dx
	hlt

say_number:
	mov	$HC_PUTNUM, %al
	mov	$HC_PORT, %dx
	out	%al, %dx
	ret

say:
	mov	$HC_PUTCHAR, %al
	mov	$HC_PORT, %dx
	out	%al, %dx
	ret

	.data
idtr:	.word	VECTORS * GATE_SIZE - 1
	.quad	idt
trials:
	.quad	read_code, write_tables, read_cmdline, write_gdt, call_ring0
	.quad	read_nowhere, clear_if, use_port, read_cr3, halt, load_idt
	.quad	undefined, own_data, breakpoint, 0

	.bss
idt:	.skip	VECTORS * GATE_SIZE

	.section .user, "awx", @progbits
read_code:
	mov	_start, %al
write_tables:
	mov	%al, LONG64_PML4
read_cmdline:
	mov	LONG64_CMDLINE, %al
write_gdt:
	mov	%al, LONG64_GDT
call_ring0:
	mov	$_start, %eax
	jmp	*%rax
read_nowhere:
	mov	$0x100000000, %rax
	mov	(%rax), %al
clear_if:
	cli
use_port:
	out	%al, $0x80
read_cr3:
	mov	%cr3, %rax
halt:
	hlt
load_idt:
	lidt	user_word(%rip)
undefined:
	ud2
own_data:
	incq	user_word(%rip)
	push	%rax
	int	$4
breakpoint:
	int3

user_word:
	.quad	0, 0

	.section .user_bss, "aw", @nobits
	.skip	4096
user_stack_end:
