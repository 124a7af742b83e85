/*
 * Reading the symbols of an ELF file: headers, sections, symbols, names. The
 * 32-bit structures are widened to the 64-bit ones as they are read, so that
 * each rule stands once; every offset is compared with the size of the file.
 */
#include "util/symbols_file.h"

#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TABLE_MAX (64u << 20) /* bytes of symbols, or of names */
#define CHUNK	  4096

/* The file while it is read; the headers widened to 64 bits. */
struct reader {
	int fd;
	uint64_t size; /* bytes of the file */
	bool is_64bit;
	Elf64_Ehdr header;
	Elf64_Shdr *sections;
};

static bool is_inside(const struct reader *r, uint64_t offset, uint64_t len)
{
	return offset <= r->size && len <= r->size - offset;
}

static bool read_at(const struct reader *r, void *buf, size_t len,
		    uint64_t offset)
{
	uint8_t *to = buf;

	if (!is_inside(r, offset, len))
		return false;
	while (len) {
		ssize_t got = pread(r->fd, to, len, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false; /* it has become shorter */
		to += got;
		offset += (uint64_t)got;
		len -= (size_t)got;
	}
	return true;
}

static void widen_header(Elf64_Ehdr *to, const Elf32_Ehdr *from)
{
	*to = (Elf64_Ehdr){
		.e_type = from->e_type,
		.e_machine = from->e_machine,
		.e_phoff = from->e_phoff,
		.e_phentsize = from->e_phentsize,
		.e_phnum = from->e_phnum,
		.e_shoff = from->e_shoff,
		.e_shentsize = from->e_shentsize,
		.e_shnum = from->e_shnum,
	};
}

/* NULL, or what is wrong with the header, which is the reader's then. */
static const char *read_header(struct reader *r)
{
	unsigned char ident[EI_NIDENT];
	Elf32_Ehdr narrow;

	if (!read_at(r, ident, sizeof(ident), 0) ||
	    memcmp(ident, ELFMAG, SELFMAG) != 0)
		return "no ELF file";
	r->is_64bit = ident[EI_CLASS] == ELFCLASS64;
	if ((!r->is_64bit && ident[EI_CLASS] != ELFCLASS32) ||
	    ident[EI_DATA] != ELFDATA2LSB)
		return "no ELF file for x86";
	if (r->is_64bit ? !read_at(r, &r->header, sizeof(r->header), 0) :
			  !read_at(r, &narrow, sizeof(narrow), 0))
		return "truncated: it ends within its header";
	if (!r->is_64bit)
		widen_header(&r->header, &narrow);
	if (r->header.e_machine != EM_386 && r->header.e_machine != EM_X86_64)
		return "no ELF file for x86";
	if (r->header.e_type != ET_EXEC && r->header.e_type != ET_DYN)
		return "an object file, which is not linked";
	return NULL;
}

static Elf64_Shdr take_section(const struct reader *r, const uint8_t *at)
{
	Elf64_Shdr wide;
	Elf32_Shdr s;

	if (r->is_64bit) {
		memcpy(&wide, at, sizeof(wide));
		return wide;
	}
	memcpy(&s, at, sizeof(s));
	return (Elf64_Shdr){
		.sh_type = s.sh_type,
		.sh_flags = s.sh_flags,
		.sh_addr = s.sh_addr,
		.sh_offset = s.sh_offset,
		.sh_size = s.sh_size,
		.sh_link = s.sh_link,
		.sh_entsize = s.sh_entsize,
	};
}

static const char *read_sections(struct reader *r)
{
	const size_t each = r->is_64bit ? sizeof(Elf64_Shdr) :
					  sizeof(Elf32_Shdr);
	const unsigned int count = r->header.e_shnum;
	uint8_t *raw;

	if (!count)
		return "it has no symbols";
	if (r->header.e_shentsize != each ||
	    !is_inside(r, r->header.e_shoff, count * each))
		return "truncated: its section headers are not all there";
	raw = malloc(count * each);
	r->sections = calloc(count, sizeof(*r->sections));
	if (!raw || !r->sections ||
	    !read_at(r, raw, count * each, r->header.e_shoff)) {
		free(raw);
		return "its section headers cannot be read";
	}
	for (unsigned int i = 0; i < count; i++)
		r->sections[i] = take_section(r, raw + i * each);
	free(raw);
	return NULL;
}

static struct segment take_segment(const struct reader *r, const uint8_t *at)
{
	Elf64_Phdr wide;
	Elf32_Phdr p;

	if (r->is_64bit) {
		memcpy(&wide, at, sizeof(wide));
		return (struct segment){ wide.p_vaddr, wide.p_paddr,
					 wide.p_type == PT_LOAD ? wide.p_memsz :
								  0 };
	}
	memcpy(&p, at, sizeof(p));
	return (struct segment){ p.p_vaddr, p.p_paddr,
				 p.p_type == PT_LOAD ? p.p_memsz : 0 };
}

/* Without them nothing is known of physical addresses, and that is all. */
static void read_segments(const struct reader *r, struct symbols *symbols)
{
	const size_t each = r->is_64bit ? sizeof(Elf64_Phdr) :
					  sizeof(Elf32_Phdr);
	const unsigned int count = r->header.e_phnum;
	uint8_t raw[SYMBOLS_SEGMENTS_MAX * sizeof(Elf64_Phdr)];

	if (r->header.e_phentsize != each || count > SYMBOLS_SEGMENTS_MAX ||
	    !read_at(r, raw, count * each, r->header.e_phoff))
		return;
	for (unsigned int i = 0; i < count; i++)
		symbols->segments[i] = take_segment(r, raw + i * each);
	symbols->nr_segments = count;
}

/* Linux's per-CPU data is linked to 0 and is nowhere: each CPU has a copy, and
 * the one in the file is never used. */
static bool is_template(const struct symbols *symbols,
			const Elf64_Shdr *section)
{
	if (section->sh_flags & SHF_EXECINSTR)
		return false;
	for (unsigned int i = 0; i < symbols->nr_segments; i++) {
		const struct segment *s = &symbols->segments[i];

		if (!s->vaddr && s->paddr && section->sh_addr < s->size)
			return true;
	}
	return false;
}

static bool keep_sections(const struct reader *r, struct symbols *symbols)
{
	const unsigned int count = r->header.e_shnum;

	symbols->sections = calloc(count, sizeof(*symbols->sections));
	if (!symbols->sections)
		return false;
	symbols->nr_sections = count;
	for (unsigned int i = 1; i < count; i++) {
		const Elf64_Shdr *s = &r->sections[i];

		if (s->sh_flags & SHF_ALLOC && !(s->sh_flags & SHF_TLS) &&
		    !is_template(symbols, s))
			symbols->sections[i] =
				(struct range){ s->sh_addr, s->sh_size };
	}
	return true;
}

static const Elf64_Shdr *find_table(const struct reader *r, uint32_t type)
{
	for (unsigned int i = 1; i < r->header.e_shnum; i++)
		if (r->sections[i].sh_type == type)
			return &r->sections[i];
	return NULL;
}

static const char *read_names(const struct reader *r, struct symbols *symbols,
			      const Elf64_Shdr *table)
{
	const Elf64_Shdr *names;

	if (table->sh_link >= r->header.e_shnum)
		return "its symbols have no names";
	names = &r->sections[table->sh_link];
	if (names->sh_type != SHT_STRTAB)
		return "its symbols have no names";
	if (names->sh_size > TABLE_MAX)
		return "the names of its symbols are more than 64 MiB";
	symbols->names = malloc(names->sh_size + 1);
	if (!symbols->names ||
	    !read_at(r, symbols->names, names->sh_size, names->sh_offset))
		return "truncated: the names of its symbols are not all there";
	symbols->names[names->sh_size] = '\0';
	symbols->names_size = names->sh_size;
	return NULL;
}

/* Whether nothing in it could do anything to a terminal, or to a protocol. */
static bool is_name(const char *name)
{
	if (!*name)
		return false;
	for (; *name; name++)
		if (*name <= ' ' || *name > '~')
			return false;
	return true;
}

static uint8_t rank_of(const Elf64_Sym *sym)
{
	const unsigned int type = ELF64_ST_TYPE(sym->st_info);
	const unsigned int bind = ELF64_ST_BIND(sym->st_info);

	return (type != STT_NOTYPE) << 3 | !!sym->st_size << 2 |
	       (bind == STB_GLOBAL ? 2 : bind != STB_LOCAL);
}

/* Adds @sym if it names an address; there is room. */
static void keep_symbol(struct symbols *symbols, const Elf64_Sym *sym)
{
	const unsigned int type = ELF64_ST_TYPE(sym->st_info);
	const struct range *section;

	if ((type != STT_NOTYPE && type != STT_OBJECT && type != STT_FUNC &&
	     type != STT_GNU_IFUNC) ||
	    sym->st_shndx >= symbols->nr_sections ||
	    sym->st_name >= symbols->names_size ||
	    !is_name(symbols->names + sym->st_name))
		return;
	section = &symbols->sections[sym->st_shndx];
	if (!section->size || sym->st_value - section->addr > section->size)
		return;
	symbols->list[symbols->nr++] = (struct symbol){
		.addr = sym->st_value,
		.size = sym->st_size > UINT32_MAX ? UINT32_MAX : sym->st_size,
		.name = sym->st_name,
		.section = sym->st_shndx,
		.rank = rank_of(sym),
	};
}

static Elf64_Sym take_symbol(const struct reader *r, const uint8_t *at)
{
	Elf64_Sym wide;
	Elf32_Sym s;

	if (r->is_64bit) {
		memcpy(&wide, at, sizeof(wide));
		return wide;
	}
	memcpy(&s, at, sizeof(s));
	return (Elf64_Sym){
		.st_name = s.st_name,
		.st_info = s.st_info,
		.st_shndx = s.st_shndx,
		.st_value = s.st_value,
		.st_size = s.st_size,
	};
}

static const char *read_list(const struct reader *r, struct symbols *symbols,
			     const Elf64_Shdr *table)
{
	const size_t each = r->is_64bit ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
	const size_t per_chunk = CHUNK / each;
	size_t count = table->sh_size / each;
	uint8_t raw[CHUNK];

	if (table->sh_size > TABLE_MAX)
		return "its symbols are more than 64 MiB";
	if (table->sh_entsize != each ||
	    !is_inside(r, table->sh_offset, table->sh_size))
		return "truncated: its symbols are not all there";
	symbols->list = calloc(count + 1, sizeof(*symbols->list));
	if (!symbols->list)
		return strerror(ENOMEM);
	for (size_t done = 0; done < count;) {
		size_t nr = count - done < per_chunk ? count - done : per_chunk;

		if (!read_at(r, raw, nr * each, table->sh_offset + done * each))
			return "its symbols cannot be read";
		for (size_t i = 0; i < nr; i++) {
			Elf64_Sym sym = take_symbol(r, raw + i * each);

			keep_symbol(symbols, &sym);
		}
		done += nr;
	}
	return symbols->nr ? NULL : "none of its symbols names an address";
}

static int compare(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

static const char *read_all(struct reader *r, struct symbols *symbols)
{
	const Elf64_Shdr *table;
	const char *why = read_header(r);

	if (!why)
		why = read_sections(r);
	if (why)
		return why;
	read_segments(r, symbols);
	if (!keep_sections(r, symbols))
		return strerror(ENOMEM);
	table = find_table(r, SHT_SYMTAB);
	if (!table)
		table = find_table(r, SHT_DYNSYM);
	if (!table)
		return "it has no symbols";
	why = read_names(r, symbols, table);
	if (!why)
		why = read_list(r, symbols, table);
	if (!why)
		qsort(symbols->list, symbols->nr, sizeof(*symbols->list),
		      compare);
	return why;
}

void symbols_drop(struct symbols *symbols)
{
	if (!symbols)
		return;
	free(symbols->list);
	free(symbols->names);
	free(symbols->sections);
	free(symbols);
}

struct symbols *symbols_take(int fd, const char **why)
{
	struct reader r = { .fd = fd };
	struct symbols *symbols = calloc(1, sizeof(*symbols));
	struct stat st;

	if (!symbols || fstat(fd, &st))
		*why = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		*why = "not a regular file";
	else {
		r.size = (uint64_t)st.st_size;
		*why = read_all(&r, symbols);
	}
	free(r.sections);
	if (!*why)
		return symbols;
	symbols_drop(symbols);
	return NULL;
}
