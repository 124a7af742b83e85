/*
 * COM1 as a level at pin 4 of the I/O APIC: the line stays high, so each end of
 * interrupt brings the next one. Prints a letter for each of five, then takes
 * the reason away; ends with 5 if no other came, else with 6.
 */
#include "guest.inc"

#define UART_IER   (UART + 1)
#define IER_THRI   0x02
#define UART_MCR   (UART + 4)
#define MCR_OUT2   0x08		/* lets the line out */
#define DIRECTORY  0x100000
#define IOAPIC	   0xfec00000
#define IOWIN	   (IOAPIC + 0x10)
#define ENTRY_LOW  (0x10 + 2 * 4)
#define LEVEL	   0x8000
#define LAPIC	   0xfee00000
#define LAPIC_EOI  (LAPIC + 0xb0)
#define LAPIC_SVR  (LAPIC + 0xf0)
#define SVR_ON	   0x1ff
#define DEVICES	   0x9b		/* a 4 MiB page: present, writable, no cache */
#define VECTOR	   0x41
#define GATE	   0x8e00	/* 32-bit interrupt gate, ring 0 */

	.code32
start:
	movl	$(IOAPIC + DEVICES), DIRECTORY + 4 * (IOAPIC >> 22)
	mov	%cr3, %eax
	mov	%eax, %cr3

	mov	$handler, %eax
	mov	%ax, gate
	shr	$16, %eax
	mov	%ax, gate + 6
	lidt	idtr

	mov	$0xff, %al		/* not by way of the 8259 */
	out	%al, $0x21
	movl	$SVR_ON, LAPIC_SVR
	movl	$(ENTRY_LOW + 1), IOAPIC
	movl	$0, IOWIN		/* to APIC id 0 */
	movl	$ENTRY_LOW, IOAPIC
	movl	$(LEVEL + VECTOR), IOWIN
	xor	%esi, %esi
	mov	$UART_MCR, %edx
	mov	$MCR_OUT2, %al
	out	%al, %dx
	mov	$UART_IER, %edx
	mov	$IER_THRI, %al
	out	%al, %dx
	sti
wait:
	hlt
	cmp	$5, %esi
	jb	wait
	mov	$100000, %ecx		/* time enough for one too many */
1:	loop	1b
	cmp	$5, %esi
	jne	extra
	leave_with 5
extra:
	leave_with 6

handler:
	inc	%esi
	cmp	$5, %esi
	jb	1f
	mov	$UART_IER, %edx
	xor	%al, %al
	out	%al, %dx
1:	mov	%esi, %ebx
	add	$('A' - 1), %ebx
	say
	movl	$0, LAPIC_EOI
	iret

	.balign 8
idt:	.fill	VECTOR, 8, 0
gate:	.word	0, 0x08, GATE, 0
idtr:	.word	. - idt - 1
	.long	idt
