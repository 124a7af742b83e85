/*
 * Walks the page tables as the CPU does, and says what it finds.
 *
 *	virtual address	  63-48	  47-39	 38-30	29-21	20-12	11-0
 *			  as 47	  PML4	 PDPT	PD	PT	offset
 *
 * CR3 holds the address of the first table, each part of the virtual address
 * picks one of the 512 entries of a table, and an entry holds the address of
 * the next table, or of a page: always at the last level, earlier if it is
 * marked "large". An entry that is not present ends the walk; the CPU raises a
 * page fault. (SDM 3A, "4-Level Paging")
 *
 * Then this program makes three tables of its own and lets an address far up
 * mean a page that has one already: two virtual addresses, one memory.
 */
#include "abi/long64.h"

#define PRESENT	  (1 << 0)
#define WRITABLE  (1 << 1)
#define LARGE_BIT 7
#define PAGE	  4096
#define ADDRESS	  0x000ffffffffff000	/* of the next table, in an entry */
#define NEW	  0x8000000000		/* entry 1 of the PML4, 0 of the rest */

/* The texts of the tables below, in bytes with their zeros. */
#define NAME_SIZE  16
#define KIND_SIZE  24
#define LEVEL_SIZE (1 + NAME_SIZE + KIND_SIZE)
#define FLAG_SIZE  12
#define FLAGS	   5

	.code64
	.globl	_start
_start:
	lea	cr3_text(%rip), %rsi
	call	print
	mov	%cr3, %rax
	mov	$16, %ecx
	call	print_hex

	mov	$'\n', %al
	call	putchar

	mov	for_ring3(%rip), %rax	/* marks its entry as accessed */
	lea	tour(%rip), %r15
1:	call	walk
	cmpq	$0, (%r15)
	jne	1b

	call	map_new
	call	walk			/* the tour goes on where it stopped */
	mov	$NEW, %rbx
	movq	$1111, first_page(%rip)
	lea	old_text(%rip), %rsi
	call	print
	mov	(%rbx), %rax
	call	print_decimal
	movq	$2222, (%rbx)
	call	print
	mov	first_page(%rip), %rax
	call	print_decimal
	mov	$'\n', %al
	call	putchar
	call	walk			/* again: the CPU has left its marks */

	/* Another page in the same place. The CPU remembers translations. */
	movq	$3333, second_page(%rip)
	lea	second_page + PRESENT + WRITABLE(%rip), %rax
	mov	%rax, new_pt(%rip)
	mov	$NEW, %rbx
	invlpg	(%rbx)
	lea	other_text(%rip), %rsi
	call	print
	mov	(%rbx), %rax
	call	print_decimal
	mov	$'\n', %al
	call	putchar
	hlt

/* Maps NEW to first_page with one page of 4 KiB. */
map_new:
	lea	new_pdpt + PRESENT + WRITABLE(%rip), %rax
	mov	%rax, LONG64_PML4 + 8
	lea	new_pd + PRESENT + WRITABLE(%rip), %rax
	mov	%rax, new_pdpt(%rip)
	lea	new_pt + PRESENT + WRITABLE(%rip), %rax
	mov	%rax, new_pd(%rip)
	lea	first_page + PRESENT + WRITABLE(%rip), %rax
	mov	%rax, new_pt(%rip)
	add	$8, %r15		/* behind the 0 that stopped it */
	ret

/*
 * Walks to the address at R15, prints each step, and leaves R15 behind the
 * text that follows it there.
 */
walk:
	lea	address_text(%rip), %rsi
	call	print
	mov	(%r15), %rbx
	mov	%rbx, %rax
	mov	$16, %ecx
	call	print_hex
	lea	8(%r15), %rsi
	call	print
	mov	%rsi, %r15

	mov	%cr3, %r12		/* the table */
	lea	levels(%rip), %r13
1:	mov	$ADDRESS, %rax
	and	%rax, %r12
	movzbl	(%r13), %ecx		/* which bits of the address count */
	mov	%rbx, %rax
	shr	%cl, %rax
	and	$511, %eax
	mov	(%r12, %rax, 8), %r12
	call	print_entry

	test	$PRESENT, %r12b
	jz	4f
	cmpb	$12, (%r13)
	je	3f
	bt	$LARGE_BIT, %r12
	jc	3f
	add	$LEVEL_SIZE, %r13
	jmp	1b

	/* A page: its address is the entry's, the offset the virtual one's. */
3:	movzbl	(%r13), %ecx
	mov	$ADDRESS, %rax
	and	%rax, %r12
	shr	%cl, %r12
	shl	%cl, %r12
	mov	$-1, %rax
	shl	%cl, %rax
	not	%rax
	and	%rbx, %rax
	or	%r12, %rax
	lea	physical_text(%rip), %rsi
	call	print
	mov	$16, %ecx
	call	print_hex
	lea	1 + NAME_SIZE(%r13), %rsi
	jmp	print
4:	lea	nothing_text(%rip), %rsi
	jmp	print

/* Prints a step: the level at R13, the index in RAX, the entry in R12. */
print_entry:
	lea	1(%r13), %rsi		/* its name; print changes RAX */
	push	%rax
	call	print
	pop	%rax
	call	print_decimal
	lea	entry_text(%rip), %rsi
	call	print
	mov	%r12, %rax
	mov	$16, %ecx
	call	print_hex
	test	$PRESENT, %r12b
	jz	4f
	lea	flags(%rip), %rsi
	mov	$FLAGS, %ecx
1:	lodsb				/* the bit */
	movzbl	%al, %edx
	bt	%rdx, %r12
	jc	2f
	add	$FLAG_SIZE, %rsi	/* the text if it is 0 */
	call	print_flag
	jmp	3f
2:	call	print_flag		/* the text if it is 1 */
	add	$FLAG_SIZE, %rsi
3:	dec	%ecx
	jnz	1b
4:	ret

/* Prints the text at RSI, which has FLAG_SIZE bytes with its zeros. */
print_flag:
	push	%rsi
	call	print
	pop	%rsi
	add	$FLAG_SIZE, %rsi
	ret

#include "print.inc"
#include "uart.inc"

	.data
	/* Text with zeros behind it, to make @size bytes. */
	.macro	text size, words
1:	.ascii	"\words"
	.org	1b + \size
	.endm

	.macro	level shift, name, page
	.byte	\shift
	text	NAME_SIZE, "\n  \name entry "
	text	KIND_SIZE, ", in a page of \page\n"
	.endm

levels:
	level	39, PML4, none
	level	30, PDPT, "1 GiB"
	level	21, "PD  ", "2 MiB"
	level	12, "PT  ", "4 KiB"

	.macro	flag bit, one, zero
	.byte	\bit
	text	FLAG_SIZE, "\one"
	text	FLAG_SIZE, "\zero"
	.endm

flags:
	flag	1, " writable", " read-only"
	flag	2, " user", " supervisor"
	flag	5, " accessed"
	flag	6, " dirty"
	flag	LARGE_BIT, " large"

	/* Addresses, each with a text; a 0 where the walks pause. */
tour:
	.quad	_start
	.asciz	", the first instruction of this program"
	.quad	for_ring3
	.asciz	", a word in a segment for ring 3"
	.quad	0xfee00000
	.asciz	", mapped, although no RAM is there"
	.quad	0x100000000
	.asciz	", 4 GiB, where the loader's tables end"
	.quad	0xffff800000000000
	.asciz	", the upper half"
	.quad	0
	.quad	NEW
	.asciz	", three tables later"
	.quad	NEW
	.asciz	", after it was used"

cr3_text:
	.asciz	"Walks begin at the table in CR3, 0x"
address_text:
	.asciz	"\n0x"
entry_text:
	.asciz	": 0x"
physical_text:
	.asciz	"\n  is physical 0x"
nothing_text:
	.asciz	" not present\n  is nowhere: using it is a page fault\n"
old_text:
	.asciz	"Wrote 1111 at the old address; the new one reads "
	.asciz	"\nWrote 2222 at the new address; the old one reads "
other_text:
	.asciz	"Made its last entry another page's; now it reads "

	.bss
	.balign	PAGE
new_pdpt:
	.skip	PAGE
new_pd:	.skip	PAGE
new_pt:	.skip	PAGE
first_page:
	.skip	PAGE
second_page:
	.skip	PAGE

	.section .user, "aw", @progbits
for_ring3:
	.quad	0
