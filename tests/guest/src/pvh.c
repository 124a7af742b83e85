/*
 * A kernel for PVH that looks at all it is given and ends with the number of the
 * first thing that is wrong, below, or 0: by hypercall, and at port 0xf4, where
 * QEMU's isa-debug-exit is. Words of its command line tell what to expect:
 *
 *   modules=N   so many; each begins with its number, a digit, and has the string
 *               "args" and that digit, but number 0 has none
 *   rsdp        ACPI's root pointer is told
 *   mem=N       RAM, in MiB
 *
 * Xen: "x86/HVM direct boot ABI", start_info.h. PACKED, NOTE_ALIGN: how it is
 * linked.
 */
#include <stdbool.h>
#include <stdint.h>

#include "abi/hypercall.h"

enum wrong {
	CR0 = 1,  /* protected mode, and nothing else */
	CR4,	  /* all clear */
	EFLAGS,	  /* VM, IF and TF clear */
	SEGMENTS, /* each of them reads what the others wrote */
	EBX,	  /* in RAM, and not here */
	MAGIC,
	VERSION,      /* 1 */
	FLAGS,	      /* none */
	CMDLINE,      /* in RAM, and not here */
	CMDLINE_TEXT, /* begins with "first" */
	MEMMAP,	      /* in RAM, and not here; at least two entries */
	MEMMAP_TWICE, /* nothing is in it twice */
	MEMMAP_RESERVED,
	MEMMAP_SELF, /* RAM where this program is */
	MEMMAP_SIZE, /* as much as was asked for, less 1 MiB at most */
	MODULES,     /* so many as expected */
	MODLIST,     /* in RAM, and not here */
	MODULE_PLACE,
	MODULE_CONTENT,
	MODULE_TEXT,
	MODULE_RESERVED,
	RSDP,
	RSDP_CHECKSUM,
	RESERVED,
};

struct start_info {
	uint32_t magic, version, flags, nr_modules;
	uint64_t modlist, cmdline, rsdp;
	uint64_t memmap;
	uint32_t nr_memmap, reserved;
};

struct module {
	uint64_t at, size, cmdline, reserved;
};

struct range {
	uint64_t at, size;
	uint32_t type, reserved;
};

extern const char image_start[], image_end[];
static const struct start_info *info;
uint32_t first_ebx, first_cr0, first_cr4, first_eflags;
static uint32_t written;

void check_all(void);

__asm__(".pushsection .note.Xen, \"a\", @note\n"
	"	.balign	NOTE_ALIGN\n"
	"	.long	4, NOTE_SIZE, 18\n"
	"	.asciz	\"Xen\"\n"
	"	.balign	NOTE_ALIGN\n"
	"	.long	start\n"
	"	.fill	NOTE_SIZE - 4, 1, 0\n"
	"	.balign	NOTE_ALIGN\n"
	"	.popsection\n"
	"start:\n"
	"	mov	%ebx, first_ebx\n"
	"	mov	%cr0, %eax\n"
	"	mov	%eax, first_cr0\n"
	"	mov	%cr4, %eax\n"
	"	mov	%eax, first_cr4\n"
	"	mov	$stack_end, %esp\n"
	"	pushfl\n"
	"	popl	first_eflags\n"
	"	call	check_all\n"
	"	.lcomm	stack, 4096\n"
	"	.lcomm	stack_end, 4\n");

static void outb(uint16_t port, uint8_t value, uint8_t bl)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port), "b"(bl));
}

static void end(enum wrong number)
{
	outb(0xf4, number, 0);
	outb(HC_PORT, HC_EXIT_STATUS, number);
	for (;;)
		__asm__ volatile("cli; hlt");
}

static void check(bool right, enum wrong number)
{
	if (!right)
		end(number);
}

static void *memory(uint64_t gpa)
{
	return (void *)(uintptr_t)gpa;
}

/* Whether all of it is RAM below 4 GiB, as the map says. */
static bool is_ram(uint64_t at, uint64_t size)
{
	const struct range *map = memory(info->memmap);

	for (uint32_t i = 0; i < info->nr_memmap; i++)
		if (map[i].type == 1 && at >= map[i].at &&
		    at + size <= map[i].at + map[i].size)
			return at && at + size <= 1ULL << 32;
	return false;
}

/* Or the BIOS's, which may have its own data there; and beside this program. */
static bool is_beside(uint64_t at, uint64_t size)
{
	bool is_bios = at >= 0xe0000 && at + size <= 0x100000;

	return (is_bios || is_ram(at, size)) &&
	       (at + size <= (uintptr_t)image_start ||
		at >= (uintptr_t)image_end);
}

static uint32_t length(const char *text)
{
	uint32_t n = 0;

	while (text[n])
		n++;
	return n;
}

/* What follows the word of that beginning; NULL: it is not there. */
static const char *find_word(const char *word)
{
	const char *text = memory(info->cmdline);

	for (; *text; text++) {
		uint32_t n = 0;

		while (word[n] && text[n] == word[n])
			n++;
		if (!word[n])
			return text + n;
	}
	return (void *)0;
}

static uint32_t find_number(const char *word)
{
	const char *text = find_word(word);
	uint32_t number = 0;

	for (; text && *text >= '0' && *text <= '9'; text++)
		number = 10 * number + *text - '0';
	return number;
}

static void check_cpu(void)
{
	uint32_t value, *at = &written;

	check((first_cr0 & ~0x10u) == 1, CR0); /* ET is always set */
	check(!first_cr4, CR4);
	check(!(first_eflags & 0x20300), EFLAGS);
	written = 0x12345678;
	__asm__ volatile("movl %%es:(%1), %0" : "=r"(value) : "r"(at));
	check(value == written, SEGMENTS);
	__asm__ volatile("movl %%ss:(%1), %0" : "=r"(value) : "r"(at));
	check(value == written, SEGMENTS);
	__asm__ volatile("movl %%cs:(%1), %0" : "=r"(value) : "r"(at));
	check(value == written, SEGMENTS);
	/* The last word that a limit of 4 GiB has. */
	__asm__ volatile("movl %%ds:(%1), %0" : "=r"(value) : "r"(~3u));
	__asm__ volatile("movl %%es:(%1), %0" : "=r"(value) : "r"(~3u));
	__asm__ volatile("movl %%ss:(%1), %0" : "=r"(value) : "r"(~3u));
}

static void check_memmap(void)
{
	const struct range *map = memory(info->memmap);
	uint64_t ram = 0, want;

	check(info->nr_memmap >= 2, MEMMAP);
	for (uint32_t i = 0; i < info->nr_memmap; i++) {
		for (uint32_t k = 0; k < i; k++)
			check(map[i].at >= map[k].at + map[k].size ||
				      map[k].at >= map[i].at + map[i].size,
			      MEMMAP_TWICE);
		check(!map[i].reserved, MEMMAP_RESERVED);
		ram += map[i].type == 1 ? map[i].size : 0;
	}
	check(is_beside(info->memmap, info->nr_memmap * sizeof(*map)), MEMMAP);
	check(is_ram((uintptr_t)image_start, image_end - image_start),
	      MEMMAP_SELF);
	want = (uint64_t)find_number("mem=") << 20;
	check(ram <= want && ram + (1 << 20) >= want, MEMMAP_SIZE);
}

static void check_module(const struct module *module, uint32_t number)
{
	const char *content = memory(module->at);
	const char *text = memory(module->cmdline);

	check(is_beside(module->at, module->size), MODULE_PLACE);
	check(module->size && *content == (char)('0' + number), MODULE_CONTENT);
	if (number) {
		check(is_beside(module->cmdline, 6), MODULE_TEXT);
		check(length(text) == 5 && text[0] == 'a' && text[1] == 'r' &&
			      text[2] == 'g' && text[3] == 's' &&
			      text[4] == (char)('0' + number),
		      MODULE_TEXT);
	} else {
		check(!text || !*text, MODULE_TEXT);
	}
	check(!module->reserved, MODULE_RESERVED);
}

static void check_modules(void)
{
	const struct module *modules = memory(info->modlist);
	uint32_t nr = info->nr_modules;

	check(nr == find_number("modules="), MODULES);
	check(!nr || is_beside(info->modlist, nr * sizeof(*modules)), MODLIST);
	for (uint32_t i = 0; i < nr; i++)
		check_module(&modules[i], i);
	for (uint32_t i = 1; i < nr; i++)
		check(modules[i].at >= modules[i - 1].at + modules[i - 1].size,
		      MODULE_PLACE);
}

/* The first 20 bytes, which every revision has (ACPI, "Root System Description
 * Pointer"). */
static void check_rsdp(void)
{
	static const char magic[8] = "RSD PTR ";
	const char *rsdp = memory(info->rsdp);
	uint8_t sum = 0;

	if (!find_word("rsdp"))
		return;
	check(rsdp, RSDP);
	for (int i = 0; i < 20; i++) {
		check(i >= 8 || rsdp[i] == magic[i], RSDP);
		sum += rsdp[i];
	}
	check(!sum, RSDP_CHECKSUM);
}

void check_all(void)
{
	const char *words;

	info = memory(first_ebx);
	check_cpu();
	check(info && !(first_ebx & 3), EBX);
	check(info->magic == 0x336ec578, MAGIC);
	check(info->version == 1, VERSION);
	check(is_beside(first_ebx, sizeof(*info)), EBX);
	check(!info->flags, FLAGS);
	words = memory(info->cmdline);
	check(is_beside(info->cmdline, length(words) + 1), CMDLINE);
	check(find_word("first") == words + 5, CMDLINE_TEXT);
	check_memmap();
	check_modules();
	check_rsdp();
	check(!info->reserved, RESERVED);
	end(0);
}
