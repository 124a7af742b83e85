/*
 * The option ROM that starts a kernel by its 16-bit entry: firmware takes it for
 * something to boot. Setup, kernel, initial ramdisk and command line are items of
 * fw_cfg, each with its address and size, as QEMU numbers them ("QEMU Firmware
 * Configuration (fw_cfg) Device"); DMA puts them where they belong, beyond 1 MiB as
 * well. Then boot.rst, "Running the Kernel".
 */

	.include "vmm/boot/rom/rom.inc"

SELECT	= 0x510
DMA	= 0x514
CHOOSE_AND_READ = 0x0a
FAILED	= 1

SETUP_ADDR   = 0x16
CMDLINE_ADDR = 0x13
ENTRY	= 0x20				/* paragraphs behind the setup's first */

	rom_header "boot - rom"

init:	mov	$0x20, %ax		/* there is something to boot */
	lret

boot:	cld
	push	%cs
	pop	%ds
	mov	$items - rom, %si
1:	call	load
	cmp	$items_end - rom, %si
	jb	1b
	cli
	mov	$CMDLINE_ADDR, %bx
	call	number
	mov	%eax, %edi
	mov	$SETUP_ADDR, %bx
	call	number
	sub	%eax, %edi		/* the stack is below the command line */
	sub	$16, %di
	shr	$4, %eax
	mov	%ax, %ds
	mov	%ax, %es
	mov	%ax, %fs
	mov	%ax, %gs
	mov	%ax, %ss
	movzwl	%di, %esp
	add	$ENTRY, %ax
	push	%ax
	push	$0
	lret

/* Loads the item whose three keys are at DS:SI, where it is more than nothing; SI is
 * behind them then. */
load:	movzbw	1(%si), %bx
	call	number
	mov	%eax, %ecx
	movzbw	(%si), %bx
	call	number
	movzbl	2(%si), %ebx
	add	$3, %si
	jecxz	2f
	bswap	%eax			/* the request, from its end on */
	bswap	%ecx
	shl	$16, %ebx
	or	$CHOOSE_AND_READ, %bl
	bswap	%ebx
	pushl	%eax
	pushl	$0
	pushl	%ecx
	pushl	%ebx
	mov	%sp, %bp
	xor	%eax, %eax
	mov	%ss, %ax
	shl	$4, %eax
	movzwl	%sp, %ecx
	add	%ecx, %eax
	bswap	%eax
	mov	$DMA + 4, %dx
	out	%eax, %dx
1:	mov	(%bp), %eax		/* high byte first */
	bswap	%eax
	test	$FAILED, %al
	jnz	fail
	test	%eax, %eax
	jnz	1b
	add	$16, %sp
2:	ret

/* EAX is the number that is item BX of fw_cfg; DX and CX's half are others then. */
number:	push	%cx
	mov	$SELECT, %dx
	mov	%bx, %ax
	out	%ax, %dx
	inc	%dx
	mov	$4, %cx
1:	in	%dx, %al
	ror	$8, %eax
	loop	1b
	pop	%cx
	ret

/* There is no RAM for it: firmware goes on to what else there is. */
fail:	int	$0x18

/* Keys of address, size and bytes */
items:	.byte	0x16, 0x17, 0x18	/* setup */
	.byte	0x07, 0x08, 0x11	/* kernel */
	.byte	0x0a, 0x0b, 0x12	/* initial ramdisk */
	.byte	0x13, 0x14, 0x15	/* command line */
items_end:
name:	.asciz	"Linux"
