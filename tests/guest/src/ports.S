/*
 * What text-mode systems read of a PC: a table of accesses, whose answers are
 * printed on COM1, a line for each name. A multiboot kernel, so that QEMU runs
 * it, too: tests/guest/test_ports.py compares.
 */
#include "abi/hypercall.h"

#define MULTIBOOT_MAGIC 0x1badb002
#define UART		0x3f8
#define UART_LSR	(UART + 5)
#define LSR_THRE	0x20
#define EXIT_PORT	0xf4
#define TIMER		0x08	/* vectors, where a BIOS has them */
#define CLOCK		0x70
#define LOOKS		200000	/* at a port, until it must have changed */

#define OP_END	0
#define OP_NAME	1
#define OP_OUT	2
#define OP_IN	3
#define OP_WAIT	4
#define OP_OUTW	5
#define OP_CALL	6

.macro	name text
	.byte	OP_NAME
	.asciz	"\text"
.endm
.macro	op code, port, val=0, mask=0xff
	.byte	\code
	.word	\port
	.byte	\val, \mask
.endm
.macro	put port, val
	op	OP_OUT, \port, \val
.endm
.macro	get port, mask=0xff
	op	OP_IN, \port, 0, \mask
.endm
/* Until the bits of \mask are \val; prints whether they came to be. */
.macro	until port, mask, val
	op	OP_WAIT, \port, \val, \mask
.endm
.macro	calls function
	.byte	OP_CALL
	.long	\function
.endm
.macro	putw port, val
	.byte	OP_OUTW
	.word	\port, \val
.endm

/* A controller or keyboard command, and \n bytes of answer. */
.macro	ctl val, n=0
	put	0x64, \val
	.rept	\n
	until	0x64, 1, 1
	get	0x60
	.endr
.endm
.macro	kbd val, n=1
	put	0x60, \val
	.rept	\n
	until	0x64, 1, 1
	get	0x60
	.endr
.endm
.macro	cmos reg, mask=0xff
	put	0x70, \reg
	get	0x71, \mask
.endm
.macro	cmosw reg, val
	put	0x70, \reg
	put	0x71, \val
.endm
/* Item \key of fw_cfg, its first \n bytes. */
.macro	item key, n
	putw	0x510, \key
	.rept	\n
	get	0x511
	.endr
.endm

	.section .text
	.globl	_start
	.balign	4
	.long	MULTIBOOT_MAGIC, 0, -MULTIBOOT_MAGIC

_start:
	mov	$stack, %esp
	mov	$table, %esi
next:
	lodsb
	test	%al, %al
	jz	end
	cmp	$OP_NAME, %al
	je	name_op
	cmp	$OP_CALL, %al
	je	call_op
	mov	%al, %cl
	lodsw
	movzwl	%ax, %edx
	lodsw			/* AL value, AH mask */
	cmp	$OP_OUT, %cl
	je	out_op
	cmp	$OP_OUTW, %cl
	je	outw_op
	cmp	$OP_WAIT, %cl
	je	wait_op
	mov	%ah, %bl
	in	%dx, %al
	and	%bl, %al
	call	hex
	jmp	next
out_op:
	out	%al, %dx
	jmp	next
outw_op:
	out	%ax, %dx
	jmp	next
wait_op:
	mov	%eax, %ebx
	mov	$LOOKS, %ecx
1:	in	%dx, %al
	and	%bh, %al
	cmp	%bl, %al
	je	next
	loop	1b
	mov	$'!', %al
	call	print
	jmp	next
call_op:
	lodsl
	push	%esi
	call	*%eax
	pop	%esi
	jmp	next
name_op:
	mov	$'\n', %al
	call	print
1:	lodsb
	test	%al, %al
	jz	1f
	call	print
	jmp	1b
1:	mov	$':', %al
	call	print
	jmp	next

end:	mov	$'\n', %al
	call	print
	mov	$EXIT_PORT, %edx
	xor	%eax, %eax
	out	%eax, %dx
	mov	$HC_PORT, %edx
	mov	$HC_EXIT, %al
	out	%al, %dx
1:	hlt
	jmp	1b

/* Waits for an interrupt of the timer, and one of the clock, as the firmware has
 * left the controllers; prints their vectors. */
interrupts:
	lgdt	gdt_limit
	ljmp	$8, $1f
1:	mov	$16, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$idt, %edi
	mov	$256, %ecx
1:	mov	$wrong, %eax
	call	gate
	loop	1b
	mov	$idt + 8 * TIMER, %edi
	mov	$timer, %eax
	call	gate
	mov	$idt + 8 * CLOCK, %edi
	mov	$clock, %eax
	call	gate
	lidt	idt_limit
	mov	$1f, %ebx
	sti
	jmp	.
1:	in	$0x21, %al	/* no more of the timer */
	or	$1, %al
	out	%al, $0x21
	mov	$0x0b, %al
	out	%al, $0x70
	mov	$0x42, %al
	out	%al, $0x71
	mov	$1f, %ebx
	sti
	jmp	.
1:	mov	$0x0b, %al
	out	%al, $0x70
	mov	$0x02, %al
	out	%al, $0x71
	ret
/* Makes an interrupt gate for the handler EAX at EDI, and goes on to the next. */
gate:	mov	%ax, (%edi)
	movw	$8, 2(%edi)
	movw	$0x8e00, 4(%edi)
	shr	$16, %eax
	mov	%ax, 6(%edi)
	add	$8, %edi
	ret
wrong:	mov	$0xff, %al	/* nothing more is said after this one */
	call	hex
	jmp	end
clock:	mov	$0x0c, %al
	out	%al, $0x70
	in	$0x71, %al
	mov	$0x20, %al
	out	%al, $0xa0
	mov	$CLOCK, %ah
	jmp	1f
timer:	mov	$TIMER, %ah
1:	mov	$0x20, %al
	out	%al, $0x20
	mov	%ah, %al
	call	hex
	add	$12, %esp	/* no IRET, which not every KVM emulates: on at */
	jmp	*%ebx		/* EBX, with interrupts off as in here */

/* Prints a space and AL in hexadecimal. */
hex:	push	%eax
	mov	$' ', %al
	call	print
	pop	%eax
	push	%eax
	shr	$4, %al
	call	digit
	pop	%eax
	and	$15, %al
digit:	add	$'0', %al
	cmp	$'9', %al
	jbe	print
	add	$'a' - '9' - 1, %al
/* Prints the character in AL. */
print:	push	%edx
	push	%eax
	mov	$UART_LSR, %edx
1:	in	%dx, %al
	test	$LSR_THRE, %al
	jz	1b
	pop	%eax
	mov	$UART, %edx
	out	%al, %dx
	pop	%edx
	ret

	.balign	8
gdt:	.quad	0, 0x00cf9b000000ffff, 0x00cf93000000ffff
gdt_limit:
	.word	23
	.long	gdt
idt_limit:
	.word	256 * 8 - 1
	.long	idt

table:
#include "ports.inc"
	.byte	OP_END

	.bss
	.balign	16
	.skip	1024
stack:
	.balign	8
idt:	.skip	256 * 8
