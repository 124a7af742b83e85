/*
 * Guests in loops that nothing ends, each beside one that goes on. None of them
 * prints anything.
 */
#include "quiet.inc"

loop_for_good:
	jmp	loop_for_good

/* RAM that nobody has filled. It would end, so what is behind jumps back. */
running_zeroes:
	mov	$0x3000000, %ebx
	movw	$0xe3ff, 0x100000(%ebx)	/* jmp *%ebx */
	mov	%ebx, %eax
	jmp	*%ebx

/* It counts, in memory and not in a register, as compilers do without -O. */
loop_for_good_right:
	movl	$0, STACK
1:	addl	$1, STACK
	cmpl	$0, STACK
	jne	1b
	jmp	1b

/* The flag is set by a handler, and interrupts are off. */
memory_changes:
	mov	$VECTORS, %ecx
	mov	$count, %eax
	call	set_gate
	set_pics 0xfe, 0xff
	set_pit
1:	pause
	cmpl	$0, STACK
	je	1b
	jmp	bad
count:	incl	STACK
	jmp	served

memory_changes_right:
	mov	$VECTORS, %ecx
	mov	$count, %eax
	call	set_gate
	set_pics 0xfe, 0xff
	set_pit
	sti
1:	pause
	cmpl	$100000000, STACK
	jb	1b
	jmp	bad

/* The same, with interrupts on and all lines masked. */
memory_masked:
	set_pics 0xff, 0xff
	set_pit
	sti
1:	mov	STACK, %eax
	test	%eax, %eax
	jz	1b
	jmp	bad

/* A lock that it has itself. */
lock_twice:
	call	lock
	call	lock
	jmp	bad
lock:	mov	$1, %eax
1:	lock btsl $0, STACK
	jc	2f
	ret
2:	pause
	testl	$1, STACK
	jnz	2b
	jmp	1b

/* Another vCPU would set it. */
cpu_started:
	cmpb	$1, STACK
	jne	cpu_started
	jmp	bad

