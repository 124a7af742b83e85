/*
 * A system that listens to its power button: enables it, says so, waits for it,
 * says good-bye and switches itself off; ends with 9 if that does not end it.
 */
#include "guest.inc"
#include "abi/pc.h"

#define PWRBTN	0x100
#define SLP_EN	0x2000

	.code16
start:
	cld
	mov	$(PC_PM1_EVT + 2), %dx
	mov	$PWRBTN, %ax
	out	%ax, %dx
	mov	$ready, %si
	mov	$(down - ready), %cx
	mov	$UART, %dx
	rep outsb
wait:
	mov	$PC_PM1_EVT, %dx
	in	%dx, %ax
	test	$PWRBTN, %ax
	jz	wait
	out	%ax, %dx
	mov	$down, %si
	mov	$(end - down), %cx
	mov	$UART, %dx
	rep outsb
	mov	$PC_PM1_CNT, %dx
	mov	$(SLP_EN + (PC_S5_TYP << 10)), %ax
	out	%ax, %dx
	leave_with 9

ready:	.ascii	"ready\n"
down:	.ascii	"down\n"
end:
