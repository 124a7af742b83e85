/*
 * A disk of three sectors, the first of which firmware starts: it has the firmware
 * read the others, and jumps there. They print, by the firmware's screen, what
 * the firmware has left and says: the drive's number, the reset vector as it is in
 * the BIOS' segment, KiB of low RAM, how many root pointers of ACPI and pointers to
 * MP tables there are, and RAM by INT 15h, AX=E820h, a line each.
 * Then they wait for two ticks of the timer's interrupt, in which the firmware
 * sends what is left for the serial line, and end with status 7.
 */
#include "abi/hypercall.h"

#define HERE	  0x7c00 /* the program is linked at 0 */
#define REST	  2	 /* sectors */
#define TICKS	  0x46c
#define BASE_KIB  0x413
#define SMAP	  0x534d4150

	.code16
	ljmp	$HERE >> 4, $start
start:
	mov	%cs, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	%dl, drive
	mov	$0x200 + REST, %ax
	mov	$2, %cx		/* cylinder 0, sector 2 */
	xor	%dh, %dh
	mov	$rest, %bx
	int	$0x13
	jc	broken
	jmp	rest
broken:
	mov	$HC_PORT, %dx
	mov	$HC_EXIT_STATUS, %al
	mov	$1, %bl
	out	%al, %dx
1:	hlt
	jmp	1b

drive:	.byte	0
	.org	510
	.word	0xaa55

rest:
	mov	$hello, %si
	call	print
	mov	drive, %al
	call	print_byte
	call	print_line
	mov	$0xf000, %ax
	mov	%ax, %fs
	mov	%fs:0xfff0, %al
	call	print_byte
	call	print_line
	xor	%ax, %ax
	mov	%ax, %fs
	mov	%fs:BASE_KIB + 1, %al
	call	print_byte
	mov	%fs:BASE_KIB, %al
	call	print_byte
	call	print_line
	mov	$0x20445352, %eax	/* "RSD " */
	call	print_count
	mov	$0x5f504d5f, %eax	/* "_MP_" */
	call	print_count
	xor	%ebx, %ebx
1:	mov	$0xe820, %eax
	mov	$SMAP, %edx
	mov	$20, %ecx
	mov	$entry, %di
	int	$0x15
	jc	2f
	push	%ebx
	mov	$entry + 7, %si
	call	print_number
	mov	$entry + 15, %si
	call	print_number
	mov	entry + 16, %al
	call	print_byte
	call	print_line
	pop	%ebx
	test	%ebx, %ebx
	jnz	1b
2:	sti
	mov	%fs:TICKS, %bx
3:	hlt
	mov	%fs:TICKS, %cx
	sub	%bx, %cx
	cmp	$2, %cx
	jb	3b
	mov	$HC_PORT, %dx
	mov	$HC_EXIT_STATUS, %al
	mov	$7, %bl
	out	%al, %dx
	hlt

/* How many paragraphs of the BIOS' segment begin with EAX. */
print_count:
	push	%fs
	push	$0xf000
	pop	%fs
	xor	%bx, %bx
	xor	%cx, %cx
1:	cmp	%fs:(%bx), %eax
	jne	2f
	inc	%cx
2:	add	$16, %bx
	jnz	1b
	pop	%fs
	mov	%cl, %al
	call	print_byte
	jmp	print_line

/* Eight bytes, the last of them at SI. */
print_number:
	mov	$8, %cx
	std
1:	lodsb
	push	%cx
	call	print_byte
	pop	%cx
	loop	1b
	cld
	mov	$' ', %al
	jmp	print_char

print_byte:
	push	%ax
	shr	$4, %al
	call	print_digit
	pop	%ax
	and	$15, %al
print_digit:
	cmp	$10, %al
	sbb	$0x69, %al
	das
print_char:
	push	%si
	mov	$0xe, %ah
	mov	$7, %bx
	int	$0x10
	pop	%si
	ret

print_line:
	mov	$line, %si
print:
	lodsb
	test	%al, %al
	jz	1f
	call	print_char
	jmp	print
1:	ret

hello:	.asciz	"read by INT 13h from "
line:	.asciz	"\r\n"
entry:	.skip	20
	.org	512 * (1 + REST)
