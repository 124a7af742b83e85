/*
 * Says by COM1 who it is, `N:`, N how often it was restored, and echoes what comes;
 * `q` ends it, with status 17; `?` prints its number again. So a copy can be talked
 * to, and is another than the guest that it was made of.
 */
#include "guest.inc"

	.code16
start:
	mov	$0x7000, %sp
	call	whoami
loop:
	mov	$UART_LSR, %dx
	in	%dx, %al
	test	$LSR_DR, %al
	jz	loop
	mov	$UART, %dx
	in	%dx, %al
	cmp	$'q', %al
	je	quit
	cmp	$'?', %al
	jne	echo
	call	whoami
	jmp	loop
echo:
	out	%al, %dx
	jmp	loop
quit:
	leave_with 17

whoami:
	mov	$HC_PORT, %dx
	mov	$HC_RESTORES, %al
	out	%al, %dx
	in	%dx, %eax
	add	$'0', %al
	mov	$UART, %dx
	out	%al, %dx
	mov	$':', %al
	out	%al, %dx
	ret
