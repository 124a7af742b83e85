/*
 * A boot sector: 512 bytes that a BIOS reads from a disk to 0000:7C00 and starts,
 * because the last two are 55h and AAh.
 *
 * It asks the BIOS to print, by interrupt 10h, and waits for keys, by 16h: a boot
 * sector has no drivers, and needs none. What runs here runs on a PC, too, from a
 * USB stick. Escape ends it, by power management where a PC made here has that.
 */
#define LOAD	   0x7c00
#define TELETYPE   0x0e
#define ESC	   27
#define PM_CONTROL 0x604
#define SOFT_OFF   0x2000

	.globl _start
_start:
	xor	%ax, %ax	/* a BIOS may come as 07C0:0000 */
	mov	%ax, %ds
	mov	%ax, %ss
	mov	$LOAD, %sp
	cld
	mov	$LOAD + greeting - _start, %si
	call	print
key:	xor	%ah, %ah
	int	$0x16		/* a key: its character in AL */
	cmp	$ESC, %al
	je	off
	call	putchar
	cmp	$'\r', %al
	jne	key
	mov	$'\n', %al
	call	putchar
	jmp	key

off:	mov	$PM_CONTROL, %dx
	mov	$SOFT_OFF, %ax
	out	%ax, %dx
1:	hlt
	jmp	1b

/* Prints the text at SI. */
print:	lodsb
	test	%al, %al
	jz	1f
	call	putchar
	jmp	print
1:	ret

putchar:
	mov	$TELETYPE, %ah
	mov	$7, %bx		/* page 0, grey where there are colours */
	int	$0x10
	ret

greeting:
	.asciz	"Hello, BIOS! Type; Esc ends.\r\n"

	.org	510
	.byte	0x55, 0xaa
