/*
 * A boot sector whose first instruction is a marker. It has the firmware read what
 * lies behind it on the disk, SECTORS of them, goes to flat protected mode, and on
 * there. Alone, of SECTORS=0, it ends: in kvm-vmm by the hypercall, in QEMU by
 * isa-debug-exit at the same port.
 */
#include "abi/hypercall.h"
#include "marker.h"

#define HERE 0x7c00 /* the program is linked at 0 */
#define REST 0x20000

	.code16
	.byte	0x67, MARKER_HEAD, MARKER_BOOT, MARKER_TAIL
	ljmp	$HERE >> 4, $start
start:
	mov	%cs, %ax
	mov	%ax, %ds
#if SECTORS
	mov	$packet, %si
	mov	$0x42, %ah
	int	$0x13
	jc	end
	cli
	lgdtl	gdt_pointer
	mov	%cr0, %eax
	or	$1, %al
	mov	%eax, %cr0
	mov	$16, %ax
	mov	%ax, %ds
	ljmpl	$8, $REST
#endif
end:
	mov	$HC_PORT, %dx
	mov	$HC_EXIT, %al
	out	%al, %dx
	hlt

	.balign	8
packet:
	.word	16, SECTORS, 0, REST >> 4
	.quad	1
gdt:
	.quad	0, 0x00cf9b000000ffff, 0x00cf93000000ffff
gdt_pointer:
	.word	23
	.long	HERE + gdt

	.org	510
	.word	0xaa55
