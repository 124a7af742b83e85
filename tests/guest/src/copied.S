/*
 * Says by COM1 who it is, `N:`, N how often it was restored, and echoes what comes;
 * `q` ends it, with status 17; `?` prints its number again. So a copy can be talked
 * to, and is another than the guest that it was made of. `W` has its IDE disk keep
 * the number, and `R` prints what is kept there.
 */
#include "guest.inc"

#define IDE	    0x1f0
#define IDE_COUNT   (IDE + 2) /* and behind it, the sector's number */
#define IDE_STATUS  (IDE + 7)
#define IDE_READ    0x20
#define IDE_WRITE   0x30
#define IDE_BSY	    0x80
#define WORDS	    256 /* of a sector */

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
	cmp	$'W', %al
	je	keep
	cmp	$'R', %al
	je	tell
	cmp	$'?', %al
	jne	echo
	call	whoami
	jmp	loop
keep:
	call	number
	mov	%al, %bl
	mov	$IDE_WRITE, %al
	call	command
	mov	%bl, %al
1:	out	%ax, %dx
	loop	1b
	call	wait
	mov	$'w', %al
	jmp	print
tell:
	mov	$IDE_READ, %al
	call	command
1:	in	%dx, %ax
	loop	1b
	mov	%al, %bl
	mov	$'=', %al
	mov	$UART, %dx
	out	%al, %dx
	mov	%bl, %al
print:
	mov	$UART, %dx
echo:
	out	%al, %dx
	jmp	loop
quit:
	leave_with 17

/* Gives the command AL for sector 1: then its words are to be moved. */
command:
	push	%ax
	mov	$IDE_COUNT, %dx
	mov	$1, %al
	out	%al, %dx
	inc	%dx
	out	%al, %dx
	inc	%dx
	xor	%al, %al
	out	%al, %dx
	inc	%dx
	out	%al, %dx
	inc	%dx
	mov	$0xe0, %al /* the first drive, by number */
	out	%al, %dx
	inc	%dx
	pop	%ax
	out	%al, %dx
	call	wait
	mov	$IDE, %dx
	mov	$WORDS, %cx
	ret

wait:
	mov	$IDE_STATUS, %dx
1:	in	%dx, %al
	test	$IDE_BSY, %al
	jnz	1b
	ret

number:
	mov	$HC_PORT, %dx
	mov	$HC_RESTORES, %al
	out	%al, %dx
	in	%dx, %eax
	add	$'0', %al
	ret

whoami:
	call	number
	mov	$UART, %dx
	out	%al, %dx
	mov	$':', %al
	out	%al, %dx
	ret
