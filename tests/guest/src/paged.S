/*
 * A tiny 1K OS: entered at 0x80001000 in 32-bit protected mode with paging,
 * checks what the hypervisor promised, says so, and ends with 7.
 */
#include "guest.inc"

#define BASE	0x80000000

	.code32
start:
	mov	$HC_PORT, %edx
	mov	%cs, %ax
	cmp	$0x08, %ax
	must_equal 1
	mov	%ds, %ax
	cmp	$0x10, %ax
	must_equal 2
	mov	%ss, %ax
	cmp	$0x10, %ax
	must_equal 3
	mov	%cr0, %eax
	and	$0x80000001, %eax
	cmp	$0x80000001, %eax
	must_equal 4
	mov	%cr3, %eax
	cmp	$0x100000, %eax
	must_equal 5
	mov	$message, %esi
	cmp	$(BASE + 0x1000), %esi
	jae	high
	leave_with 6
high:
	movl	$0x12345678, scratch
	cmpl	$0x12345678, scratch - BASE
	must_equal 8
next:
	lodsb
	mov	%al, %bl
	test	%bl, %bl
	jz	done
	mov	$HC_PUTCHAR, %al
	out	%al, %dx
	jmp	next
done:
	leave_with 7

message: .asciz	"paging works\n"
scratch: .long	0
