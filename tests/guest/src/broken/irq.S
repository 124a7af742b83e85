/*
 * Guests that wait for an interrupt which does not come, each beside one that
 * waits in the right way. None of them prints anything.
 */
#include "quiet.inc"

/* --- interrupts ------------------------------------------------------------ */

hlt_if_off:
	hlt
	jmp	hlt_if_off

/* Without interrupt controllers. */
hlt_no_controller:
	jmp	wait_on

/* Of another kind than those of a crash: what the 8259s do at power-on. */
irq_as_exception:
	write	PIC1, 0x11
	write	PIC1 + 1, 8
	write	PIC1 + 1, 4
	write	PIC1 + 1, 1
	write	PIC1 + 1, 0xfe
	set_pit
	jmp	wait_on

eoi_8259:
	mov	$VECTORS, %ecx
	mov	$not_ended, %eax
	call	set_gate
	set_pics 0xfe, 0xff
	set_pit
	jmp	wait_on
not_ended:
	return_from

eoi_8259_right:
	set_pics 0xfe, 0xff
	set_pit
	jmp	wait_on

/* The clock's interrupt of the second 8259, ended at the first only. */
eoi_second:
	mov	$VECTORS + 8, %ecx
	mov	$half_ended, %eax
	call	set_gate
	set_pics 0xfb, 0xfe
	call	start_clock
	jmp	wait_on
half_ended:
	push	%eax
	call	read_clock
	write	PIC1, EOI
	pop	%eax
	return_from

eoi_second_right:
	mov	$VECTORS + 8, %ecx
	mov	$clock, %eax
	call	set_gate
	set_pics 0xfb, 0xfe
	call	start_clock
	jmp	wait_on
clock:	push	%eax
	call	read_clock
	pop	%eax
	jmp	served

/* Periodic interrupts of the CMOS clock: register B; C has to be read. */
start_clock:
	write	0x70, 0x0b
	write	0x71, 0x42
read_clock:
	write	0x70, 0x0c
	in	$0x71, %al
	ret

cascade:
	set_pics 0xff, 0xfe
	call	start_clock
	jmp	wait_on

mask_8259:
	set_pics 0xff, 0xff
	set_pit
	jmp	wait_on

/* The timer is masked on purpose: it waits for a key. */
mask_8259_right:
	set_pics 0xfd, 0xff
	set_pit
	jmp	wait_on

/* In a loop of its own and not in HLT. */
mask_loop:
	set_pics 0xff, 0xff
	set_pit
	sti
1:	jmp	1b

mask_loop_right:
	set_pics 0xfe, 0xff
	set_pit
	sti
1:	jmp	1b

timer_set:
	set_pics 0xfe, 0xff
	jmp	wait_on

timer_once:
	set_pics 0xfe, 0xff
	set_pit	0x30
	jmp	wait_on

device_interrupts:
	set_pics 0xef, 0xff
	jmp	wait_on

device_interrupts_right:
	set_pics 0xef, 0xff
	write_high COM1 + 4, 0x0b
	write_high COM1 + 1, 1
	jmp	wait_on

keyboard_off:
	set_pics 0xfd, 0xff
	write	0x64, 0x60
	write	0x60, 0x64
	jmp	wait_on

/* The keyboard answers, its edge is taken, and the byte stays where it is. */
edge_lost:
	set_pics 0xfd, 0xff
	write	0x60, 0xee
	jmp	wait_on

edge_lost_right:
	mov	$VECTORS + 1, %ecx
	mov	$key, %eax
	call	set_gate
	set_pics 0xfd, 0xff
	write	0x60, 0xee
	jmp	wait_on
key:	push	%eax
	in	$0x60, %al
	pop	%eax
	jmp	served

/* ICW1, and none of the others. */
icw:	write	PIC1, 0x11
	set_pit
	jmp	wait_on

nothing_comes:
	set_pics 0xff, 0xff
	write	PIT + 3, 0x30		/* no count, so no edge */
	jmp	wait_on

/* --- local APIC and I/O APIC ----------------------------------------------- */

.macro	apic reg:req, value:req
	movl	$\value, LAPIC + \reg
.endm

.macro	io_apic reg:req, value:req
	movl	$\reg, IOAPIC
	movl	$\value, IOAPIC + 0x10
.endm

apic_enabled:
	set_pics 0xfe, 0xff
	apic	0xf0, 0x1ff
	apic	0xf0, 0xff		/* and with that all is masked */
	set_pit
	jmp	wait_on

apic_lint0:
	set_pics 0xfe, 0xff
	apic	0xf0, 0x1ff
	apic	0x350, 0x10700
	set_pit
	jmp	wait_on

apic_lint0_right:
	set_pics 0xfe, 0xff
	apic	0xf0, 0x1ff
	apic	0x350, 0x700
	set_pit
	jmp	wait_on

/* The APIC's own timer, 0x40, periodic. */
eoi_apic:
	mov	$0x40, %ecx
	mov	$not_ended, %eax
	call	set_gate
	jmp	start_apic_timer

eoi_apic_right:
	mov	$0x40, %ecx
	mov	$ended, %eax
	call	set_gate
start_apic_timer:
	set_pics 0xff, 0xff
	apic	0xf0, 0x1ff
	apic	0x3e0, 0xb
	apic	0x320, 0x20040
	apic	0x380, 1000000
	jmp	wait_on
ended:	apic	0xb0, 0
	return_from

apic_timer:
	set_pics 0xff, 0xff
	apic	0xf0, 0x1ff
	apic	0x3e0, 0xb
	apic	0x320, 0x30040		/* masked */
	apic	0x380, 1000000
	jmp	wait_on

apic_timer_once:
	mov	$0x40, %ecx
	mov	$ended, %eax
	call	set_gate
	set_pics 0xff, 0xff
	apic	0xf0, 0x1ff
	apic	0x3e0, 0xb
	apic	0x320, 0x40
	apic	0x380, 1000
	jmp	wait_on

apic_priority:
	set_pics 0xff, 0xff
	apic	0xf0, 0x1ff
	apic	0x80, 0x40
	apic	0x3e0, 0xb
	apic	0x320, 0x20040
	apic	0x380, 1000000
	jmp	wait_on

/* COM1 asks: its transmitter is empty. */
.macro	uart_asks
	write_high COM1 + 4, 0x0b
	write_high COM1 + 1, 2
.endm

mask_ioapic:
	set_pics 0xff, 0xff
	apic	0xf0, 0x1ff
	uart_asks
	jmp	wait_on

vector_apic:
	set_pics 0xff, 0xff
	apic	0xf0, 0x1ff
	io_apic	0x19, 0			/* pin 4 to APIC 0 */
	io_apic	0x18, 0x5
	uart_asks
	jmp	wait_on

mask_ioapic_right:
	mov	$0x45, %ecx
	mov	$sent, %eax
	call	set_gate
	set_pics 0xff, 0xff
	apic	0xf0, 0x1ff
	io_apic	0x19, 0
	io_apic	0x18, 0x45
	uart_asks
	jmp	wait_on
sent:	push	%eax
	push	%edx
	mov	$COM1 + 2, %dx
	in	%dx, %al
	pop	%edx
	pop	%eax
	jmp	ended

/* --- interrupts that do not end ---------------------------------------------- */

/* COM1 as a level, which a PC's is not; its transmitter is empty, and the handler
 * does not ask for that. */
storm_8259:
	set_pics 0xef, 0xff
	write_high 0x4d0, 0x10
	uart_asks
	jmp	wait_on

storm_8259_right:
	mov	$VECTORS + 4, %ecx
	mov	$asked, %eax
	call	set_gate
	set_pics 0xef, 0xff
	write_high 0x4d0, 0x10
	uart_asks
	jmp	wait_on
asked:	push	%eax
	push	%edx
	mov	$COM1 + 2, %dx
	in	%dx, %al
	pop	%edx
	pop	%eax
	jmp	served

storm_ioapic:
	mov	$0x45, %ecx
	mov	$ended, %eax
	call	set_gate
	jmp	ask_by_level

storm_ioapic_right:
	mov	$0x45, %ecx
	mov	$sent, %eax
	call	set_gate
ask_by_level:
	set_pics 0xff, 0xff
	apic	0xf0, 0x1ff
	io_apic	0x19, 0
	io_apic	0x18, 0x8045
	uart_asks
	jmp	wait_on
