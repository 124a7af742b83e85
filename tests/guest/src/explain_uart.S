/*
 * One access to each kind of register of COM1: the divisor behind the DLAB, a
 * character, the status, and a port where nothing is.
 */
#include "guest.inc"

#define UART_LCR (UART + 3)

	.code16
	mov	$UART_LCR, %dx
	mov	$0x83, %al		/* 8N1, DLAB on */
	out	%al, %dx
	mov	$UART, %dx
	mov	$1, %al
	out	%al, %dx
	mov	$UART_LCR, %dx
	mov	$0x03, %al		/* DLAB off */
	out	%al, %dx
	mov	$UART_LSR, %dx
	in	%dx, %al
	mov	$UART, %dx
	mov	$'x', %al
	out	%al, %dx
	mov	$0x2fd, %dx
	in	%dx, %al
	leave_with 0
