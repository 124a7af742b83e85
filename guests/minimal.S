/*
 * The smallest guest there is: one instruction. HLT leaves the guest, and the
 * hypervisor sees a VM exit of that name and ends it with status 0.
 */
	.code16
	hlt
