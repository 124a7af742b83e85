/*
 * Multiplies matrices in ring 3, the ring of ordinary programs.
 *
 * What ring 0 does for it, and how it gets to ring 3, is in ring0.inc: a program
 * here may touch no device and none of ring 0's pages, so it asks with INT 4 for
 * a character to be printed. In between it computes, and nothing of that needs
 * the hypervisor: no VM exit comes of it, however long it takes.
 *
 * Each round computes A = A * B twice, for 64-bit integers modulo 2^64 and for
 * doubles. The integer product is checked by a random vector v (Freivalds):
 * A * (B * v) must equal (A * B) * v, which costs little. The double B is
 * orthogonal, so that products keep the length that A had. Exit status: 0 all
 * right, 1 a wrong product or an exception, 2 a bad command line.
 */
#include "ring0.inc"

#define ROUNDS	      100	/* without a command line */
#define ROUNDS_DIGITS 9
#define STATUS_USAGE  2

/* --- Ring 0: the command line ---------------------------------------------- */
	.text

/* The number of rounds at RDI, in RAX. An empty text means ROUNDS. */
read_arguments:
	mov	$ROUNDS, %eax
	cmpb	$0, (%rdi)
	je	3f
	xor	%eax, %eax
	mov	$ROUNDS_DIGITS, %ecx
1:	movzbl	(%rdi), %edx
	test	%dl, %dl
	jz	2f
	sub	$'0', %edx
	cmp	$9, %edx
	ja	bad_rounds
	dec	%ecx
	js	bad_rounds
	imul	$10, %rax
	add	%rdx, %rax
	inc	%rdi
	jmp	1b
2:	test	%rax, %rax
	jz	bad_rounds
3:	ret

bad_rounds:
	lea	usage(%rip), %rsi
	call	print
	mov	$STATUS_USAGE, %bl
	jmp	exit

	.data
usage:	.asciz	"compute: the command line is a number of rounds, up to 999999999\n"

/* --- Ring 3: the work ------------------------------------------------------ */

#define SIZE   32		/* rows and columns */
#define ROW    (SIZE * 8)	/* bytes; integers and doubles have 8 each */
#define MATRIX (SIZE * ROW)

	.section .user, "awx", @progbits
user_start:
	mov	%rdi, %r15		/* rounds */
	call	fill_integers
	call	fill_doubles
	mov	%r15, %r14
1:	call	multiply_integers
	call	check_integers
	call	multiply_doubles
	dec	%r14
	jnz	1b
	call	check_doubles
	call	report

	movzbl	wrong(%rip), %edi	/* 0 or STATUS_WRONG */
	mov	$CALL_EXIT, %eax
	int	$SYSTEM_CALL

/*
 * A and v are random. B is, too, but even below its diagonal and odd on it,
 * which makes its determinant odd: else products would lose bits each round.
 */
fill_integers:
	mov	$1, %eax
	mov	random_factor(%rip), %r8
	mov	random_addend(%rip), %r9
	xor	%ecx, %ecx		/* index of the element */
1:	imul	%r8, %rax
	add	%r9, %rax
	mov	%rax, int_a(, %rcx, 8)
	imul	%r8, %rax
	add	%r9, %rax
	mov	%rax, %rdx
	mov	%ecx, %esi
	mov	%ecx, %edi
	shr	$5, %esi		/* row */
	and	$SIZE - 1, %edi		/* column */
	cmp	%edi, %esi
	jb	3f
	ja	2f
	or	$1, %rdx
	jmp	3f
2:	and	$~1, %rdx
3:	mov	%rdx, int_b(, %rcx, 8)
	inc	%ecx
	cmp	$SIZE * SIZE, %ecx
	jb	1b
	xor	%ecx, %ecx
4:	imul	%r8, %rax
	add	%r9, %rax
	mov	%rax, int_v(, %rcx, 8)
	inc	%ecx
	cmp	$SIZE, %ecx
	jb	4b
	ret

/* int_old = int_a, int_a = int_old * int_b. Innermost: 32 times a product. */
multiply_integers:
	lea	int_a(%rip), %rsi
	lea	int_old(%rip), %rdi
	mov	$SIZE * SIZE, %ecx
	rep movsq
	lea	int_old(%rip), %rsi	/* a row */
	lea	int_a(%rip), %rdi	/* the element that is computed */
1:	lea	int_b(%rip), %r9	/* a column */
	mov	$SIZE, %r10d
2:	mov	%r9, %rbx
	xor	%ecx, %ecx
	xor	%eax, %eax
3:	mov	(%rsi, %rcx, 8), %rdx
	imul	(%rbx), %rdx
	add	%rdx, %rax
	add	$ROW, %rbx
	inc	%ecx
	cmp	$SIZE, %ecx
	jb	3b
	mov	%rax, (%rdi)
	add	$8, %rdi
	add	$8, %r9
	dec	%r10d
	jnz	2b
	add	$ROW, %rsi
	cmp	$int_old + MATRIX, %rsi
	jb	1b
	ret

/* The vector at RDI becomes the matrix at RSI times the vector at RBX. */
times_vector:
	mov	$SIZE, %r10d
1:	xor	%ecx, %ecx
	xor	%eax, %eax
2:	mov	(%rsi, %rcx, 8), %rdx
	imul	(%rbx, %rcx, 8), %rdx
	add	%rdx, %rax
	inc	%ecx
	cmp	$SIZE, %ecx
	jb	2b
	mov	%rax, (%rdi)
	add	$8, %rdi
	add	$ROW, %rsi
	dec	%r10d
	jnz	1b
	ret

/* Whether int_old * (int_b * v) is int_a * v. */
check_integers:
	lea	int_b(%rip), %rsi
	lea	int_v(%rip), %rbx
	lea	int_bv(%rip), %rdi
	call	times_vector
	lea	int_old(%rip), %rsi
	lea	int_bv(%rip), %rbx
	lea	int_abv(%rip), %rdi
	call	times_vector
	lea	int_a(%rip), %rsi
	lea	int_v(%rip), %rbx
	lea	int_bv(%rip), %rdi
	call	times_vector
	lea	int_bv(%rip), %rsi
	lea	int_abv(%rip), %rdi
	mov	$SIZE, %ecx
	repe cmpsq
	je	1f
	movb	$STATUS_WRONG, wrong(%rip)
	lea	wrong_text(%rip), %rax
	mov	%rax, int_verdict(%rip)
1:	ret

/*
 * A holds multiples of a half, -7.5 to 7.5. B is I - s s' / 16 with its rows
 * moved up by one, where s is a vector of 32 signs: a reflection, so every
 * element is a multiple of 1/16 and B is orthogonal to the last bit.
 */
fill_doubles:
	xor	%ecx, %ecx
1:	mov	%ecx, %eax		/* A: (7 row + 13 column) mod 16 - 7.5 */
	shr	$5, %eax
	imul	$7, %eax
	mov	%ecx, %edx
	and	$SIZE - 1, %edx
	imul	$13, %edx
	add	%edx, %eax
	and	$15, %eax
	cvtsi2sd %eax, %xmm0
	subsd	seven_and_half(%rip), %xmm0
	movsd	%xmm0, double_a(, %rcx, 8)

	mov	%ecx, %eax
	shr	$5, %eax
	inc	%eax
	and	$SIZE - 1, %eax		/* the row before it was moved */
	mov	%ecx, %edx
	and	$SIZE - 1, %edx
	xorpd	%xmm0, %xmm0
	cmp	%edx, %eax
	jne	2f
	movsd	one(%rip), %xmm0
2:	bt	%eax, signs(%rip)
	setc	%al
	bt	%edx, signs(%rip)
	setc	%dl
	movsd	sixteenth(%rip), %xmm1
	cmp	%al, %dl
	je	3f
	addsd	%xmm1, %xmm0		/* signs differ: minus minus */
	jmp	4f
3:	subsd	%xmm1, %xmm0
4:	movsd	%xmm0, double_b(, %rcx, 8)
	inc	%ecx
	cmp	$SIZE * SIZE, %ecx
	jb	1b
	call	square_length
	movsd	%xmm0, length(%rip)
	ret

/* double_a = double_a * double_b, two columns at a time. */
multiply_doubles:
	lea	double_a(%rip), %rsi
	lea	double_old(%rip), %rdi
	mov	$SIZE * SIZE, %ecx
	rep movsq
	lea	double_old(%rip), %rsi
	lea	double_a(%rip), %rdi
1:	lea	double_b(%rip), %r9
	mov	$SIZE / 2, %r10d
2:	mov	%r9, %rbx
	xor	%ecx, %ecx
	xorpd	%xmm0, %xmm0
3:	movsd	(%rsi, %rcx, 8), %xmm1
	unpcklpd %xmm1, %xmm1
	mulpd	(%rbx), %xmm1
	addpd	%xmm1, %xmm0
	add	$ROW, %rbx
	inc	%ecx
	cmp	$SIZE, %ecx
	jb	3b
	movapd	%xmm0, (%rdi)
	add	$16, %rdi
	add	$16, %r9
	dec	%r10d
	jnz	2b
	add	$ROW, %rsi
	cmp	$double_old + MATRIX, %rsi
	jb	1b
	ret

/* XMM0 = the sum of the squares of double_a. */
square_length:
	xorpd	%xmm0, %xmm0
	xor	%ecx, %ecx
1:	movsd	double_a(, %rcx, 8), %xmm1
	mulsd	%xmm1, %xmm1
	addsd	%xmm1, %xmm0
	inc	%ecx
	cmp	$SIZE * SIZE, %ecx
	jb	1b
	ret

/* Whether the length is what it was, but for a millionth. */
check_doubles:
	call	square_length
	divsd	length(%rip), %xmm0
	subsd	one(%rip), %xmm0
	mulsd	%xmm0, %xmm0
	movsd	tolerance(%rip), %xmm1
	comisd	%xmm0, %xmm1
	ja	1f			/* never for a NaN */
	movb	$STATUS_WRONG, wrong(%rip)
	lea	wrong_text(%rip), %rax
	mov	%rax, double_verdict(%rip)
1:	ret

/* RAX = a checksum over the matrix at RSI, in which every bit counts. */
checksum:
	xor	%eax, %eax
	mov	$SIZE * SIZE, %ecx
1:	rol	$7, %rax
	add	(%rsi), %rax
	add	$8, %rsi
	dec	%ecx
	jnz	1b
	ret

report:
	lea	head_text(%rip), %rsi
	call	user_print
	mov	%cs, %eax
	and	$3, %eax		/* the ring, as the CPU has it */
	call	user_print_decimal
	call	user_print
	mov	%r15, %rax
	call	user_print_decimal
	call	user_print
	lea	int_a(%rip), %rsi
	mov	int_verdict(%rip), %rbx
	call	report_one
	lea	double_text(%rip), %rsi
	call	user_print
	lea	double_a(%rip), %rsi
	mov	double_verdict(%rip), %rbx

/* Prints the checksum of the matrix at RSI, and the verdict at RBX. */
report_one:
	call	checksum
	mov	$16, %ecx
	call	user_print_hex
	mov	%rbx, %rsi
	jmp	user_print

/* The printing functions again, in ring 3's pages and with its putchar. */
#define print	      user_print
#define print_hex     user_print_hex
#define print_decimal user_print_decimal
#define putchar	      user_putchar
#include "print.inc"

putchar:
	push	%rdi
	push	%rax
	movzbl	%al, %edi
	mov	$CALL_PUTCHAR, %eax
	int	$SYSTEM_CALL
	pop	%rax
	pop	%rdi
	ret

	.balign	8
random_factor:
	.quad	6364136223846793005	/* Knuth's MMIX generator */
random_addend:
	.quad	1442695040888963407
seven_and_half:
	.double	7.5
sixteenth:
	.double	0.0625
one:	.double	1
tolerance:
	.double	1e-12
int_verdict:
	.quad	int_right
double_verdict:
	.quad	double_right
signs:	.long	0x5a3c96e1
wrong:	.byte	0
head_text:
	.asciz	"compute: ring "
	.asciz	", rounds "
	.asciz	", matrices of 32 x 32\nintegers 0x"
double_text:
	.asciz	"doubles  0x"
int_right:
	.asciz	" every product checked\n"
double_right:
	.asciz	" length kept\n"
wrong_text:
	.asciz	" WRONG\n"

	.section .user_bss, "aw", @nobits
	.balign	16
int_a:	.skip	MATRIX
int_b:	.skip	MATRIX
int_old:
	.skip	MATRIX
double_a:
	.skip	MATRIX
double_b:
	.skip	MATRIX
double_old:
	.skip	MATRIX
int_v:	.skip	ROW
int_bv:	.skip	ROW
int_abv:
	.skip	ROW
length:	.skip	8
	.skip	4096
user_stack_end:
