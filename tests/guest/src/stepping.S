/*
 * What a debugger's user may step over, one case after the other, in real mode:
 * test_stepping.py has where each step has to end. A label with a capital letter
 * begins a case; in each, those of its instructions are numbered.
 */
.code16
.globl _start
_start:
	jmp	main

.org 0x400
handler:			/* of int n and int3 */
	inc	%si
handler_iret:
	iret
fault:				/* of #UD and #DE: both have two bytes */
	mov	%sp, %bp
fault_2:
	addw	$2, (%bp)
fault_iret:
	iret

.org 0x500
main:
	xor	%ax, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	%ax, %ss
	mov	$0x7000, %sp
	mov	$fault, %ax
	mov	%ax, 0 * 4
	mov	%ax, 6 * 4
	mov	$handler, %ax
	mov	%ax, 3 * 4
	mov	%ax, 0x40 * 4
	movw	$0, 0 * 4 + 2
	movw	$0, 3 * 4 + 2
	movw	$0, 6 * 4 + 2
	movw	$0, 0x40 * 4 + 2

.macro	case name
\name:
\name\()_0:
.endm
	xor	%ax, %ax
case Mov_ss
	mov	%ax, %ss
Mov_ss_1:
	nop
Mov_ss_2:
	nop
case Sti
	sti
Sti_1:
	nop
Sti_2:
	nop
	cli
	mov	$0x600, %si
	mov	$0x7100, %di
	mov	$3, %cx
	cld
case Rep_movsb
	rep movsb
Rep_movsb_1:
	mov	$3, %cx
case Rep_stosb
	rep stosb
Rep_stosb_1:
	mov	$2, %cx
	mov	$0x80, %dx
case Rep_outsb
	rep outsb
Rep_outsb_1:
	mov	$2, %cx
case Rep_insb
	rep insb
Rep_insb_1:
	nop
case Out
	out	%al, $0x80
Out_1:
	nop
case In
	in	$0x80, %al
In_1:
	nop
case Cpuid
	xor	%eax, %eax
Cpuid_1:
	cpuid
Cpuid_2:
	nop
case Mov_cr0
	mov	%cr0, %eax
Mov_cr0_1:
	xor	$8, %eax		/* TS: changes, and is emulated */
Mov_cr0_2:
	mov	%eax, %cr0
Mov_cr0_3:
	nop
case Pushf
	pushf
Pushf_1:
	pop	%bx
Pushf_2:
	nop
case Popf
	push	%bx
Popf_1:
	popf
Popf_2:
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
case Iret
	pushf
Iret_1:
	push	%cs
Iret_2:
	push	$Iret_4
Iret_3:
	iret
Iret_4:
	nop
Iret_5:
	xor	%bl, %bl
case Div
	div	%bl
Div_1:
	nop
Div_2:
	nop
case Ud
	ud2
Ud_1:
	nop
Ud_2:
	nop
case End
	hlt
End_1:
