/*
 * The multiplication tables from 2 to 9: hypercalls.
 *
 * A hypercall is a guest asking its hypervisor for a service, as a program
 * asks its kernel by a system call. In Mini-KVM it is an OUT to port 0x500
 * with the number of the service in AL and its argument in BL or BX;
 * vmm/abi/hypercall.h lists them. Printing a number is one VM exit this way.
 * Through the UART it would be divisions, and an exit for each digit.
 *
 * Four tables stand side by side, 2 to 5 and below them 6 to 9:
 *
 *	CX  the table on the left: 2, then 6
 *	SI  the table: CX to CX + 3
 *	DI  the factor, one a line: 1 to 9
 *	BP  SI * DI
 */
#include "abi/hypercall.h"

#define ABREAST 4	/* tables side by side */

.macro	hypercall function
	mov	$\function, %al
	out	%al, %dx
.endm

.macro	print_char code
	mov	$\code, %bl
	hypercall HC_PUTCHAR
.endm

.macro	print_number register
	mov	\register, %bx
	hypercall HC_PUTNUM
.endm

	.code16
	.globl _start
_start:
	mov	$HC_PORT, %dx
	mov	$2, %cx
tables:
	mov	$1, %di
line:
	mov	%cx, %si
entry:
	print_char ' '
	print_char ' '
	print_char ' '
	print_number %si
	print_char ' '
	print_char 'x'
	print_char ' '
	print_number %di
	print_char ' '
	print_char '='
	print_char ' '

	mov	%si, %bp
	imul	%di, %bp
	cmp	$10, %bp
	jae	two_digits
	print_char ' '		/* so that the columns are straight */
two_digits:
	print_number %bp

	inc	%si		/* the next table, on the same line */
	mov	%si, %ax
	sub	%cx, %ax
	cmp	$ABREAST, %ax
	jb	entry

	hypercall HC_NEWLINE
	inc	%di		/* the next factor, on the next line */
	cmp	$9, %di
	jbe	line

	add	$ABREAST, %cx	/* the next tables, after an empty line */
	cmp	$9, %cx
	ja	done
	hypercall HC_NEWLINE
	jmp	tables
done:
	hlt
