/*
 * Draws the Mandelbrot set, 320 by 240 pixels of 32 bits, from long mode.
 *
 * The loader's page tables map the low 4 GiB to themselves, and the framebuffer at
 * 0xfd000000 is among them. Numbers are fixed point, 16 bits behind the point: a
 * product of two fills 64 bits for a moment, which is what long mode is good for.
 */
#include "pixels.inc"

#define POINT  16
#define ROUNDS 24
#define LEFT   (-9 << (POINT - 2))	/* -2.25 */
#define TOP    (-9 << (POINT - 3))	/* -1.125 */
#define STEP   ((3 << POINT) / WIDTH)

	.code64
	.globl	_start
_start:
	set_mode
	mov	$PC_LFB_GPA, %edi
	mov	$TOP, %r9	/* the imaginary part */
	mov	$HEIGHT, %ebp
row:	mov	$LEFT, %r8	/* the real part */
	mov	$WIDTH, %ebx
pixel:	xor	%r10, %r10	/* z = 0 */
	xor	%r11, %r11
	mov	$ROUNDS, %ecx
round:	mov	%r10, %rax	/* z = z * z + c, until |z| is 2 or more */
	imul	%r10, %rax
	mov	%r11, %rdx
	imul	%r11, %rdx
	lea	(%rax, %rdx), %r12
	shr	$2 * POINT + 2, %r12
	jnz	done
	sub	%rdx, %rax
	sar	$POINT, %rax
	imul	%r10, %r11
	sar	$POINT - 1, %r11
	add	%r9, %r11
	mov	%rax, %r10
	add	%r8, %r10
	loop	round
done:	imul	$0x0a1408, %ecx, %eax	/* black inside: no round is left */
	stosl
	add	$STEP, %r8
	dec	%ebx
	jnz	pixel
	add	$STEP, %r9
	dec	%ebp
	jnz	row
	hlt
