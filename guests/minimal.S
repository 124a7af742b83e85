/*
 * The smallest guest there is: one instruction, one byte (0xf4).
 *
 * HLT stops a CPU until an interrupt comes. Here it makes the CPU leave the
 * guest, a "VM exit", and KVM hands control back to the hypervisor with the
 * reason HLT. No interrupt will ever come, so kvm-vmm takes it as the end of
 * the program, with status 0. Every other program here ends with it, too, or
 * with a hypercall. Watch the exit:
 *
 *	images/kvm-vmm --verbose images/minimal.bin
 */
	.code16
	hlt
