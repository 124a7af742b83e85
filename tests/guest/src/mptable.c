/*
 * A system that starts processors as an MP table tells of them, found as the
 * specification says: in the first KiB of the extended BIOS data area, else in the last
 * of base memory, else from F0000h to FFFFFh. Prints the table's bytes, the interrupt
 * line of each function of PCI that has a pin, and the APIC ids of those that
 * came, a line each on COM1; ends with 7, or 1: there is no table, or a sum is wrong.
 *
 * Source: Intel MultiProcessor Specification 1.4, "MP Configuration Table"; SDM 3A,
 * "MP Initialization Protocol".
 */
#include "system32.h"

#define LAPIC	   0xfee00000
#define ICR	   (LAPIC + 0x300)
#define ICR_HIGH   (LAPIC + 0x310)
#define INIT	   0x4500
#define SIPI_8000H 0x4608
#define TRAMPOLINE 0x8000
#define CAME	   0x9000 /* the APIC id of who came last, and one */

extern const u8 first_code[], first_code_end[];
void on_message(void);
void on_line(void);
void begin(void);

__asm__("	.code16\n"
	"first_code:\n"
	"	xor	%ax, %ax\n"
	"	mov	%ax, %ds\n"
	"	mov	$1, %eax\n"
	"	cpuid\n"
	"	shr	$24, %ebx\n"
	"	inc	%ebx\n"
	"	mov	%ebx, 0x9000\n"
	"1:	hlt\n"
	"	jmp	1b\n"
	"first_code_end:\n"
	"	.code32\n");

void on_message(void)
{
}

void on_line(void)
{
}

static u8 sum(u32 addr, u32 len)
{
	u8 all = 0;

	while (len--)
		all += peek8(addr++);
	return all;
}

static u32 look(u32 addr, u32 len)
{
	for (u32 end = addr + len; addr < end; addr += 16)
		if (peek(addr) == 0x5f504d5f && !sum(addr, 16))
			return addr;
	return 0;
}

static u32 find(void)
{
	u32 ebda = (peek(0x40e) & 0xffff) << 4;
	u32 base = (peek(0x413) & 0xffff) << 10;
	u32 found = ebda ? look(ebda, 1024) : 0;

	if (!found && base)
		found = look(base - 1024, 1024);
	return found ? found : look(0xf0000, 0x10000);
}

static void show_table(u32 table, u32 len)
{
	for (u32 i = 0; i < len; i++) {
		const char c[3] = { "0123456789abcdef"[peek8(table + i) >> 4],
				    "0123456789abcdef"[peek8(table + i) & 15],
				    0 };
		print(c);
	}
	print("\n");
}

static void show_lines(void)
{
	for (u32 slot = 0; slot < 32; slot++) {
		u32 pins;

		outl(0xcf8, 0x80000000 | slot << 11);
		if (inl(0xcfc) == 0xffffffff)
			continue;
		outl(0xcf8, 0x80000000 | slot << 11 | 0x3c);
		pins = inl(0xcfc);
		if (!(pins >> 8 & 0xff))
			continue;
		print_hex(slot << 16 | (pins & 0xffff));
		print("\n");
	}
}

static void send_to(u32 id, u32 what)
{
	poke(ICR_HIGH, id << 24);
	poke(ICR, what);
}

static void start_cpu(u32 id)
{
	poke(CAME, 0);
	send_to(id, INIT);
	send_to(id, SIPI_8000H);
	while (!peek(CAME))
		inb(0x80);
	print_hex(peek(CAME) - 1);
	print("\n");
}

/* A processor's entry has 20 bytes, any other 8. */
static void start_all(u32 table)
{
	u32 at = table + 44, nr = peek(table + 34) & 0xffff;

	for (u32 i = 0; first_code + i < first_code_end; i++)
		*(volatile u8 *)(TRAMPOLINE + i) = first_code[i];
	for (; nr--; at += peek8(at) ? 8 : 20)
		if (!peek8(at) && (peek8(at + 3) & 3) == 1)
			start_cpu(peek8(at + 1));
}

void begin(void)
{
	u32 pointer = find(), table, len;

	print("\n@\n");
	if (!pointer)
		leave(1);
	table = peek(pointer + 4);
	len = peek(table + 4) & 0xffff;
	if (sum(table, len))
		leave(1);
	show_table(table, len);
	show_lines();
	start_all(table);
	leave(7);
}
