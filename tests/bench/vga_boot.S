/*
 * A disk that moves a picture in mode 13h, FRAMES times, each in the time between
 * two that are shown: guests/mode13.S without its keys. The boot sector has the
 * firmware read the rest; it ends in kvm-vmm by the hypercall, in QEMU by
 * isa-debug-exit at the same port.
 */
#include "abi/hypercall.h"
#include "marker.h"

#define HERE	0x7c00 /* the program is linked at 0 */
#define SECTORS 4
#define FRAMES	64

/* As mode13.S has them, which has to come last: its palette lies behind it. */
#define MISC	   0x3c2
#define SEQ	   0x3c4
#define GFX	   0x3ce
#define CRTC	   0x3d4
#define SCREEN	   0xa000
#define WIDTH	   320
#define HEIGHT	   200

/* Behind 67h it is the same instruction in real mode. */
.macro	mark	id
	.byte	0x67, MARKER_HEAD, \id, MARKER_TAIL
.endm

	.code16
	ljmp	$HERE >> 4, $start
start:	mov	%cs, %ax
	mov	%ax, %ds
	mov	%ax, %ss
	mov	$stack_end, %sp
	cld
	mov	$packet, %si
	mov	$0x42, %ah
	int	$0x13
	jnc	begin
end:	mov	$HC_PORT, %dx
	mov	$HC_EXIT, %al
	out	%al, %dx
	hlt

	.balign	8
packet:
	.word	16, SECTORS, 0x200, HERE >> 4
	.quad	1
	.org	510
	.word	0xaa55

begin:	cli
	mov	$MISC, %dx
	mov	$0x63, %al
	out	%al, %dx
	mov	$SEQ, %dx
	mov	$seq, %si
	mov	$5, %cx
	call	registers
	mov	$CRTC, %dx
	mov	$0x0e11, %ax
	out	%ax, %dx
	mov	$25, %cx
	call	registers
	mov	$GFX, %dx
	mov	$9, %cx
	call	registers
	call	attributes
	call	palette

	mov	$SCREEN, %ax
	mov	%ax, %es
	xor	%bp, %bp
	mark	MARKER_FRAMES
frame:	call	retrace
	xor	%di, %di
	xor	%bx, %bx
row:	mov	%bx, %ax
	add	%bp, %ax
	mov	%al, %ah
	mov	%ax, %cx
	shl	$16, %eax
	mov	%cx, %ax
	mov	$WIDTH / 4, %cx
	rep stosl
	inc	%bx
	cmp	$HEIGHT, %bx
	jb	row
	inc	%bp
	cmp	$FRAMES, %bp
	jb	frame
	mark	MARKER_SHOWN
	jmp	end

/* Its tables, and what writes them and waits. */
#define _start of_mode13
#define frame frame_of_mode13
#define row row_of_mode13
#define round round_of_mode13
#undef FRAMES
#include "../../guests/mode13.S"
