/*
 * Broken guests of 32-bit protected mode, and their neighbours: broken.inc. An
 * ELF file at 1 MiB, all of it code and data at once. Rules about what raises an
 * exception have no IDT, so that it ends the guest; rules about handlers have
 * one in which every gate leads to the good end.
 */
#include "broken.inc"

#define CS	0x08
#define DS	0x10
#define USER_CS 0x1b
#define USER_DS 0x23
#define TSS	0x28
#define ABSENT	0x30	/* data that is not present */
#define SMALL	0x38	/* data, limit 0xfff */
#define CODE16	0x48
#define BUSY	0x50	/* a TSS that is busy */
#define SHORT	0x58	/* one with a limit of 7 */
#define FAR	0x60	/* one at 1 GiB */
#define CODE64	0x68

#define TSS_GPA 0x600
#define PD	0x8000	/* 4 MiB pages for the first 16 MiB, to themselves */
#define STACK	0x7000
#define FAR_AWAY 0x40000000

#define GATE	0x8e00
#define USER	0xee00

	.code32
	.globl	start
start:
	lgdt	gdtr
	ljmp	$CS, $1f
1:	mov	$DS, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$STACK, %esp
	movl	$STACK, TSS_GPA + 4
	movl	$DS, TSS_GPA + 8
	jmp	begin

good:	fine

/* Ring 3 runs what comes next. */
.macro	go_to_ring_3
	mov	$USER_DS, %eax
	mov	%eax, %ds
	push	$USER_DS
	push	$STACK - 256
	push	$2
	push	$USER_CS
	push	$1f
	iret
1:
.endm

.macro	load_tss selector
	mov	$\selector, %eax
	ltr	%ax
.endm

/* Gates 0-0x30, 0x30 for ring 3. */
.macro	load_idt
	mov	$idt, %edi
	mov	$good, %edx
1:	mov	%dx, (%edi)
	movw	$CS, 2(%edi)
	movw	$GATE, 4(%edi)
	movw	$0x10, 6(%edi)
	add	$8, %edi
	cmp	$idt + 0x31 * 8, %edi
	jne	1b
	movw	$USER, idt + 0x30 * 8 + 4
	lidt	idtr
.endm

/* Writes \value at \offset of every gate, so that no other exception's handler
 * hides what happens. */
.macro	set_gates offset, value
	mov	$idt + \offset, %edi
1:	movw	$\value, (%edi)
	add	$8, %edi
	cmp	$idt + 0x31 * 8 + \offset, %edi
	jne	1b
.endm

/* Paging with pages of 4 MiB, which ring 3 may use, too. */
.macro	load_tables
	movl	$0x000087, PD
	movl	$0x400087, PD + 4
	movl	$0x800087, PD + 8
	movl	$0xc00087, PD + 12
	mov	$PD, %eax
	mov	%eax, %cr3
	mov	$CR4_PSE, %eax
	mov	%eax, %cr4
.endm

/* What ring 3 does wrong ends the guest. */
.macro	lose_fault_gates
	movw	$0, idt + 8 * 8 + 4
	movw	$0, idt + 13 * 8 + 4
	movw	$0, idt + 14 * 8 + 4
.endm

.macro	set_cr0 bits
	mov	%cr0, %eax
	or	$\bits, %eax
	mov	%eax, %cr0
.endm

.macro	turn_paging_on
	load_tables
	set_cr0 CR0_PG
.endm

.macro	wrmsr_of msr, value
	mov	$\msr, %ecx
	mov	$\value, %eax
	xor	%edx, %edx
	wrmsr
.endm

begin:

/* Selectors. */
#if defined(CASE_selector_null)
	mov	$EITHER(0, DS), %eax
	mov	%eax, %ss

#elif defined(CASE_selector_limit)
	mov	$EITHER(0x100, DS), %eax
	mov	%eax, %es

#elif defined(CASE_selector_code)
	ljmp	$EITHER(DS, CS), $good

#elif defined(CASE_selector_stack)
	mov	$EITHER(CS, DS), %eax
	mov	%eax, %ss

#elif defined(CASE_selector_data)
	mov	$EITHER(TSS, CS), %eax
	mov	%eax, %fs

#elif defined(CASE_selector_ring)
	mov	$EITHER(USER_DS, DS), %eax
	mov	%eax, %ss

#elif defined(CASE_selector_present)
	mov	$EITHER(ABSENT, SMALL), %eax
	mov	%eax, %gs

#elif defined(CASE_tss_busy)
	load_tss EITHER(BUSY, TSS)

#elif defined(CASE_tss_type)
	load_tss EITHER(DS, TSS)

#elif defined(CASE_lgdt_24_bits)
	/* The table is copied to 16 MiB and more, and loaded by 16-bit code. */
	mov	$gdt, %esi
	mov	$0x1000a00, %edi
	mov	$gdt_end - gdt, %ecx
	rep movsb
	movw	$gdt_end - gdt - 1, 0x580
	movl	$0x1000a00, 0x582
	ljmp	$CODE16, $1f - start
	.code16
1:	BROKEN_ONLY(lgdtw 0x580)
	RIGHT_ONLY(lgdtl 0x580)
	ljmpl	$CS, $good
	.code32

/* The IDT. */
#elif defined(CASE_idt_room)
	load_idt
	BROKEN_ONLY(lidt idtr_short)
	int3

#elif defined(CASE_idt_loaded)
	RIGHT_ONLY(load_idt)
	int3

#elif defined(CASE_idt_real_mode)
	load_idt
	BROKEN_ONLY(lidt idtr_real_mode)
	int3

#elif defined(CASE_idt_mapped)
	load_idt
	turn_paging_on
	BROKEN_ONLY(lidt idtr_far)
	int3

#elif defined(CASE_gate_present)
	load_idt
	set_gates 4, EITHER(0x0e00, GATE)
	int3

#elif defined(CASE_gate_type)
	load_idt
	set_gates 4, EITHER(0x8c00, 0x8f00)
	int3

#elif defined(CASE_gate_selector)
	load_idt
	set_gates 2, EITHER(DS, CS)
	int3

#elif defined(CASE_gate_ring)
	load_idt
	set_gates 2, EITHER(USER_CS, CS)
	int3

#elif defined(CASE_handler_mapped)
	load_idt
	turn_paging_on
	set_gates 6, EITHER(FAR_AWAY >> 16, 0x10)
	int3

#elif defined(CASE_bios_call)
	load_idt; set_gates 4, EITHER(0x0e00, GATE)
	int	$0x10

#elif defined(CASE_iret_error_code)
	pushf
	push	$CS
	push	$good
	push	$0x10
	RIGHT_ONLY(add $4, %esp)
	iret

/* The TSS and stacks. */
#elif defined(CASE_tss_limit)
	load_idt
	load_tss EITHER(SHORT, TSS)
	go_to_ring_3
	int	$0x30

#elif defined(CASE_tss_segment)
	load_idt
	load_tss TSS
	movl	$EITHER(CS, DS), TSS_GPA + 8
	go_to_ring_3
	int	$0x30

#elif defined(CASE_tss_stack)
	load_idt
	turn_paging_on
	load_tss TSS
	movl	$EITHER(0, STACK), TSS_GPA + 4
	go_to_ring_3
	int	$0x30

#elif defined(CASE_tss_mapped)
	load_idt
	turn_paging_on
	load_tss EITHER(FAR, TSS)
	go_to_ring_3
	int	$0x30

#elif defined(CASE_stack_mapped)
	load_idt
	turn_paging_on
	mov	$EITHER(FAR_AWAY, STACK), %esp
	int3

#elif defined(CASE_stack_writable)
	load_idt
	load_tables
	movl	$EITHER(0x800085, 0x800087), PD + 8
	set_cr0 CR0_PG | CR0_WP
	mov	$0x900000, %esp
	int3

#elif defined(CASE_stack_limit)
	load_idt
	mov	$SMALL, %eax
	mov	%eax, %ss
	mov	$EITHER(6, 0xff0), %esp
	int3

#elif defined(CASE_stack_ram)
	mov	$EITHER(NO_RAM, STACK), %esp
	call	1f
	fine
1:	ret

/* Rings. */
#elif defined(CASE_ring_0_only)
	load_tss TSS
	BROKEN_ONLY(go_to_ring_3)
	wbinvd
	jmp	good

#elif defined(CASE_iopl)
	load_tss TSS
	BROKEN_ONLY(go_to_ring_3)
	cli
	jmp	good

#elif defined(CASE_gate_dpl)
	load_idt
	RIGHT_ONLY(movw $USER, idt + 0x2f * 8 + 4)
	lose_fault_gates
	load_tss TSS
	go_to_ring_3
	int	$0x2f

/* Single instructions. */
#elif defined(CASE_ud2)
	cmpl	$EITHER(3, 2), two	/* an assertion */
	je	good
	ud2

#elif defined(CASE_code_ones)
	mov	$EITHER(ones, good), %eax
	jmp	*%eax

#elif defined(CASE_div_zero)
	xor	%edx, %edx
	mov	$10, %eax
	mov	$EITHER(0, 2), %ecx
	div	%ecx

#elif defined(CASE_div_overflow)
	mov	$EITHER(5, 0), %edx
	mov	$10, %eax
	divl	two

#elif defined(CASE_fpu_ready)
	set_cr0 EITHER(CR0_EM, 0)
	fninit

#elif defined(CASE_sse_ready)
	mov	$EITHER(0, CR4_OSFXSR), %eax
	mov	%eax, %cr4
	xorps	%xmm0, %xmm0

#elif defined(CASE_msr_known)
	mov	$EITHER(MSR_NONE, MSR_TSC), %ecx
	rdmsr

#elif defined(CASE_data_segment)
	mov	$EITHER(0, DS), %eax
	mov	%eax, %es
	mov	%es:two, %eax

#elif defined(CASE_data_limit)
	mov	$SMALL, %eax
	mov	%eax, %es
	mov	%es:EITHER(0x1000, 0xffc), %eax

#elif defined(CASE_data_read_only)
	mov	$EITHER(CS, DS), %eax
	mov	%eax, %es
	movl	$2, %es:two

/* Control registers. */
#elif defined(CASE_cr0_pg_pe)
	load_tables
	mov	$CR0_PG | EITHER(0, CR0_PE), %eax
	mov	%eax, %cr0

#elif defined(CASE_cr0_nw_cd)
	set_cr0 EITHER(CR0_NW, 0)

#elif defined(CASE_cr4_cpuid)
	mov	$EITHER(CR4_SMXE, CR4_PSE), %eax
	mov	%eax, %cr4

#elif defined(CASE_cr4_pcide)
	mov	$EITHER(CR4_PCIDE, 0), %eax
	mov	%eax, %cr4

#elif defined(CASE_long_cs)
	movl	$PD + 0x1003, PD
	movl	$PD + 0x2003, PD + 0x1000
	movl	$0x83, PD + 0x2000
	mov	$PD, %eax
	mov	%eax, %cr3
	mov	$CR4_PAE, %eax
	mov	%eax, %cr4
	wrmsr_of MSR_EFER, EFER_LME
	/* What long mode runs as 64 bits has 16 without it. */
	BROKEN_ONLY(ljmp $CODE64, $1f - start; .code16)
1:	mov	%cr0, %eax
	bts	$31, %eax
	mov	%eax, %cr0
	.code32

#elif defined(CASE_pdpte_reserved)
	movl	$PD + 0x1000 + EITHER(3, 1), PD
	movl	$0x83, PD + 0x1000
	mov	$PD, %eax
	mov	%eax, %cr3
	mov	$CR4_PAE, %eax
	mov	%eax, %cr4
	set_cr0 CR0_PG

/* Page tables. */
#elif defined(CASE_rip_identity)
	load_tables
	movl	$EITHER(0, 0x87), PD
	movl	$0x87, PD + 0x800
	set_cr0 CR0_PG
	jmp	good

#elif defined(CASE_rip_mapped)
	turn_paging_on
	mov	$EITHER(FAR_AWAY, good), %eax
	jmp	*%eax

#elif defined(CASE_rip_ram)
	mov	$EITHER(NO_RAM, good), %eax
	jmp	*%eax

#elif defined(CASE_data_mapped)
	turn_paging_on
	mov	EITHER(FAR_AWAY, 0xfffffc), %eax

#elif defined(CASE_data_writable)
	load_tables
	movl	$EITHER(0x800085, 0x800087), PD + 8
	set_cr0 CR0_PG | CR0_WP
	incl	0x900000

#elif defined(CASE_data_user)
	load_tables
	movl	$EITHER(0x800083, 0x800087), PD + 8
	load_idt
	lose_fault_gates
	load_tss TSS
	set_cr0 CR0_PG
	go_to_ring_3
	push	0x900000
	int	$0x30

#elif defined(CASE_table_aligned)
	load_tables
	movl	$EITHER(0xa00087, 0x800087), PD + 8
	set_cr0 CR0_PG
	mov	0x900000, %eax

#elif defined(CASE_table_ram)
	load_tables
	movl	$EITHER(NO_RAM + 7, 0x800087), PD + 8
	set_cr0 CR0_PG
	mov	0x900000, %eax

#elif defined(CASE_cr3_ram)
	load_tables
	mov	$EITHER(NO_RAM, PD), %eax
	mov	%eax, %cr3
	set_cr0 CR0_PG

#else
#error "no such case"
#endif
	jmp	good

	.balign	8
two:	.long	2
ones:	.fill	32, 1, 0xff

gdtr:	.word	gdt_end - gdt - 1
	.long	gdt
idtr:	.word	0x31 * 8 - 1
	.long	idt
idtr_short:
	.word	3 * 8 - 1
	.long	idt
idtr_real_mode:
	.word	0x3ff
	.long	0
idtr_far:
	.word	0x31 * 8 - 1
	.long	FAR_AWAY

	.balign	8
gdt:	.quad	0
	.quad	0x00cf9b000000ffff	/* CS */
	.quad	0x00cf93000000ffff	/* DS */
	.quad	0x00cffb000000ffff	/* USER_CS */
	.quad	0x00cff3000000ffff	/* USER_DS */
	.quad	0x0000890006000067	/* TSS */
	.quad	0x00cf13000000ffff	/* ABSENT */
	.quad	0x0040930000000fff	/* SMALL */
	.quad	0
	.quad	0x00009b100000ffff	/* CODE16, at 1 MiB as the program */
	.quad	0x00008b0006000067	/* BUSY */
	.quad	0x0000890006000007	/* SHORT */
	.quad	0x4000890000000067	/* FAR */
	.quad	0x002f9b100000ffff	/* CODE64, likewise */
gdt_end:
	.balign	16
idt:	.skip	0x31 * 8
