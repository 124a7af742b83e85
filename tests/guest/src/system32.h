/*
 * What a test guest in C needs of a system: a multiboot header and the way into
 * begin(magic, info) in flat protected mode, ways into two interrupt handlers,
 * on_message() and on_line(), ports and memory, and steps that end the guest
 * with their number when something is not as it must be. Prints on COM1.
 *
 * It comes first in the guest's only source: the linker puts it where it is
 * entered.
 */
#ifndef MKVM_TESTS_SYSTEM32_H
#define MKVM_TESTS_SYSTEM32_H

#include <stdint.h>

#include "abi/hypercall.h"

/*
 * The header, the way in, and the ways into interrupts and back. Those are an
 * IRET in pieces, since that is an instruction that not every KVM emulates.
 */
__asm__(".text\n"
	"	jmp	start\n"
	"	.balign	4\n"
	"	.long	0x1badb002, 0, -0x1badb002\n"
	"start:	cli\n"
	"	mov	$stack_end, %esp\n"
	"	push	%ebx\n"
	"	push	%eax\n"
	"	lgdt	gdt_pointer\n"
	"	ljmp	$8, $1f\n"
	"1:	mov	$16, %eax\n"
	"	mov	%eax, %ds\n"
	"	mov	%eax, %es\n"
	"	mov	%eax, %ss\n"
	"	call	begin\n"
	"	.balign	8\n"
	"gdt:	.quad	0, 0x00cf9b000000ffff, 0x00cf93000000ffff\n"
	"gdt_pointer:\n"
	"	.word	23\n"
	"	.long	gdt\n"
	"entry_message:\n"
	"	pusha\n"
	"	call	on_message\n"
	"	jmp	2f\n"
	"entry_line:\n"
	"	pusha\n"
	"	call	on_line\n"
	"2:	popa\n"
	"	pushl	8(%esp)\n"
	"	popf\n"
	"	lret	$4\n"
	"	.bss\n"
	"	.skip	0x4000\n"
	"stack_end:\n"
	"	.text\n");

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;

#define PATIENCE 3000000 /* reads of a port */

static int step; /* the exit status if it goes wrong */

static inline void outb(u16 port, u8 val)
{
	__asm__ __volatile__("outb %0, %1" : : "a"(val), "Nd"(port));
}

static inline u8 inb(u16 port)
{
	u8 val;

	__asm__ __volatile__("inb %1, %0" : "=a"(val) : "Nd"(port));
	return val;
}

static inline void outl(u16 port, u32 val)
{
	__asm__ __volatile__("outl %0, %1" : : "a"(val), "Nd"(port));
}

static inline u32 inl(u16 port)
{
	u32 val;

	__asm__ __volatile__("inl %1, %0" : "=a"(val) : "Nd"(port));
	return val;
}

static inline u32 peek(u32 addr)
{
	u32 val;

	__asm__ __volatile__("movl (%1), %0"
			     : "=r"(val)
			     : "r"(addr)
			     : "memory");
	return val;
}

static inline void poke(u32 addr, u32 val)
{
	__asm__ __volatile__("movl %0, (%1)"
			     :
			     : "r"(val), "r"(addr)
			     : "memory");
}

static inline u8 peek8(u32 addr)
{
	return *(const u8 *)addr;
}

static void print(const char *text)
{
	for (; *text; text++) {
		while (!(inb(0x3fd) & 0x20))
			;
		outb(0x3f8, *text);
	}
}

static void print_hex(u32 val)
{
	for (int shift = 28; shift >= 0; shift -= 4) {
		char c[2] = { "0123456789abcdef"[val >> shift & 15], 0 };

		print(c);
	}
}

__attribute__((unused)) static void leave(int status)
{
	outb(0xf4, status);
	__asm__ __volatile__("outb %0, %1"
			     :
			     : "a"((u8)HC_EXIT_STATUS), "Nd"((u16)HC_PORT),
			       "b"(status));
	for (;;)
		__asm__ __volatile__("cli; hlt");
}

__attribute__((unused)) static void begin_step(const char *what)
{
	step++;
	print(what);
	print("\n");
}

__attribute__((unused)) static void must_be(u32 have, u32 want)
{
	if (have == want)
		return;
	print("  have ");
	print_hex(have);
	print(", want ");
	print_hex(want);
	print("\n");
	leave(step);
}

#define MUST(condition) must_be(!!(condition), 1)

#endif
