/*
 * Guests that ask over and over, or print where nobody looks, each beside one
 * that does it in the right way. The last ones are heard.
 */
#include "quiet.inc"

/* --- polling ---------------------------------------------------------------- */

device_port:
	mov	$0x1f7, %dx
1:	in	%dx, %al
	test	$0x80, %al
	jnz	1b
	jmp	bad

/* Looks, finds nobody, and computes from there on. */
device_port_right:
	mov	$0x1f7, %dx
	in	%dx, %al
	cmp	$0xff, %al
	jne	bad
compute:
	imul	$69069, %eax
	inc	%eax
	jmp	compute

device_address:
1:	mov	0xfed000f0, %eax
	test	%eax, %eax
	jnz	1b
	jmp	bad

/* PCI, configuration mechanism 1, and no bridge. */
device_pci:
	mov	$0x80000000, %eax
	mov	$0xcf8, %dx
	out	%eax, %dx
	mov	$0xcfc, %dx
	in	%dx, %eax
	cmp	$0xffffffff, %eax
	je	device_pci
	jmp	bad

input_over:
	mov	$COM1 + 5, %dx
1:	in	%dx, %al
	test	$1, %al
	jz	1b
	mov	$COM1, %dx
	in	%dx, %al
	jmp	input_over

key_over:
	in	$0x64, %al
	test	$1, %al
	jz	key_over
	in	$0x60, %al
	jmp	key_over

timer_gate:
	write	0x61, 0
	write	PIT + 3, 0xb0
	write	PIT + 2, 0xff
	write	PIT + 2, 0xff
1:	in	$0x61, %al
	test	$0x20, %al
	jz	1b
	jmp	compute

timer_gate_right:
	write	0x61, 1
	write	PIT + 3, 0xb0
	write	PIT + 2, 0xff
	write	PIT + 2, 0xff
1:	in	$0x61, %al
	test	$0x20, %al
	jz	1b
	jmp	compute

/* The UART's scratch register is what was written to it last. */
status_same:
	mov	$COM1 + 7, %dx
1:	in	%dx, %al
	test	$1, %al
	jz	1b
	jmp	bad

/* --- printing where nobody looks --------------------------------------------- */

output_port:
	mov	$0x2f8, %dx
	mov	$'B', %al
	out	%al, %dx
	mov	$'o', %al
	out	%al, %dx
	mov	$'o', %al
	out	%al, %dx
	mov	$'t', %al
	out	%al, %dx
	jmp	compute

/* As a driver looks for a port: registers and no text. */
output_port_right:
	write_high 0x2f9, 0
	write_high 0x2fb, 0x80
	write_high 0x2f8, 1
	write_high 0x2fb, 3
	write_high 0x2fa, 7
	write_high 0x2fc, 0xb
	jmp	compute

output_frame:
	mov	$0xfd000000, %edi
	mov	$0x4000, %ecx
	mov	$0x00ff00ff, %eax
	rep stosl
	jmp	compute

output_screen:
	movl	$0x074f0742, 0xb8000
	movl	$0x0774074f, 0xb8004
	jmp	compute

/* --- those that say something --------------------------------------------- */

talks_and_waits:
	say	"ready"
	set_pics 0xfd, 0xff
	set_pit
	jmp	wait_on

talks_and_computes:
	say	"ready"
	jmp	compute
