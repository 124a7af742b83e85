/*
 * A multiboot 2 kernel that may be loaded anywhere: ends with 0 if the loader's
 * tag "image load base" tells where it runs. It is linked to LINK and wants to be
 * between MIN and MAX, at a multiple of ALIGN, by PREFERENCE; where it must be
 * then is EXPECTED, or 0: anywhere in there. It fails with
 *
 *   1  no such tag     2  another base than that of the code
 *   3  below MIN       4  beyond MAX     5  not aligned     6  not as EXPECTED
 */
#define SIZE	(end - header)

	.text
	.globl	header
header:
	.long	0xe85250d6, 0, header_end - header
	.long	-(0xe85250d6 + header_end - header)
	.word	2, 0
	.long	24, LINK, LINK, 0, LINK + 0x1000
	.word	3, 0
	.long	12, LINK + entry - header
	.balign	8
	.word	10, 0
	.long	24, MIN, MAX, ALIGN, PREFERENCE
	.word	0, 0
	.long	8
header_end:

entry:
	call	here
here:
	pop	%ebp
	sub	$here - header, %ebp	/* where the image begins */
	add	$8, %ebx
next:
	cmpl	$0, (%ebx)
	mov	$1, %eax
	je	finish
	cmpl	$21, (%ebx)
	je	found
	mov	4(%ebx), %ecx
	add	$7, %ecx
	and	$-8, %ecx
	add	%ecx, %ebx
	jmp	next
found:
	inc	%eax
	cmp	8(%ebx), %ebp
	jne	finish
	inc	%eax
	cmp	$MIN, %ebp
	jb	finish
	inc	%eax
	lea	0x1000(%ebp), %ecx
	cmp	$MAX, %ecx
	ja	finish
	inc	%eax
	test	$ALIGN - 1, %ebp
	jnz	finish
	inc	%eax
	mov	$EXPECTED, %ecx
	test	%ecx, %ecx
	jz	good
	cmp	%ecx, %ebp
	jne	finish
good:
	xor	%eax, %eax
finish:
	out	%eax, $0xf4		/* QEMU's isa-debug-exit */
	mov	%eax, %ebx
	mov	$8, %eax
	mov	$0x500, %edx
	out	%al, %dx
stop:
	cli
	hlt
	jmp	stop
end:
