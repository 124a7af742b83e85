/*
 * An /init that is one marker: the end of a counted boot. It then ends the
 * guest with status 0 through the hypercall port, so that the run is over; where
 * there is no such port, by asking Linux to switch the power off.
 */
#include "abi/hypercall.h"
#include "marker.h"

#define SYS_IOPL 172
#define SYS_PAUSE 34
#define SYS_REBOOT 169
#define REBOOT_MAGIC1 0xfee1dead
#define REBOOT_MAGIC2 0x28121969
#define REBOOT_POWER_OFF 0x4321fedc

	.globl _start
_start:
	.byte	MARKER_HEAD, MARKER_INIT, MARKER_TAIL
	movl	$SYS_IOPL, %eax
	movl	$3, %edi
	syscall
	movw	$HC_PORT, %dx
	movb	$HC_EXIT, %al
	outb	%al, %dx
	movl	$SYS_REBOOT, %eax
	movl	$REBOOT_MAGIC1, %edi
	movl	$REBOOT_MAGIC2, %esi
	movl	$REBOOT_POWER_OFF, %edx
	syscall
	movl	$SYS_PAUSE, %eax
	syscall

	.section .note.GNU-stack, "", @progbits
