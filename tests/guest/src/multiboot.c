/*
 * A kernel that checks all that a multiboot loader promises, by both versions of
 * the specification, and ends with the number of the first that is wrong: with
 * that status on kvm-vmm, and by QEMU's isa-debug-exit at 0xf4 there. What it was
 * told it prints to COM1.
 *
 * The command line says what to expect beside that:
 *   modules=N   so many, and the third word of each is its number
 *   sections, text, acpi   the loader must tell of them
 *   pixels                 and of a framebuffer, 800 by 600
 *   mem=N       KiB of RAM from 1 MiB on
 */
#include "multiboot.h"

extern u32 first_stack;
u32 some_data = 0x600df00d;
u32 some_bss[1024];

/* --- Printing --- */

static void out8(u16 port, u8 value)
{
	asm volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static u8 in8(u16 port)
{
	u8 value;

	asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static void print(const char *text)
{
	for (; *text; text++) {
		while (!(in8(0x3fd) & 0x20))
			;
		out8(0x3f8, *text);
	}
}

static void print_hex(const char *what, u32 value)
{
	char digits[10] = " 00000000";

	for (int i = 8; i; i--, value >>= 4)
		digits[i] = "0123456789abcdef"[value & 15];
	print(what);
	print(digits);
	print("\n");
}

u32 fail(u32 number)
{
	print_hex("wrong:", number);
	return number;
}

void finish(u32 status)
{
	print(status ? "bad\n" : "good\n");
	asm volatile("outl %0, %1" : : "a"(status), "Nd"((u16)0xf4));
	asm volatile("outb %%al, %1" : : "a"(8), "Nd"((u16)0x500), "b"(status));
	for (;;)
		asm volatile("cli; hlt");
}

/* --- Strings --- */

static bool same(const void *a, const void *b, u32 len)
{
	const u8 *x = a, *y = b;

	while (len && *x == *y)
		x++, y++, len--;
	return !len;
}

u32 length(const char *text)
{
	u32 len = 0;

	while (text[len])
		len++;
	return len;
}

static bool begins(const char *text, const char *with)
{
	return same(text, with, length(with));
}

static bool ends(const char *text, u32 len, const char *with)
{
	u32 tail = length(with);

	return len >= tail && same(text + len - tail, with, tail);
}

static const char *find(const char *text, const char *word)
{
	for (; *text; text++)
		if (begins(text, word))
			return text;
	return 0;
}

static u32 number(const char *text)
{
	u32 value = 0;

	while (*text >= '0' && *text <= '9')
		value = value * 10 + *text++ - '0';
	return value;
}

/* --- Checks --- */

static void check_state(u32 magic, u32 info, u32 flags)
{
	u32 cr0;

	asm("mov %%cr0, %0" : "=r"(cr0));
	CHECK(MAGIC, magic == 0x2badb002 || magic == 0x36d76289);
	CHECK(INFO_ALIGNED, info && !(info & (magic == 0x2badb002 ? 3 : 7)));
	CHECK(PROTECTED, cr0 & 1);
	CHECK(NO_PAGING, !(cr0 >> 31));
	CHECK(INTERRUPTS_OFF, !(flags & 0x200));
	CHECK(NO_VM86, !(flags & 0x20000));
	CHECK(STACK, first_stack && !(first_stack & 3));
}

/* Everything of 4 GiB from 0 on by each segment: a word at the end of RAM. */
static void check_segments(void)
{
	volatile u32 *last = (u32 *)((told.mem_upper + 1024) * 1024 - 4);
	volatile u32 *odd = some_bss;
	volatile u32 *even = (u32 *)((u32)some_bss ^ 0x100000);
	u32 value, before = *last;

	*last = 0x12345678;
#define READ_BY(seg)                                                       \
	asm volatile("movl %%" seg ":(%1), %0" : "=r"(value) : "r"(last)); \
	CHECK(SEGMENTS, value == 0x12345678)
	READ_BY("es");
	READ_BY("fs");
	READ_BY("gs");
	READ_BY("ss");
	READ_BY("cs");
	*last = before;
	value = *even;
	*odd = ~value;
	CHECK(A20, *even == value);
	*odd = 0;
}

static void check_image(bool is_flat)
{
	CHECK(DATA, some_data == 0x600df00d);
	for (u32 i = 0; i < 1024; i++)
		CHECK(BSS, !some_bss[i]);
	if (is_flat)
		return;
	CHECK(HIGH, same((void *)0x200000, "high up!", 8));
	CHECK(LOW, find(told.cmdline, " nolow") ||
			   same((void *)0x8000, "low down", 8));
}

static u32 expected(const char *word)
{
	const char *at = find(told.cmdline, word);

	return at ? number(at + length(word)) : 0;
}

static void check_texts(void)
{
	const char *blank = told.cmdline;
	bool is_grub;

	CHECK(LOADER, told.loader && length(told.loader) >= 4);
	CHECK(COMMAND_LINE, told.cmdline);
	print(told.loader);
	print("\n");
	print(told.cmdline);
	print("\n");
	/* GRUB 2 leaves the file's name to its user. */
	is_grub = begins(told.loader, "GRUB");
	while (*blank && *blank != ' ')
		blank++;
	CHECK(NAME_FIRST,
	      is_grub || ends(told.cmdline, blank - told.cmdline, ".kernel"));
	CHECK(WORDS, find(told.cmdline, "one  two"));
}

static void check_module(const struct module *module, u32 i)
{
	char digit[2] = { '0' + i % 10 };
	u32 size = module->end - module->start;

	print_hex("module", size);
	print(module->string);
	print("\n");
	CHECK(MODULE_ALIGNED, !(module->start & 0xfff));
	CHECK(MODULE_SIZE, module->end > module->start && size >= 16);
	CHECK(MODULE_CONTENT, same((void *)module->start, "content", 7) &&
				      ends((char *)module->start, size, digit));
	CHECK(MODULE_STRING,
	      ends(module->string, length(module->string), digit) &&
		      find(module->string, "args of "));
	CHECK(MODULE_CLEAR, module->end <= (u32)image_start ||
				    module->start >= (u32)image_end);
	CHECK(MODULE_CLEAR,
	      module->end <= told.start || module->start >= told.end);
	CHECK(MODULE_CLEAR, module->end <= (u32)module->string ||
				    module->start >= (u32)module->string);
}

static void check_modules(void)
{
	CHECK(MODULE_COUNT, told.nr_modules == expected("modules="));
	for (u32 i = 0; i < told.nr_modules; i++) {
		const struct module *module = &told.modules[i];

		check_module(module, i);
		for (u32 j = 0; j < i; j++)
			CHECK(MODULE_CLEAR,
			      module->end <= told.modules[j].start ||
				      module->start >= told.modules[j].end);
	}
}

static void check_map(void)
{
	const u8 *at = told.map, *end = at + told.map_len;
	bool has_low = 0, has_high = 0;
	u64 before = 0;

	CHECK(MAP, at && told.map_len);
	while (at < end) {
		u32 step = told.map_step;
		u64 base, len;
		u32 type;

		if (!step) {
			step = word32(at) + 4;
			CHECK(MAP_ENTRY, word32(at) >= 20);
			at += 4;
			step -= 4;
		}
		base = word64(at);
		len = word64(at + 8);
		type = word32(at + 16);
		CHECK(MAP_ENTRY, len && type);
		CHECK(MAP_ORDER, base >= before);
		before = base + len;
		if (type == 1) {
			CHECK(MAP_HOLE,
			      base >= 0x100000 || base + len <= 0xa0000);
			has_low |= !base && len >= 0x90000;
			has_high |= base == 0x100000 &&
				    len >> 10 >= told.mem_upper;
		}
		at += step;
	}
	CHECK(MAP_LOW, has_low);
	CHECK(MAP_HIGH, has_high);
}

static void check_memory(void)
{
	print_hex("mem_lower", told.mem_lower);
	print_hex("mem_upper", told.mem_upper);
	CHECK(MEM_LOWER, told.mem_lower >= 0x240 && told.mem_lower <= 640);
	CHECK(MEM_UPPER, told.mem_upper >= 1024);
	/* A BIOS keeps some of it for itself. */
	CHECK(MEM_EXPECTED,
	      !expected("mem=") || expected("mem=") - told.mem_upper <= 512);
}

/* Of section @i: its address in RAM, its size, its link and its name. */
static const u8 *section(u32 i, u32 *size, u32 *link, u32 *name)
{
	const u8 *at = told.sections + i * told.section_size;
	bool is_64bit = told.section_size == 64;

	*name = word32(at);
	*size = word32(at + (is_64bit ? 32 : 20));
	*link = word32(at + (is_64bit ? 40 : 24));
	return (const u8 *)word32(at + (is_64bit ? 16 : 12));
}

/* Whether the symbol table at @at has finish() at its address. */
static bool has_symbol(const u8 *at, u32 size, u32 strings)
{
	bool is_64bit = told.section_size == 64;
	u32 step = is_64bit ? 24 : 16, unused;
	const char *names =
		(const char *)section(strings, &unused, &unused, &unused);

	for (; size >= step; at += step, size -= step)
		if (word32(at + (is_64bit ? 8 : 4)) == (u32)finish &&
		    same(names + word32(at), "finish", 7))
			return 1;
	return 0;
}

static void check_sections(void)
{
	bool beside = 0, symbol = 0;
	u32 size, link, name, unused;
	const char *names;

	CHECK(SECTIONS, told.nr_sections || !find(told.cmdline, " sections"));
	if (!told.nr_sections)
		return;
	CHECK(SECTION_SIZE, told.section_size == 40 || told.section_size == 64);
	CHECK(SECTION_NAMES, told.names < told.nr_sections);
	names = (const char *)section(told.names, &unused, &unused, &unused);
	CHECK(SECTION_NAMES, names && !*names);
	for (u32 i = 1; i < told.nr_sections; i++) {
		const u8 *at = section(i, &size, &link, &name);

		if (same(names + name, ".beside", 8))
			beside = at && same(at, "beside it", 9);
		if (same(names + name, ".symtab", 8))
			symbol = has_symbol(at, size, link);
	}
	CHECK(SECTION_BESIDE, beside);
	CHECK(SECTION_SYMBOL, symbol);
}

static void check_text(void)
{
	CHECK(TEXT, told.has_text || !find(told.cmdline, " text"));
	CHECK(TEXT_SHAPE, !told.has_text || told.type != 2 ||
				  (told.text_gpa == 0xb8000 &&
				   told.pitch == 160 && told.width == 80 &&
				   told.height == 25 && told.bits == 16));
	CHECK(PIXELS, !find(told.cmdline, " pixels") ||
			      (told.type == 1 && told.text_gpa == 0xfd000000 &&
			       told.pitch == 3200 && told.width == 800 &&
			       told.height == 600 && told.bits == 32));
}

static bool sums_up(const u8 *at, u32 len)
{
	u8 sum = 0;

	while (len--)
		sum += *at++;
	return !sum;
}

static void check_acpi(void)
{
	CHECK(ACPI,
	      told.old_rsdp || told.new_rsdp || !find(told.cmdline, " acpi"));
	if (told.old_rsdp)
		CHECK(ACPI_OLD, same(told.old_rsdp, "RSD PTR ", 8) &&
					sums_up(told.old_rsdp, 20));
	if (told.new_rsdp)
		CHECK(ACPI_NEW, same(told.new_rsdp, "RSD PTR ", 8) &&
					told.new_rsdp[15] >= 2 &&
					sums_up(told.new_rsdp, 20) &&
					sums_up(told.new_rsdp, 36));
}

u32 main(u32 magic, const u8 *info, u32 flags)
{
	check_state(magic, (u32)info, flags);
	if (magic == 0x2badb002)
		read_info1(info);
	else
		read_info2(info);
	print(magic == 0x2badb002 ? "version 1\n" : "version 2\n");
	check_texts();
	check_image(find(told.cmdline, " flat") != 0);
	check_memory();
	check_map();
	check_modules();
	check_sections();
	check_text();
	check_acpi();
	check_segments();
	return OK;
}
