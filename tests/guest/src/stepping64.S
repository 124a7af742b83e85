/*
 * What a debugger's user may step over in 64-bit mode: see stepping.S, whose cases
 * it has where the mode makes a difference.
 */
#define MMIO	0xf0000000	/* nothing is there */
#define NOWHERE 0x200000000000	/* not mapped */
#define EFER	0xc0000080
#define GATES	0x41

	.text
	.globl	_start
.macro	case name
\name:
\name\()_0:
.endm
.macro	gate vector handler
	lea	\handler(%rip), %rax
	lea	idt + 16 * \vector(%rip), %rdi
	mov	%ax, (%rdi)
	movw	$8, 2(%rdi)
	movw	$0x8e00, 4(%rdi)
	shr	$16, %rax
	mov	%ax, 6(%rdi)
.endm

_start:
	lea	stack(%rip), %rsp
	gate	0, fault
	gate	3, handler
	gate	6, fault
	gate	14, fault_code
	gate	0x40, handler
	lidt	idt_limit(%rip)
	mov	%ss, %eax
case Mov_ss
	mov	%eax, %ss
Mov_ss_1:
	nop
Mov_ss_2:
	lea	idt(%rip), %rsi
	lea	spare(%rip), %rdi
	mov	$3, %ecx
case Rep_movsb
	rep movsb
Rep_movsb_1:
	mov	$MMIO, %edi
case Mmio
	incl	(%rdi)
Mmio_1:
	mov	(%rdi), %eax
Mmio_2:
	nop
case Pushf
	pushfq
Pushf_1:
	pop	%rbx
Pushf_2:
	nop
case Popf
	push	%rbx
Popf_1:
	popfq
Popf_2:
	nop
	mov	$EFER, %ecx
case Wrmsr
	rdmsr
Wrmsr_1:
	wrmsr
Wrmsr_2:
	nop
case Mov_cr
	mov	%cr0, %rax
Mov_cr_1:
	xor	$8, %eax
Mov_cr_2:
	mov	%rax, %cr0
Mov_cr_3:
	mov	%cr3, %rax
Mov_cr_4:
	mov	%rax, %cr3
Mov_cr_5:
	nop
case Int3
	int3
Int3_1:
	nop
Int3_2:
	nop
case Int
	int	$0x40
Int_1:
	nop
Int_2:
	nop
case Ud
	ud2
Ud_1:
	nop
Ud_2:
	mov	$NOWHERE, %rdi
case Pf
	mov	(%rdi), %al
Pf_1:
	nop
Pf_2:
	nop
case End
	hlt
End_1:
	nop

handler:
	inc	%esi
handler_iret:
	iretq
fault_code:			/* #PF: an error code, two bytes to step over */
	add	$8, %rsp
fault_code_2:
fault:
	addq	$2, (%rsp)
fault_iret:
	iretq

	.balign	8
idt_limit:
	.word	16 * GATES - 1
	.quad	idt

	.bss
	.balign	16
idt:	.skip	16 * GATES
spare:	.skip	16
	.skip	1024
stack:
