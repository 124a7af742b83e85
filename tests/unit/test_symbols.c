/* objects: util/symbols.o util/symbols_file.o */
/*
 * Names for addresses: of ELF files of both classes with a symbol of each kind,
 * of files where one field is wrong, and of files that are good but for random
 * bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/symbols.h"

#define TEXT	  0xffffffff81000000ULL /* where .text is linked */
#define TEXT_SIZE 0x1000
#define LOADED	  0x1000000ULL /* and loaded */
#define DATA	  (TEXT + TEXT_SIZE)
#define DATA_SIZE 0x100
#define PER_CPU	  0x800 /* bytes of what is linked to 0 */
#define MUTATIONS 20000

/* What the file's tables are, and where. */
#define SECTIONS_AT 0x200
#define SYMTAB_AT   0x600
#define STRTAB_AT   0xa00
#define FILE_SIZE   0xc00

enum { TEXT_NR = 1, DATA_NR, PER_CPU_NR, DEBUG_NR, SYMTAB_NR, STRTAB_NR, NR };

static uint8_t file[FILE_SIZE];
static size_t nr_symbols;
static size_t names_len;
static bool wide;

static Elf64_Shdr section(uint32_t type, uint64_t flags, uint64_t addr,
			  uint64_t offset, uint64_t size)
{
	return (Elf64_Shdr){ .sh_type = type,
			     .sh_flags = flags,
			     .sh_addr = addr,
			     .sh_offset = offset,
			     .sh_size = size };
}

static size_t section_at(unsigned int nr)
{
	return SECTIONS_AT +
	       nr * (wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr));
}

static void put_section(unsigned int nr, Elf64_Shdr s)
{
	const Elf32_Shdr narrow = {
		.sh_type = s.sh_type,
		.sh_flags = (Elf32_Word)s.sh_flags,
		.sh_addr = (Elf32_Addr)s.sh_addr,
		.sh_offset = (Elf32_Off)s.sh_offset,
		.sh_size = (Elf32_Word)s.sh_size,
		.sh_link = s.sh_link,
		.sh_entsize = (Elf32_Word)s.sh_entsize,
	};

	if (wide)
		memcpy(file + section_at(nr), &s, sizeof(s));
	else
		memcpy(file + section_at(nr), &narrow, sizeof(narrow));
}

static void put_segment(unsigned int nr, uint64_t vaddr, uint64_t paddr,
			uint64_t size)
{
	const Elf64_Phdr p = { .p_type = PT_LOAD,
			       .p_vaddr = vaddr,
			       .p_paddr = paddr,
			       .p_memsz = size };
	const Elf32_Phdr narrow = { .p_type = PT_LOAD,
				    .p_vaddr = (Elf32_Addr)vaddr,
				    .p_paddr = (Elf32_Addr)paddr,
				    .p_memsz = (Elf32_Word)size };

	if (wide)
		memcpy(file + sizeof(Elf64_Ehdr) + nr * sizeof(p), &p,
		       sizeof(p));
	else
		memcpy(file + sizeof(Elf32_Ehdr) + nr * sizeof(narrow), &narrow,
		       sizeof(narrow));
}

/* Adds a symbol; those of DATA_NR and so on with their own base. */
static void put_symbol(const char *name, unsigned int type, unsigned int bind,
		       unsigned int nr, uint64_t value, uint64_t size)
{
	const size_t at = nr_symbols++;
	const Elf64_Sym s = { .st_name = (Elf64_Word)names_len,
			      .st_info = ELF64_ST_INFO(bind, type),
			      .st_shndx = nr,
			      .st_value = value,
			      .st_size = size };
	const Elf32_Sym narrow = { .st_name = s.st_name,
				   .st_info = s.st_info,
				   .st_shndx = s.st_shndx,
				   .st_value = (Elf32_Addr)value,
				   .st_size = (Elf32_Word)size };

	if (wide)
		memcpy(file + SYMTAB_AT + at * sizeof(s), &s, sizeof(s));
	else
		memcpy(file + SYMTAB_AT + at * sizeof(narrow), &narrow,
		       sizeof(narrow));
	memcpy(file + STRTAB_AT + names_len, name, strlen(name) + 1);
	names_len += strlen(name) + 1;
}

static void put_header(void)
{
	Elf64_Ehdr h = { .e_type = ET_EXEC,
			 .e_machine = EM_X86_64,
			 .e_phoff = sizeof(h),
			 .e_phentsize = sizeof(Elf64_Phdr),
			 .e_phnum = 3,
			 .e_shoff = SECTIONS_AT,
			 .e_shentsize = sizeof(Elf64_Shdr),
			 .e_shnum = NR };
	Elf32_Ehdr n = { .e_type = ET_EXEC,
			 .e_machine = EM_386,
			 .e_phoff = sizeof(n),
			 .e_phentsize = sizeof(Elf32_Phdr),
			 .e_phnum = 3,
			 .e_shoff = SECTIONS_AT,
			 .e_shentsize = sizeof(Elf32_Shdr),
			 .e_shnum = NR };
	unsigned char ident[EI_NIDENT] = { 0x7f, 'E', 'L', 'F' };

	ident[EI_CLASS] = wide ? ELFCLASS64 : ELFCLASS32;
	ident[EI_DATA] = ELFDATA2LSB;
	memcpy(h.e_ident, ident, sizeof(ident));
	memcpy(n.e_ident, ident, sizeof(ident));
	if (wide)
		memcpy(file, &h, sizeof(h));
	else
		memcpy(file, &n, sizeof(n));
}

static uint64_t linked(uint64_t addr)
{
	return wide ? addr : (uint32_t)addr;
}

static void put_symbols(void)
{
	put_symbol("", STT_NOTYPE, STB_LOCAL, 0, 0, 0);
	put_symbol("main.c", STT_FILE, STB_LOCAL, SHN_ABS, 0, 0);
	put_symbol(".text", STT_SECTION, STB_LOCAL, TEXT_NR, TEXT, 0);
	put_symbol("_text", STT_NOTYPE, STB_GLOBAL, TEXT_NR, TEXT, 0);
	put_symbol("entry", STT_NOTYPE, STB_GLOBAL, TEXT_NR, TEXT + 0x10, 0);
	put_symbol("small", STT_FUNC, STB_LOCAL, TEXT_NR, TEXT + 0x100, 0x20);
	put_symbol("begin", STT_NOTYPE, STB_GLOBAL, TEXT_NR, TEXT + 0x100, 0);
	put_symbol("outer", STT_FUNC, STB_GLOBAL, TEXT_NR, TEXT + 0x200, 0x80);
	put_symbol("inner", STT_FUNC, STB_LOCAL, TEXT_NR, TEXT + 0x220, 0x10);
	put_symbol("twice", STT_FUNC, STB_LOCAL, TEXT_NR, TEXT + 0x300, 8);
	put_symbol("twice", STT_FUNC, STB_GLOBAL, TEXT_NR, TEXT + 0x400, 8);
	put_symbol("_etext", STT_NOTYPE, STB_GLOBAL, TEXT_NR, DATA, 0);
	put_symbol("jiffies", STT_OBJECT, STB_GLOBAL, DATA_NR, DATA, 8);
	put_symbol("\033[2J", STT_OBJECT, STB_GLOBAL, DATA_NR, DATA + 8, 8);
	put_symbol("current", STT_OBJECT, STB_GLOBAL, PER_CPU_NR, 0x40, 8);
	put_symbol("line", STT_OBJECT, STB_GLOBAL, DEBUG_NR, 0x20, 8);
	put_symbol("wish", STT_FUNC, STB_GLOBAL, SHN_UNDEF, 0, 0);
	put_symbol("far", STT_FUNC, STB_GLOBAL, TEXT_NR, TEXT - 0x10, 8);
}

static void make(bool is_wide)
{
	Elf64_Shdr s;

	memset(file, 0, sizeof(file));
	nr_symbols = names_len = 0;
	wide = is_wide;
	put_header();
	put_segment(0, TEXT, LOADED, TEXT_SIZE);
	put_segment(1, 0, LOADED + 0x100000, PER_CPU);
	put_segment(2, DATA, LOADED + TEXT_SIZE, DATA_SIZE);
	put_symbols();
	put_section(TEXT_NR, section(SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR,
				     TEXT, 0x1000000, TEXT_SIZE));
	put_section(DATA_NR, section(SHT_NOBITS, SHF_ALLOC | SHF_WRITE, DATA, 0,
				     DATA_SIZE));
	put_section(PER_CPU_NR, section(SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 0,
					0, PER_CPU));
	put_section(DEBUG_NR, section(SHT_PROGBITS, 0, 0, 0, 0x1000));
	s = section(SHT_SYMTAB, 0, 0, SYMTAB_AT,
		    nr_symbols *
			    (wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym)));
	s.sh_link = STRTAB_NR;
	s.sh_entsize = wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
	put_section(SYMTAB_NR, s);
	put_section(STRTAB_NR, section(SHT_STRTAB, 0, 0, STRTAB_AT, names_len));
}

static struct symbols *read_file(size_t size)
{
	static FILE *on_disk;

	if (!on_disk)
		on_disk = tmpfile();
	assert_non_null(on_disk);
	assert_int_equal(ftruncate(fileno(on_disk), 0), 0);
	assert_int_equal(pwrite(fileno(on_disk), file, size, 0), size);
	return symbols_read(fileno(on_disk));
}

/* The name of @addr with how far into it, "main+2", or "". */
static const char *called(const struct symbols *symbols, uint64_t addr,
			  bool by_loading)
{
	static char buf[64];
	const char *name;
	uint64_t off;
	bool found = by_loading ?
			     symbols_find_loaded(symbols, addr, &name, &off) :
			     symbols_find(symbols, addr, &name, &off);

	if (found)
		snprintf(buf, sizeof(buf), "%s+%llx", name,
			 (unsigned long long)off);
	return found ? buf : "";
}

static void check_places(const struct symbols *symbols)
{
	static const struct {
		uint64_t at;
		const char *name;
	} places[] = {
		{ TEXT - 1, "" },
		{ TEXT, "_text+0" },
		{ TEXT + 0xf, "_text+f" },
		{ TEXT + 0x10, "entry+0" },
		{ TEXT + 0xff, "entry+ef" },
		{ TEXT + 0x100, "small+0" }, /* not begin */
		{ TEXT + 0x11f, "small+1f" },
		{ TEXT + 0x120, "" }, /* between two functions */
		{ TEXT + 0x220, "inner+0" },
		{ TEXT + 0x22f, "inner+f" },
		{ TEXT + 0x230, "outer+30" },
		{ TEXT + 0x27f, "outer+7f" },
		{ TEXT + 0x280, "" },
		{ DATA, "jiffies+0" }, /* not _etext */
		{ DATA + 8, "" },      /* no name to print */
		{ DATA + DATA_SIZE, "" },
		{ 0, "" },
		{ 0x40, "" }, /* per CPU */
		{ 0x20, "" }, /* debugging information */
		{ UINT64_MAX, "" },
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		assert_string_equal(called(symbols, linked(places[i].at),
					   false),
				    places[i].name);
}

static void check_values(const struct symbols *symbols)
{
	uint64_t addr = 1;

	assert_true(symbols_value(symbols, "twice", &addr));
	assert_int_equal(addr, linked(TEXT + 0x400)); /* the global one */
	assert_true(symbols_value(symbols, "_etext", &addr));
	assert_int_equal(addr, linked(DATA));
	assert_false(symbols_value(symbols, "current", &addr));
	assert_false(symbols_value(symbols, "wish", &addr));
	assert_false(symbols_value(symbols, "far", &addr));
	assert_false(symbols_value(symbols, "main.c", &addr));
	assert_false(symbols_value(symbols, "", &addr));
}

static void both_classes(void **state)
{
	(void)state;
	for (int is_wide = 0; is_wide < 2; is_wide++) {
		struct symbols *symbols;

		make(is_wide);
		symbols = read_file(FILE_SIZE);
		assert_non_null(symbols);
		check_places(symbols);
		check_values(symbols);
		symbols_close(symbols);
	}
}

static void loaded_elsewhere(void **state)
{
	struct symbols *symbols;

	(void)state;
	make(true);
	symbols = read_file(FILE_SIZE);
	assert_string_equal(called(symbols, LOADED + 0x12, true), "entry+2");
	assert_string_equal(called(symbols, LOADED + TEXT_SIZE, true),
			    "jiffies+0");
	assert_string_equal(called(symbols, LOADED - 1, true), "");
	assert_string_equal(called(symbols, LOADED + 0x100040, true), "");
	assert_string_equal(called(symbols, TEXT, true), "");
	symbols_close(symbols);
}

static void nobody(void **state)
{
	const char *name;
	uint64_t value;

	(void)state;
	assert_false(symbols_find(NULL, 0, &name, &value));
	assert_false(symbols_find_loaded(NULL, 0, &name, &value));
	assert_false(symbols_value(NULL, "main", &value));
	symbols_close(NULL);
	assert_null(symbols_open("/nonexistent"));
	assert_string_equal(symbols_refusal("/nonexistent"),
			    "No such file or directory");
	assert_string_equal(symbols_refusal("/dev/null"), "not a regular file");
}

/* A file without the last byte of what it needs, and all shorter ones. */
static void truncated(void **state)
{
	(void)state;
	for (int is_wide = 0; is_wide < 2; is_wide++) {
		make(is_wide);
		for (size_t size = 0; size < STRTAB_AT + names_len; size++)
			assert_null(read_file(size));
		symbols_close(read_file(STRTAB_AT + names_len));
	}
}

/* Fields of section headers, and what they must not be. */
static void wrong_fields(void **state)
{
	static const struct {
		unsigned int nr;
		size_t at;
		size_t size;
		uint64_t value;
	} fields[] = {
#define FIELD(nr, name, value)                                             \
	{ nr, offsetof(Elf64_Shdr, name), sizeof(((Elf64_Shdr *)0)->name), \
	  value }
		FIELD(SYMTAB_NR, sh_type, SHT_NULL),
		FIELD(SYMTAB_NR, sh_link, NR),
		FIELD(SYMTAB_NR, sh_link, UINT32_MAX),
		FIELD(SYMTAB_NR, sh_link, TEXT_NR),
		FIELD(SYMTAB_NR, sh_entsize, 0),
		FIELD(SYMTAB_NR, sh_entsize, 16),
		FIELD(SYMTAB_NR, sh_offset, UINT64_MAX),
		FIELD(SYMTAB_NR, sh_offset, FILE_SIZE - 1),
		FIELD(SYMTAB_NR, sh_size, UINT64_MAX),
		FIELD(SYMTAB_NR, sh_size, 1ULL << 40),
		FIELD(SYMTAB_NR, sh_size, 0),
		FIELD(STRTAB_NR, sh_offset, UINT64_MAX),
		FIELD(STRTAB_NR, sh_size, UINT64_MAX),
		FIELD(STRTAB_NR, sh_size, 1ULL << 40),
		FIELD(STRTAB_NR, sh_size, 0),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		make(true);
		memcpy(file + section_at(fields[i].nr) + fields[i].at,
		       &fields[i].value, fields[i].size);
		assert_null(read_file(FILE_SIZE));
	}
}

/* Whatever is in the file, nothing reads or writes where it should not. */
static void random_bytes(void **state)
{
	const uint64_t probes[] = { TEXT,	TEXT + 0x230, DATA + 4,
				    LOADED + 1, 0x40,	      UINT64_MAX };

	(void)state;
	srand(1);
	for (unsigned int i = 0; i < MUTATIONS; i++) {
		struct symbols *symbols;
		uint64_t addr;

		make(i & 1);
		for (int n = rand() % 4; n >= 0; n--)
			file[rand() % (STRTAB_AT + names_len)] =
				rand() & 1 ? rand() : 0xff;
		symbols = read_file(FILE_SIZE);
		for (size_t p = 0; p < sizeof(probes) / sizeof(probes[0]);
		     p++) {
			called(symbols, probes[p], false);
			called(symbols, probes[p], true);
		}
		symbols_value(symbols, "main", &addr);
		symbols_close(symbols);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_classes),
		cmocka_unit_test(loaded_elsewhere),
		cmocka_unit_test(nobody),
		cmocka_unit_test(truncated),
		cmocka_unit_test(wrong_fields),
		cmocka_unit_test(random_bytes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
