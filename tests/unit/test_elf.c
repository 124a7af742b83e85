/* objects: boot/elf.o boot/room.o core/memory.o */
/*
 * ELF files: a good one of each class, the reason for each refusal when one
 * or two of its fields change, where a guest may be loaded, and files that
 * are good but for random bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot/elf.h"
#include "util/log.h"

#define RAM	  (4ULL << 20)
#define FILE_SIZE 0x300
#define FIRST	  0x100000ULL /* where the first segment goes */
#define SECOND	  0x200000ULL
#define FIRST_AT  0x200 /* in the file */
#define SECOND_AT 0x280
#define PIECE	  0x80 /* bytes of each in the file */
#define PIECE_MEM 0x1000
#define FILLING	  0x5a
#define MUTATIONS 200000
#define PHDR64(n) (sizeof(Elf64_Ehdr) + (n) * sizeof(Elf64_Phdr))
#define PHDR32(n) (sizeof(Elf32_Ehdr) + (n) * sizeof(Elf32_Phdr))
#define EHDR(field) \
	offsetof(Elf64_Ehdr, field), sizeof(((Elf64_Ehdr *)0)->field)
#define PHDR(n, field)                           \
	PHDR64(n) + offsetof(Elf64_Phdr, field), \
		sizeof(((Elf64_Phdr *)0)->field)

#define PLACE(n, gpa)                         \
	{                                     \
		{ PHDR(n, p_vaddr), gpa },    \
		{                             \
			PHDR(n, p_paddr), gpa \
		}                             \
	}

static uint8_t file[FILE_SIZE];
static unsigned int messages;

static char message[256]; /* the last one */

/* Takes the place of util/log.c: a refusal is one message. */
void log_error(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	messages++;
}

static const Elf64_Phdr segments[] = {
	{ PT_LOAD, PF_R | PF_X, FIRST_AT, FIRST, FIRST, PIECE, PIECE_MEM, 0 },
	{ PT_LOAD, PF_R | PF_W, SECOND_AT, SECOND, SECOND, PIECE, PIECE_MEM,
	  0 },
};

static struct image image_of(size_t size)
{
	return (struct image){ .path = "test", .data = file, .size = size };
}

static void make_64(void)
{
	Elf64_Ehdr header = { .e_type = ET_EXEC,
			      .e_machine = EM_X86_64,
			      .e_entry = FIRST + 8,
			      .e_phoff = sizeof(header),
			      .e_phentsize = sizeof(Elf64_Phdr),
			      .e_phnum = 2 };

	memcpy(header.e_ident, ELFMAG, SELFMAG);
	header.e_ident[EI_CLASS] = ELFCLASS64;
	header.e_ident[EI_DATA] = ELFDATA2LSB;
	memset(file, FILLING, sizeof(file));
	memcpy(file, &header, sizeof(header));
	memcpy(file + sizeof(header), segments, sizeof(segments));
}

static void make_32(void)
{
	Elf32_Ehdr header = { .e_type = ET_EXEC,
			      .e_machine = EM_386,
			      .e_entry = FIRST + 8,
			      .e_phoff = sizeof(header),
			      .e_phentsize = sizeof(Elf32_Phdr),
			      .e_phnum = 2 };

	memcpy(header.e_ident, ELFMAG, SELFMAG);
	header.e_ident[EI_CLASS] = ELFCLASS32;
	header.e_ident[EI_DATA] = ELFDATA2LSB;
	memset(file, FILLING, sizeof(file));
	memcpy(file, &header, sizeof(header));
	for (unsigned int i = 0; i < 2; i++) {
		const Elf64_Phdr *s = &segments[i];
		const Elf32_Phdr p = { s->p_type,   s->p_offset,
				       s->p_vaddr,  s->p_paddr,
				       s->p_filesz, s->p_memsz,
				       s->p_flags,  0 };

		memcpy(file + PHDR32(i), &p, sizeof(p));
	}
}

/* One or two fields of the good 64-bit file changed, and the reason. */
static const struct change {
	const char *why; /* a part of it; NULL: none */
	struct {
		size_t at, size;
		uint64_t value;
	} to[2];
} changes[] = {
	{ NULL, { { 0 } } },
	{ NULL, { { EHDR(e_entry), SECOND + PIECE_MEM - 1 } } },
	{ NULL, { { PHDR(1, p_memsz), 0 }, { PHDR(1, p_offset), 1 << 20 } } },
	{ NULL, { { PHDR(1, p_type), PT_NOTE } } },
	{ NULL, { { PHDR(0, p_memsz), SECOND - FIRST } } },
	{ "begin", { { EI_MAG0, 1, 0 } } },
	{ "little-endian", { { EI_DATA, 1, ELFDATA2MSB } } },
	{ "little-endian", { { EI_CLASS, 1, 0 } } },
	{ "little-endian", { { EI_CLASS, 1, 0xff } } },
	{ "not for x86", { { EI_CLASS, 1, ELFCLASS32 } } },
	{ "not for x86", { { EHDR(e_machine), EM_386 } } },
	{ "not for x86", { { EHDR(e_machine), EM_ARM } } },
	{ "fixed addresses", { { EHDR(e_type), ET_DYN } } },
	{ "object file", { { EHDR(e_type), ET_REL } } },
	{ "odd size", { { EHDR(e_phentsize), 0 } } },
	{ "odd size", { { EHDR(e_phentsize), sizeof(Elf32_Phdr) } } },
	{ "odd size", { { EHDR(e_phentsize), 0xffff } } },
	{ "no program headers", { { EHDR(e_phnum), 0 } } },
	{ "more than 64", { { EHDR(e_phnum), 65 } } },
	{ "more than 64", { { EHDR(e_phnum), PN_XNUM } } },
	{ "truncated", { { EHDR(e_phnum), 64 } } },
	{ "truncated", { { EHDR(e_phoff), FILE_SIZE } } },
	{ "truncated", { { EHDR(e_phoff), FILE_SIZE - 1 } } },
	{ "truncated", { { EHDR(e_phoff), UINT64_MAX } } },
	{ "truncated", { { EHDR(e_phoff), UINT64_MAX - 55 } } },
	{ "truncated", { { PHDR(0, p_offset), UINT64_MAX } } },
	{ "truncated", { { PHDR(0, p_offset), FILE_SIZE - PIECE + 1 } } },
	{ "truncated", { { PHDR(0, p_filesz), PIECE_MEM + 1 } } },
	{ "truncated", { { PHDR(0, p_filesz), PIECE_MEM } } },
	{ "truncated", { { PHDR(0, p_memsz), 1 } } },
	{ "truncated",
	  { { PHDR(0, p_filesz), UINT64_MAX },
	    { PHDR(0, p_memsz), UINT64_MAX } } },
	{ "wraps", { { PHDR(0, p_memsz), UINT64_MAX } } },
	{ "wraps", { { PHDR(1, p_paddr), UINT64_MAX } } },
	{ "overlap", { { PHDR(1, p_paddr), FIRST } } },
	{ "overlap", { { PHDR(1, p_paddr), FIRST + PIECE_MEM - 1 } } },
	{ NULL, { { PHDR(1, p_paddr), 0 } } }, /* in any order */
	{ NULL, { { PHDR(1, p_paddr), FIRST - PIECE_MEM } } },
	{ "overlap", { { PHDR(1, p_paddr), FIRST - PIECE_MEM + 1 } } },
	{ "overlap", { { PHDR(0, p_memsz), SECOND - FIRST + 1 } } },
	{ "entry", { { EHDR(e_entry), 0 } } },
	{ "entry", { { EHDR(e_entry), FIRST - 1 } } },
	{ "entry", { { EHDR(e_entry), FIRST + PIECE_MEM } } },
	{ "entry", { { EHDR(e_entry), SECOND + PIECE_MEM } } },
	{ "entry", { { EHDR(e_entry), UINT64_MAX } } },
	{ "entry", { { PHDR(0, p_type), PT_NULL } } },
	{ "entry",
	  { { PHDR(0, p_type), PT_NULL }, { PHDR(1, p_type), PT_NULL } } },
};

static void apply(const struct change *change)
{
	make_64();
	for (unsigned int i = 0; i < 2; i++)
		memcpy(file + change->to[i].at, &change->to[i].value,
		       change->to[i].size);
}

static void gives_the_reason(void **state)
{
	struct image image = image_of(FILE_SIZE);
	struct elf_file elf;

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		const char *want = changes[i].why;
		const char *have;

		apply(&changes[i]);
		have = elf_open(&elf, &image);
		if (!have != !want || (want && !strstr(have, want)))
			fail_msg("row %zu: have %s, want %s", i,
				 have ? have : "nothing",
				 want ? want : "nothing");
	}
}

static void reads_both_classes_alike(void **state)
{
	struct image image = image_of(FILE_SIZE);
	struct elf_segment seg;
	struct elf_file elf;

	(void)state;
	for (int wide = 0; wide < 2; wide++) {
		unsigned int at = 0, n;

		if (wide)
			make_64();
		else
			make_32();
		assert_null(elf_open(&elf, &image));
		assert_int_equal(elf.is_64bit, wide);
		assert_int_equal(elf.entry, FIRST + 8);
		for (n = 0; elf_next_load(&elf, &at, &seg); n++) {
			assert_int_equal(seg.flags, segments[n].p_flags);
			assert_int_equal(seg.offset, segments[n].p_offset);
			assert_int_equal(seg.filesz, segments[n].p_filesz);
			assert_int_equal(seg.vaddr, segments[n].p_vaddr);
			assert_int_equal(seg.paddr, segments[n].p_paddr);
			assert_int_equal(seg.memsz, segments[n].p_memsz);
		}
		assert_int_equal(n, 2);
	}
}

/* A copy on the heap, so that reading beyond it is seen. */
static const char *open_first(size_t size)
{
	struct image image = { .path = "test", .size = size };
	uint8_t *copy = malloc(size);
	struct elf_file elf;
	const char *why;

	assert_non_null(copy);
	memcpy(copy, file, size);
	image.data = copy;
	why = elf_open(&elf, &image);
	free(copy);
	return why;
}

/* Somebody writes to the file between the check and the copy. */
static void keeps_what_it_has_checked(void **state)
{
	struct elf_segment seg;
	struct elf_file elf;
	struct image image;
	unsigned int i = 0;

	(void)state;
	make_64();
	image = image_of(sizeof(file));
	assert_null(elf_open(&elf, &image));
	memset(file, 0xff, sizeof(file));
	assert_true(elf_next_load(&elf, &i, &seg));
	assert_int_equal(seg.offset, FIRST_AT);
	assert_int_equal(seg.filesz, PIECE);
	assert_true(elf_next_load(&elf, &i, &seg));
	assert_false(elf_next_load(&elf, &i, &seg));
}

static void refuses_every_shorter_file(void **state)
{
	(void)state;
	for (size_t size = 1; size < SECOND_AT + PIECE; size++) {
		make_64();
		assert_non_null(open_first(size));
		make_32();
		assert_non_null(open_first(size));
	}
	assert_null(open_first(SECOND_AT + PIECE));
}

/* What the loader under test would lay itself. */
static const struct room_taken taken[] = {
	{ 0x500, 0x518, "the GDT" },
	{ 0x8f000, 0x90000, "the stack" },
	{ 0 },
};

static int load(struct memory *mem, bool is_64bit)
{
	struct image image = image_of(FILE_SIZE);
	struct elf_file elf;
	int err;

	messages = 0;
	err = elf_load_guest(&elf, &image, mem, is_64bit, taken);
	assert_int_equal(messages, err ? 1 : 0);
	return err;
}

static void puts_segments_where_they_belong(void **state)
{
	struct memory mem;

	(void)state;
	for (int wide = 0; wide < 2; wide++) {
		assert_int_equal(mem_init(&mem, RAM), 0);
		if (wide)
			make_64();
		else
			make_32();
		assert_int_equal(load(&mem, wide), 0);
		assert_memory_equal(mem_hva(&mem, FIRST, PIECE),
				    file + FIRST_AT, PIECE);
		assert_memory_equal(mem_hva(&mem, SECOND, PIECE),
				    file + SECOND_AT, PIECE);
		for (size_t i = PIECE; i < PIECE_MEM; i++)
			assert_int_equal(mem.base[FIRST + i], 0);
		for (size_t i = 0; i < FIRST; i++)
			assert_int_equal(mem.base[i], 0);
		assert_int_equal(load(&mem, !wide), -ENOEXEC);
		mem_free(&mem);
	}
}

/* What is a good file, and yet no guest, or not for so little RAM. */
static void refuses_what_is_no_guest(void **state)
{
	static const struct {
		int err;
		struct change change;
	} rows[] = {
		{ -ENOEXEC, { "", { { PHDR(1, p_vaddr), 0 } } } },
		{ -ENOEXEC, { "", { { PHDR(1, p_type), PT_INTERP } } } },
		{ -ENOEXEC, { "", { { PHDR(1, p_type), PT_DYNAMIC } } } },
		{ -ENOEXEC, { "", { { PHDR(1, p_type), PT_TLS } } } },
		{ -E2BIG,
		  { "try --mem 5M",
		    { { PHDR(1, p_memsz), RAM - SECOND + 1 } } } },
		{ -E2BIG, { "try --mem 5M", PLACE(1, RAM) } },
		{ -E2BIG, { "try --mem 68M", PLACE(1, (67ULL << 20) + 1) } },
		{ -E2BIG, { "too high", PLACE(1, 0xc0000000) } },
		{ -E2BIG, { "too high", PLACE(1, 1ULL << 40) } },
		{ -E2BIG,
		  { "too large", { { PHDR(1, p_memsz), 3ULL << 30 } } } },
		{ -E2BIG, { "the GDT", PLACE(1, 0) } },
		{ -E2BIG, { "the GDT", PLACE(1, 0x517) } },
		{ -E2BIG, { "too low", PLACE(1, 0x8f000 - PIECE_MEM + 1) } },
		{ -E2BIG, { "the stack", PLACE(1, 0x8ffff) } },
		{ 0, { "", PLACE(1, 0x518) } },
		{ 0, { "", PLACE(1, 0x90000) } },
		{ 0, { "", PLACE(1, FIRST - PIECE_MEM) } },
		{ 0, { "", { { PHDR(1, p_memsz), RAM - SECOND } } } },
	};
	struct memory mem;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct image image = image_of(FILE_SIZE);
		int score = rows[i].err == -ENOEXEC ? ELF_SCORE_WIDTH :
						      ELF_SCORE_GUEST;

		assert_int_equal(mem_init(&mem, RAM), 0);
		apply(&rows[i].change);
		if (load(&mem, true) != rows[i].err)
			fail_msg("row %zu", i);
		if (rows[i].err && !strstr(message, rows[i].change.why))
			fail_msg("row %zu: %s", i, message);
		assert_int_equal(elf_match_guest(&image, true), score);
		assert_int_equal(elf_match_guest(&image, false), ELF_SCORE_ANY);
		mem_free(&mem);
	}
}

/* Random bytes in the headers; the sanitizers are the judge. */
static void survives_mutations(void **state)
{
	unsigned int seed = 1, accepted = 0;
	struct memory mem;

	(void)state;
	assert_int_equal(mem_init(&mem, RAM), 0);
	for (unsigned int round = 0; round < MUTATIONS; round++) {
		bool wide = round & 1;
		size_t headers = wide ? PHDR64(2) : PHDR32(2);

		if (wide)
			make_64();
		else
			make_32();
		for (unsigned int i = round % 5; i < 5; i++)
			file[rand_r(&seed) % headers] = rand_r(&seed) >> 7;
		accepted += !load(&mem, wide);
	}
	assert_in_range(accepted, 1, MUTATIONS - 1);
	mem_free(&mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_the_reason),
		cmocka_unit_test(reads_both_classes_alike),
		cmocka_unit_test(keeps_what_it_has_checked),
		cmocka_unit_test(refuses_every_shorter_file),
		cmocka_unit_test(puts_segments_where_they_belong),
		cmocka_unit_test(refuses_what_is_no_guest),
		cmocka_unit_test(survives_mutations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
