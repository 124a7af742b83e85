/*
 * Says hello through the UART: each OUT to COM1's transmit register is a VM
 * exit, and the hypervisor prints the byte. A real UART would have to be asked
 * whether it is ready; this one always is. HLT ends the program.
 */
#define COM1_THR 0x3f8

	.code16
	.globl _start
_start:
	mov	$message, %si
	mov	$COM1_THR, %dx
next:
	lodsb
	test	%al, %al
	jz	done
	out	%al, %dx
	jmp	next
done:
	hlt
message:
	.asciz	"Hello, KVM!\n"
