/*
 * Waits for the timer: vector 0x20, after the usual programming of the 8259.
 * Something is missing: docs/debugging.md, "9. masked". An image for Multiboot,
 * because the 32-bit programs of guests/ have no interrupt controller.
 */
#define MAGIC 0x1badb002
#define TIMER 0x20
#define CS    0x08

	.macro	write port value
	mov	$\value, %al
	out	%al, $\port
	.endm

	.code32
	.globl	_start
	.long	MAGIC, 0, -MAGIC
_start:
	lgdt	gdtr
	ljmp	$CS, $1f
1:	mov	$0x90000, %esp
	mov	$tick, %eax
	mov	%ax, idt + TIMER * 8
	movw	$CS, idt + TIMER * 8 + 2
	movw	$0x8e00, idt + TIMER * 8 + 4
	shr	$16, %eax
	mov	%ax, idt + TIMER * 8 + 6
	lidt	idtr

	write	0x21, 0xff	/* no interrupts until all is ready */
	write	0xa1, 0xff
	write	0x20, 0x11	/* ICW1: four words follow */
	write	0x21, TIMER	/* ICW2: vectors from here on */
	write	0x21, 0x04	/* ICW3: a second one at line 2 */
	write	0x21, 0x01	/* ICW4: 8086 */
	write	0x21, 0xff	/* ICW1 has cleared the mask: OCW1 */
	write	0x43, 0x34	/* counter 0: rate generator */
	write	0x40, 0x00
	write	0x40, 0x10	/* 4096 / 1.19 MHz: 3.4 ms */
	sti
1:	hlt
	cmpl	$100, ticks
	jb	1b
	mov	$0x3f8, %edx
	mov	$'T', %al
	out	%al, %dx
	cli
	hlt

tick:	incl	ticks
	push	%eax
	write	0x20, 0x20	/* end of interrupt */
	pop	%eax
	iret

	.data
	.balign	8
gdt:	.quad	0
	.quad	0x00cf9a000000ffff	/* 0x08: code, 4 GiB from 0 */
gdtr:	.word	. - gdt - 1
	.long	gdt
idtr:	.word	(TIMER + 1) * 8 - 1
	.long	idt
ticks:	.long	0
	.bss
	.balign	8
idt:	.skip	(TIMER + 1) * 8
