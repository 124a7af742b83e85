/*
 * Hypercalls by string instructions, of bytes, words and double words: OUTS
 * makes a call of each item, with one and the same BX, and INS reads on in the
 * result. The bytes around a buffer must stay as they are.
 */
#include "guest.inc"

#define UNKNOWN	0xee
#define CANARY	0x5a5a5a5a

.macro	ask function
	mov	$\function, %al
	out	%al, %dx
.endm

/* REP INS \insn: \count items of the time, which must be later than EBP. */
.macro	read_time insn, count, status
	ask	HC_TIME
	mov	$buffer, %di
	mov	$\count, %cx
	rep \insn
	cmp	$(buffer + 12), %di
	must_equal \status
	cmpl	$0, buffer + 4		/* this young */
	must_equal \status
	cmpl	$0, buffer + 8		/* beyond the result */
	must_equal \status
	cmpl	$CANARY, buffer + 12
	must_equal \status
	cmp	%ebp, buffer
	ja	.Llater\@
	leave_with \status
.Llater\@:
	mov	buffer, %ebp
.endm

	.code16
start:
	cld
	mov	$HC_PORT, %dx
	mov	$'*', %bx
	mov	$bytes, %si
	mov	$(bytes_end - bytes), %cx
	rep outsb
	mov	$((words_end - words) / 2), %cx
	rep outsw
	mov	$((longs_end - longs) / 4), %cx
	rep outsl
	cmp	$longs_end, %si
	must_equal 1

	xor	%ebp, %ebp
	read_time insb, 12, 2
	read_time insw, 6, 3
	read_time insl, 3, 4

	ask	UNKNOWN
	ask	UNKNOWN + 1
	mov	$buffer, %di
	mov	$3, %cx
	rep insl
	mov	$buffer, %di
	mov	$12, %cx
	mov	$HC_ERROR, %al
	repe scasb
	must_equal 5
	ask	HC_RANDOM
	mov	$buffer, %di
	mov	$12, %cx
	rep insb
	mov	buffer, %eax
	cmp	%eax, buffer + 4
	jne	differ
	leave_with 6
differ:
	leave_with 0

bytes:	.byte	HC_PUTNUM, HC_PUTCHAR, HC_NEWLINE
bytes_end:
words:	.word	0xff00 + HC_PUTCHAR, HC_PUTNUM, 0x0100 + HC_NEWLINE
words_end:
longs:	.long	HC_PUTCHAR, 0x12345600 + HC_PUTCHAR, HC_NEWLINE
longs_end:

buffer:	.fill	3, 4, 0
	.long	CANARY
