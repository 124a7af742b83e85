/*
 * The other way in, for loaders of multiboot kernels, such as GRUB: does what
 * vmm/boot/paged.c does for the flat image, and enters it at the same place.
 * Follows the Multiboot Specification 0.6.96, "Machine state".
 */
#include "abi/os1k.h"
#include "kernel/layout.h"

#define MAGIC		0x1badb002
#define WANT_MEMORY	0x2	/* of the flags: fill in mem_upper */
#define MEM_UPPER	8	/* KiB from 1 MiB on */

#define LARGE_PAGE	0x400000
#define PDE		0x83	/* present, writable, 4 MiB */
#define HALF		512	/* entries of half a directory */
#define CR0_PG		0x80000000
#define CR0_ET		0x10
#define CR0_PE		0x1
#define CR4_PSE		0x10

	.section .multiboot, "ax"
	.long	MAGIC, WANT_MEMORY, -(MAGIC + WANT_MEMORY)

/* Read first what the image may be copied over. */
	.globl	multiboot_start
multiboot_start:
	cli
	cld
	mov	MEM_UPPER(%ebx), %ebx
	add	$1024, %ebx
	shr	$12, %ebx		/* KiB to pages of 4 MiB */
	cmp	$HALF, %ebx
	jbe	copy_image
	mov	$HALF, %ebx
copy_image:
	mov	$payload, %esi
	mov	$OS1K_LOAD_GPA, %edi
	mov	$image_size, %ecx
	rep movsb
	mov	$bss_size, %ecx
	xor	%eax, %eax
	rep stosb

	mov	$OS1K_DIRECTORY_GPA, %edi
	xor	%eax, %eax
	mov	$2 * HALF, %ecx
	rep stosl
	mov	$OS1K_DIRECTORY_GPA, %edi
	mov	$PDE, %eax
map_page:
	mov	%eax, (%edi)
	mov	%eax, 4 * HALF(%edi)
	add	$4, %edi
	add	$LARGE_PAGE, %eax
	dec	%ebx
	jnz	map_page

	lgdt	gdt_pointer
	ljmp	$KERNEL_CODE, $enable_paging
enable_paging:
	mov	$KERNEL_DATA, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %fs
	mov	%eax, %gs
	mov	%eax, %ss
	mov	$OS1K_DIRECTORY_GPA, %eax
	mov	%eax, %cr3
	/* A loader under UEFI leaves PAE set, with which our tables mean something
	 * else, and WP, with which the kernel could not fill pages of programs. */
	mov	$CR4_PSE, %eax
	mov	%eax, %cr4
	mov	$CR0_PG | CR0_ET | CR0_PE, %eax
	mov	%eax, %cr0
	xor	%esi, %esi		/* not OS1K_FROM_MKVM */
	mov	$OS1K_BASE + OS1K_LOAD_GPA, %eax
	jmp	*%eax

	.align	8
gdt:
	.quad	0, 0x00cf9b000000ffff, 0x00cf93000000ffff
gdt_pointer:
	.word	gdt_pointer - gdt - 1
	.long	gdt
