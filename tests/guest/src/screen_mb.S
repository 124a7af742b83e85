/*
 * A multiboot kernel, loaded by its address fields, that talks by the screen and
 * nothing else, as those of tutorials do. Firmware must have left the screen
 * clear, and its data area right; the retrace bit must come and go. Then it
 * writes a line in colour and waits for the key `q`, which ends with status 6;
 * else the status is the number of what was wrong.
 */
#include "abi/hypercall.h"

#define BASE	0x100000
#define CRTC	0x3d4
#define STATUS	0x3da
#define RETRACE	0x08
#define SCREEN	0xb8000
#define LINE	(SCREEN + 5 * 160)

#define MAGIC	0x1badb002
#define FLAGS	0x00010000	/* the address fields are valid */

	.code32
start:
	.balign	4
header:	.long	MAGIC, FLAGS, -(MAGIC + FLAGS)
	.long	BASE + header - start, BASE, BASE + end - start
	.long	BASE + end - start + 4096, BASE + entry - start

.macro	must status
	mov	$\status, %bl
	jne	exit
.endm

entry:	mov	$(BASE + end - start + 4096), %esp
	cld
	mov	$SCREEN, %edi		/* 1: clear */
	mov	$0x07200720, %eax
	mov	$0x2000, %ecx
	repe scasl
	must	1
	cmpb	$3, 0x449		/* 2: the mode, as the BIOS notes it */
	must	2
	cmpw	$80, 0x44a
	must	3
	cmpw	$CRTC, 0x463
	must	4
	cmpb	$24, 0x484
	must	5

	mov	$STATUS, %dx		/* on, off, and on again */
1:	in	%dx, %al
	test	$RETRACE, %al
	jz	1b
2:	in	%dx, %al
	test	$RETRACE, %al
	jnz	2b
3:	in	%dx, %al
	test	$RETRACE, %al
	jz	3b

	mov	$LINE, %edi
	mov	$(BASE + text - start), %esi
	mov	$0x2f, %ah
next:	lodsb
	test	%al, %al
	jz	written
	stosw
	jmp	next
written:
	mov	$CRTC, %dx		/* the cursor: cell 5 * 80 + 23 */
	mov	$0x010e, %ax
	out	%ax, %dx
	mov	$0xa70f, %ax
	out	%ax, %dx

key:	in	$0x64, %al
	test	$1, %al
	jz	key
	in	$0x60, %al
	cmp	$0x10, %al
	jne	key
	mov	$6, %bl
exit:	mov	$HC_PORT, %dx
	mov	$HC_EXIT_STATUS, %al
	out	%al, %dx
	hlt

text:	.asciz	"multiboot on the screen"
	.balign	4
end:
