/*
 * Broken guests of long mode, and their neighbours: broken.inc. Linked as the
 * 64-bit guests are, at 1 MiB, and .page at 4 MiB, a large page of its own. They
 * find 4 GiB mapped to themselves (abi/long64.h).
 */
#include "abi/long64.h"
#include "broken.inc"

#define PML4 LONG64_PML4
#define PDPT (PML4 + 0x1000)
#define PD   (PML4 + 0x2000)
#define PAGE (PD + 2 * 8)	/* the entry of .page */

#define CODE32	0x48	/* of the program's own GDT */
#define CODE_LD 0x50

#define NOT_CANONICAL 0x8000000000000000
#define FAR_AWAY      0x200000000000
#define NX	      (1 << 31)	/* of an entry's upper half */

#define GATE 0x8e00
#define USER 0xee00

	.code64
	.globl	start
start:
	jmp	begin

good:	fine

/* Ring 3 runs \target. */
.macro	go_to_ring_3 target
	orl	$4, PAGE
	mov	$LONG64_TSS, %eax
	ltr	%ax
	push	$LONG64_USER_DS
	push	$page_stack
	push	$2
	push	$LONG64_USER_CS
	push	$\target
	iretq
.endm

/* Gates 0-0x30, 0x30 for ring 3. */
.macro	load_idt
	mov	$idt, %edi
	mov	$good, %edx
1:	mov	%dx, (%rdi)
	movw	$LONG64_CS, 2(%rdi)
	movw	$GATE, 4(%rdi)
	movw	$0x10, 6(%rdi)
	add	$16, %rdi
	cmp	$idt + 0x31 * 16, %rdi
	jne	1b
	movw	$USER, idt + 0x30 * 16 + 4
	lidt	idtr
.endm

/* Writes \value at \offset of every gate. */
.macro	set_gates offset, value
	mov	$idt + \offset, %edi
1:	movw	$\value, (%rdi)
	add	$16, %rdi
	cmp	$idt + 0x31 * 16 + \offset, %rdi
	jne	1b
.endm

/* What ring 3 does wrong ends the guest. */
.macro	lose_fault_gates
	movw	$0, idt + 8 * 16 + 4
	movw	$0, idt + 14 * 16 + 4
.endm

.macro	set_cr0 bits
	mov	%cr0, %rax
	or	$\bits, %eax
	mov	%rax, %cr0
.endm

.macro	set_cr4 bits
	mov	%cr4, %rax
	or	$\bits, %eax
	mov	%rax, %cr4
.endm

.macro	set_efer bits
	mov	$MSR_EFER, %ecx
	rdmsr
	or	$\bits, %eax
	wrmsr
.endm

/* Handlers that cannot be fetched fill a stack, where that is not checked when
 * they are entered; below this one is nothing. */
.macro	narrow_stack
	andl	$~1, PD + 8
	mov	%cr3, %rax
	mov	%rax, %cr3
	mov	$page_stack, %rsp
.endm

begin:

/* --- The next instruction --- */

#if defined(CASE_rip_canonical)
	mov	$EITHER(NOT_CANONICAL, good), %rax
	jmp	*%rax

#elif defined(CASE_rip_nx)
	set_efer EFER_NXE
	BROKEN_ONLY(orl $NX, PAGE + 4)
	jmp	page_good

#elif defined(CASE_rip_user)
	load_idt
	lose_fault_gates
	go_to_ring_3 EITHER(good, page_int)

#elif defined(CASE_rip_smep)
	orl	$EITHER(4, 0), PAGE
	set_cr4 CR4_SMEP
	jmp	page_good

#elif defined(CASE_code_zeroes)
	mov	$FAR_AWAY, %rax
	mov	$EITHER(0x800000, good), %rcx
	jmp	*%rcx

#elif defined(CASE_rip_zeroes)
	mov	$0x900000, %rax
	mov	$EITHER(0xfff000, good), %rcx
	jmp	*%rcx

#elif defined(CASE_code_32_in_64)
	BROKEN_ONLY(.byte 0x60)

/* --- Data --- */

#elif defined(CASE_data_canonical)
	mov	$EITHER(NOT_CANONICAL, 0x900000), %rax
	mov	(%rax), %eax

#elif defined(CASE_data_mapped)
	mov	$EITHER(FAR_AWAY, 0x900000), %rdi
	mov	$2, %ecx
	rep stosq

#elif defined(CASE_data_user)
	load_idt
	lose_fault_gates
	go_to_ring_3 EITHER(page_peek, page_int)

#elif defined(CASE_data_writable)
	andl	$EITHER(~2, ~0), PAGE
	set_cr0 CR0_WP
	incl	page_good + 0x1000(%rip)

/* --- Page tables --- */

#elif defined(CASE_table_nxe)
	RIGHT_ONLY(set_efer EFER_NXE)
	orl	$NX, PAGE + 4
	mov	page_good, %eax

#elif defined(CASE_table_high)
	orl	$EITHER(1 << 19, 0), PAGE + 4
	mov	page_good, %eax

#elif defined(CASE_table_page)
	movl	$PDPT + EITHER(0x83, 3), PML4 + 8
	mov	$0x8000400000, %rax
	mov	(%rax), %eax

#elif defined(CASE_table_aligned)
	orl	$EITHER(1 << 16, 0), PAGE
	mov	page_good, %eax

/* --- Control registers and MSRs --- */

#elif defined(CASE_long_off)
	mov	%cr0, %rax
	RIGHT_ONLY(bts $16, %eax)
	BROKEN_ONLY(btr $31, %eax)
	mov	%rax, %cr0

#elif defined(CASE_cr4_pae)
	mov	%cr4, %rax
	RIGHT_ONLY(bts $4, %eax)
	BROKEN_ONLY(btr $5, %eax)
	mov	%rax, %cr4

#elif defined(CASE_cr4_la57)
	set_cr4 EITHER(CR4_LA57, 0)

#elif defined(CASE_cr3_reserved)
	mov	%cr3, %rax
	BROKEN_ONLY(bts $51, %rax)
	mov	%rax, %cr3

#elif defined(CASE_efer_lme)
	mov	$MSR_EFER, %ecx
	rdmsr
	BROKEN_ONLY(btr $8, %eax)
	wrmsr

#elif defined(CASE_msr_canonical)
	mov	$MSR_LSTAR, %ecx
	mov	$EITHER(0x80000000, 0), %edx
	mov	$good, %eax
	wrmsr

#elif defined(CASE_syscall_ready)
	mov	$MSR_LSTAR, %ecx
	xor	%edx, %edx
	mov	$good, %eax
	wrmsr
	mov	$MSR_STAR, %ecx
	mov	$LONG64_CS, %edx
	wrmsr
	RIGHT_ONLY(set_efer EFER_SCE)
	syscall

#elif defined(CASE_avx_ready)
	mov	$1, %eax
	cpuid
	bt	$26, %ecx
	jnc	good
	RIGHT_ONLY(set_cr4 CR4_OSXSAVE)
	xor	%ecx, %ecx
	xgetbv

#elif defined(CASE_code_l_d)
	lgdt	gdtr
	push	$EITHER(CODE_LD, LONG64_CS)
	push	$good
	lretq

/* --- The IDT, and stacks --- */

#elif defined(CASE_gate_64_bit)
	lgdt	gdtr
	load_idt
	set_gates 2, EITHER(CODE32, LONG64_CS)
	int3

#elif defined(CASE_gate_size)
	load_idt
	narrow_stack
	BROKEN_ONLY(call squeeze_gates)
	int3

#elif defined(CASE_gate_type)
	load_idt
	set_gates 4, EITHER(0x8500, 0x8f00)
	int3

#elif defined(CASE_handler_canonical)
	load_idt
	narrow_stack
	set_gates 10, EITHER(0x8000, 0)
	int3

#elif defined(CASE_handler_nx)
	load_idt
	narrow_stack
	set_gates 0, "(page_good - 0x400000)"
	set_gates 6, 0x40
	set_efer EFER_NXE
	BROKEN_ONLY(orl $NX, PAGE + 4)
	int3

#elif defined(CASE_tss_stack)
	load_idt
	mov	$LONG64_TSS, %eax
	ltr	%ax
	set_gates 4, GATE + 3
	movl	$EITHER(0, LONG64_STACK), LONG64_TSS_GPA + 0x24 + 2 * 8
	int3

#elif defined(CASE_stack_mapped)
	load_idt
	mov	$EITHER(FAR_AWAY, LONG64_STACK), %rsp
	int3

#else
#error "no such case"
#endif
	jmp	good

/* Gates of 8 bytes, as protected mode has them. */
squeeze_gates:
	xor	%ecx, %ecx
1:	mov	idt(, %rcx, 2), %rax
	mov	%rax, idt(%rcx)
	add	$8, %ecx
	cmp	$0x31 * 8, %ecx
	jne	1b
	ret

	.balign	8
gdtr:	.word	gdt_end - gdt - 1
	.quad	gdt
idtr:	.word	0x31 * 16 - 1
	.quad	idt

	.balign	8
gdt:	.quad	0
	.quad	0x00af9b000000ffff	/* LONG64_CS */
	.quad	0x00cf93000000ffff	/* LONG64_DS */
	.quad	0, 0, 0, 0, 0, 0
	.quad	0x00cf9b000000ffff	/* CODE32 */
	.quad	0x00ef9b000000ffff	/* CODE_LD */
gdt_end:
	.balign	16
idt:	.skip	0x31 * 16

	.section .page, "awx", @progbits
page_good:
	fine
page_int:
	int	$0x30
page_peek:
	mov	LONG64_GDT, %eax
	int	$0x30
	.balign	4096
	.skip	4096
page_stack:
