/*
 * Halts with interrupts off while the timer ticks on, and both ways that a tick
 * could take are open: the 8259, and pin 0 of the I/O APIC.
 */
#define DIRECTORY  0x100000
#define IOAPIC	   0xfec00000
#define IOWIN	   (IOAPIC + 0x10)
#define ENTRY_LOW  0x10
#define LAPIC_SVR  0xfee000f0
#define SVR_ON	   0x1ff
#define DEVICES	   0x9b		/* a 4 MiB page: present, writable, no cache */
#define COUNT	   11932	/* 100 Hz */

	.macro	write port, val
	mov	$\val, %al
	out	%al, $\port
	.endm

	.code32
	cli
	movl	$(IOAPIC + DEVICES), DIRECTORY + 4 * (IOAPIC >> 22)
	mov	%cr3, %eax
	mov	%eax, %cr3
	movl	$SVR_ON, LAPIC_SVR
	movl	$(ENTRY_LOW + 1), IOAPIC
	movl	$0, IOWIN
	movl	$ENTRY_LOW, IOAPIC
	movl	$0x40, IOWIN

	write	0x20, 0x11
	write	0x21, 0x20
	write	0x21, 0x04
	write	0x21, 0x01
	write	0x21, 0xfe
	write	0x43, 0x34
	write	0x40, (COUNT & 0xff)
	write	0x40, (COUNT >> 8)
	hlt
