/*
 * The headers of multiboot.c, and its first instructions.
 *
 *   MB1, MB2     which headers there are
 *   FLAT         they have the addresses, and the file is no ELF file
 *   NO_LOW       no segment below 1 MiB
 *   REQUIRE      flags of the first header beside the known ones
 *   TAGS         file with more tags of the second
 */
#define FLAGS		(7 | REQUIRE | FLAT << 16)
#ifndef REQUIRE
#define REQUIRE		0
#endif
#ifndef FLAT
#define FLAT		0
#endif

	.section .header, "a"
#ifdef MB1
	.balign	4
header1:
	.long	0x1badb002, FLAGS, -(0x1badb002 + FLAGS)
#if FLAT
	.long	header1, image_start, image_data_end, image_end, start
#else
	.long	0, 0, 0, 0, 0
#endif
	.long	1, 80, 25, 0
#endif
#ifdef MB2
	.balign	8
header2:
	.long	0xe85250d6, 0, header2_end - header2
	.long	-(0xe85250d6 + header2_end - header2)
	/* Wanted: command line, name, modules, memory, map, screen, sections,
	 * ACPI */
	.word	1, 0
	.long	8 + 4 * 9, 1, 2, 3, 4, 6, 8, 9, 14, 15
	.balign	8
	.word	1, 1		/* what nobody knows, optional */
	.long	12, 4711
	.balign	8
#if FLAT
	.word	2, 0
	.long	24, header2, image_start, image_data_end, image_end
	.word	3, 0
	.long	12, start
	.balign	8
#endif
	.word	4, 1		/* this system has text, optional */
	.long	12, 2
	.balign	8
	.word	5, 1
	.long	20, 80, 25, 0
	.balign	8
	.word	6, 0		/* modules at whole pages */
	.long	8
	.word	7, 0		/* EFI: none of it matters here */
	.long	8
	.word	9, 0
	.long	12, 0xdead0000
	.balign	8
	.word	4711, 1		/* an optional tag that nobody knows */
	.long	8
#ifdef TAGS
	.include TAGS
	.balign	8
#endif
	.word	0, 0
	.long	8
header2_end:
#endif

	.section .entry, "ax"
	.globl	entry
entry:	/* a virtual address, so far */
	mov	$start, %ecx
	jmp	*%ecx

	.text
start:
	mov	%esp, first_stack
	pushfl			/* on the loader's stack, if it has one */
	pop	%ecx
	mov	$stack_top, %esp
	push	%ecx
	push	%ebx
	push	%eax
	call	main
	push	%eax
	call	finish

	.bss
	.balign	16
	.skip	8192
stack_top:
	.globl	first_stack
first_stack:
	.long	0

#ifndef NO_LOW
	.section .low, "a"
	.ascii	"low down"
#endif
	.section .high, "a"
	.ascii	"high up!"
	.section .beside, "", @progbits
	.ascii	"beside it"
