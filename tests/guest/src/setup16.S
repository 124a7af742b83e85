/*
 * What has a kernel's header, and is all setup: it prints where it is and what its boot
 * loader has filled in, a line each, and ends with status 7.
 *
 *   segments of code and stack, the stack pointer's high byte
 *   type of loader, flags, the heap's end
 *   the command line
 *   what its kernel begins with, and the initial ramdisk, by INT 15h, AH=87h
 */
#include "abi/hypercall.h"

#define LENGTH 8 /* bytes that are shown of those two */

	.code16
	.org	0x1f1
	.byte	1		/* setup_sects */
	.word	0
	.long	0x20		/* syssize: 512 bytes */
	.word	0, 0, 0
	.word	0xaa55
	jmp	start		/* 0x200 */
	.ascii	"HdrS"
version:
	.word	0x020a
	.long	0
	.word	0, 0
	.byte	0		/* type_of_loader */
	.byte	1		/* loadflags: LOADED_HIGH */
	.word	0
	.long	0x100000	/* code32_start */
	.long	0, 0, 0
	.word	0		/* heap_end_ptr */
	.word	0
	.long	0		/* cmd_line_ptr */
	.long	0x37ffffff	/* initrd_addr_max */
	.long	0x200000
	.byte	1, 0
	.word	0
	.long	200		/* cmdline_size */
	.org	0x268
start:
	mov	%cs, %ax
	call	print_word
	mov	%ss, %ax
	call	print_word
	mov	%sp, %ax
	mov	%ah, %al
	call	print_byte
	call	print_line
	mov	0x210, %al
	call	print_byte
	mov	0x211, %al
	call	print_byte
	mov	0x224, %ax
	call	print_word
	call	print_line
	mov	0x228, %esi	/* from its segment on */
	mov	%ds, %ax
	movzwl	%ax, %eax
	shl	$4, %eax
	sub	%eax, %esi
	cmpw	$0x202, version
	jae	1f
	cmpw	$0xa33f, 0x20
	jne	bad
	mov	0x22, %si
1:	lodsb
	test	%al, %al
	jz	2f
	call	print_char
	jmp	1b
2:	call	print_line
	mov	$0x100000, %eax
	testb	$1, 0x211
	jnz	3f
	mov	$0x10000, %eax
3:	call	show
	mov	0x218, %eax
	call	show
	mov	$7, %bl
	jmp	end
bad:	mov	$1, %bl
end:	mov	$HC_PORT, %dx
	mov	$HC_EXIT_STATUS, %al
	out	%al, %dx
1:	hlt
	jmp	1b

/* Prints LENGTH characters from EAX on, a physical address. */
show:	mov	%eax, from + 2
	mov	%eax, %ebx
	shr	$24, %ebx
	mov	%bl, from + 7
	movb	$0x93, from + 5
	mov	%ds, %ax
	movzwl	%ax, %eax
	shl	$4, %eax
	add	$buffer, %eax
	mov	%eax, to + 2
	movb	$0x93, to + 5
	mov	$0x87, %ah
	mov	$LENGTH / 2, %cx
	mov	$table, %si
	int	$0x15
	jc	bad
	mov	$buffer, %si
	mov	$LENGTH, %cx
1:	lodsb
	call	print_char
	loop	1b
print_line:
	mov	$'\n', %al
print_char:
	push	%ax
	push	%dx
	mov	%al, %bl
	mov	$HC_PUTCHAR, %al
	mov	$HC_PORT, %dx
	out	%al, %dx
	pop	%dx
	pop	%ax
	ret
print_word:
	xchg	%ah, %al
	call	print_byte
	xchg	%ah, %al
print_byte:
	push	%ax
	shr	$4, %al
	call	1f
	pop	%ax
	push	%ax
	and	$15, %al
	call	1f
	pop	%ax
	ret
1:	add	$'0', %al
	cmp	$'9', %al
	jbe	print_char
	add	$'A' - '9' - 1, %al
	jmp	print_char

	.balign	8
table:	.fill	16
from:	.word	0xffff
	.fill	6
to:	.word	0xffff
	.fill	6
	.fill	16
buffer:	.fill	LENGTH
	.org	1024
	.ascii	"A kernel"
	.org	1536
