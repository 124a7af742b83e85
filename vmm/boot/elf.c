/*
 * ELF executables for x86. The 32-bit headers are widened to the 64-bit ones
 * as they are read, so that each rule below stands once. A file may have been
 * made by an enemy: nothing is believed before it was compared with the size
 * of the file. Section headers are never looked at; loading needs none.
 */
#include "boot/elf.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "util/log.h"

bool elf_has_magic(const struct image *image)
{
	return image->size >= EI_NIDENT &&
	       !memcmp(image->data, ELFMAG, SELFMAG);
}

static bool is_class(const struct image *image, unsigned char class)
{
	return image->data[EI_CLASS] == class;
}

static Elf64_Ehdr widen_header(const Elf32_Ehdr *h)
{
	return (Elf64_Ehdr){
		.e_type = h->e_type,
		.e_machine = h->e_machine,
		.e_entry = h->e_entry,
		.e_phoff = h->e_phoff,
		.e_phentsize = h->e_phentsize,
		.e_phnum = h->e_phnum,
		.e_shoff = h->e_shoff,
		.e_shentsize = h->e_shentsize,
		.e_shnum = h->e_shnum,
		.e_shstrndx = h->e_shstrndx,
	};
}

/* False when the file is shorter than its header. */
static bool read_header(const struct image *image, Elf64_Ehdr *header)
{
	Elf32_Ehdr narrow;
	bool wide = is_class(image, ELFCLASS64);

	if (image->size < (wide ? sizeof(*header) : sizeof(narrow)))
		return false;
	if (wide) {
		memcpy(header, image->data, sizeof(*header));
	} else {
		memcpy(&narrow, image->data, sizeof(narrow));
		*header = widen_header(&narrow);
	}
	return true;
}

static struct elf_segment read_segment(const struct elf_file *elf,
				       unsigned int i)
{
	Elf64_Phdr wide;
	Elf32_Phdr p;

	if (elf->is_64bit) {
		memcpy(&wide, elf->headers + i * sizeof(wide), sizeof(wide));
		return (struct elf_segment){
			wide.p_type,   wide.p_flags, wide.p_offset,
			wide.p_filesz, wide.p_vaddr, wide.p_paddr,
			wide.p_memsz,  wide.p_align,
		};
	}
	memcpy(&p, elf->headers + i * sizeof(p), sizeof(p));
	return (struct elf_segment){
		p.p_type,  p.p_flags, p.p_offset, p.p_filesz,
		p.p_vaddr, p.p_paddr, p.p_memsz,  p.p_align,
	};
}

bool elf_next_load(const struct elf_file *elf, unsigned int *i,
		   struct elf_segment *seg)
{
	while (*i < elf->phnum) {
		*seg = read_segment(elf, (*i)++);
		if (seg->type == PT_LOAD && seg->memsz)
			return true;
	}
	return false;
}

static const char *check_header(struct elf_file *elf, const Elf64_Ehdr *header)
{
	size_t phentsize = elf->is_64bit ? sizeof(Elf64_Phdr) :
					   sizeof(Elf32_Phdr);
	size_t table = header->e_phnum * phentsize;

	if (header->e_machine != (elf->is_64bit ? EM_X86_64 : EM_386))
		return "not for x86, or for one of another width than it says";
	if (header->e_type == ET_REL)
		return "an object file, which is not linked; ld makes a "
		       "program of it";
	elf->is_fixed = header->e_type == ET_EXEC;
	if (!elf->is_fixed && header->e_type != ET_DYN)
		return "no program";
	if (header->e_phentsize != phentsize)
		return "its program headers have an odd size";
	if (!header->e_phnum || header->e_phnum > ELF_SEGMENTS_MAX)
		return "it has no program headers, or more than 64";
	if (header->e_phoff > elf->image->size ||
	    table > elf->image->size - header->e_phoff)
		return "truncated: its program headers lie beyond the end of "
		       "the file";
	elf->entry = header->e_entry;
	memcpy(elf->headers, elf->image->data + header->e_phoff, table);
	elf->phnum = header->e_phnum;
	elf->shoff = header->e_shoff;
	elf->shnum = header->e_shnum;
	elf->shentsize = header->e_shentsize;
	elf->shstrndx = header->e_shstrndx;
	return NULL;
}

/* Whether a segment before number @count occupies memory of @seg, too. The
 * order is the linker's: lld puts its own headers anywhere. */
static bool overlaps(const struct elf_file *elf, unsigned int count,
		     const struct elf_segment *seg)
{
	struct elf_segment other;
	unsigned int i = 0;

	while (i < count && elf_next_load(elf, &i, &other) && i <= count)
		if (seg->paddr < other.paddr + other.memsz &&
		    other.paddr < seg->paddr + seg->memsz)
			return true;
	return false;
}

static const char *check_segment(const struct elf_file *elf,
				 const struct elf_segment *seg)
{
	size_t size = elf->image->size;

	if (seg->offset > size || seg->filesz > seg->memsz ||
	    seg->filesz > size - seg->offset)
		return "truncated: a segment reaches beyond the end of the "
		       "file";
	if (seg->memsz > UINT64_MAX - seg->paddr)
		return "a segment wraps around the end of memory";
	return NULL;
}

static const char *check_segments(const struct elf_file *elf)
{
	struct elf_segment seg;
	unsigned int i = 0;

	while (elf_next_load(elf, &i, &seg)) {
		const char *why = check_segment(elf, &seg);

		if (!why && overlaps(elf, i - 1, &seg))
			why = "its segments overlap";
		if (why)
			return why;
	}
	return NULL;
}

bool elf_holds(const struct elf_file *elf, uint64_t gpa)
{
	struct elf_segment seg;
	unsigned int i = 0;

	while (elf_next_load(elf, &i, &seg))
		if (gpa - seg.paddr < seg.memsz)
			return true;
	return false;
}

uint64_t elf_end(const struct elf_file *elf)
{
	struct elf_segment seg;
	uint64_t end = 0;
	unsigned int i = 0;

	while (elf_next_load(elf, &i, &seg))
		if (end < seg.paddr + seg.memsz)
			end = seg.paddr + seg.memsz;
	return end;
}

const char *elf_open_segments(struct elf_file *elf, const struct image *image)
{
	Elf64_Ehdr header;
	const char *why;

	*elf = (struct elf_file){ .image = image };
	if (!elf_has_magic(image))
		return "it does not begin as an ELF file does";
	elf->is_64bit = is_class(image, ELFCLASS64);
	if ((!elf->is_64bit && !is_class(image, ELFCLASS32)) ||
	    image->data[EI_DATA] != ELFDATA2LSB)
		return "neither a 32- nor a 64-bit little-endian one";
	if (!read_header(image, &header))
		return "truncated: it ends within its header";
	why = check_header(elf, &header);
	return why ? why : check_segments(elf);
}

const char *elf_open(struct elf_file *elf, const struct image *image)
{
	const char *why = elf_open_segments(elf, image);

	if (!why && !elf->is_fixed)
		why = "not linked to fixed addresses; link it with -static "
		      "-no-pie";
	if (!why && !elf_holds(elf, elf->entry))
		why = "no segment holds the entry point";
	return why;
}

/* @at rounded up as notes are padded: by 4, or as the segment says by 8. */
static uint64_t pad(uint64_t at, const struct elf_segment *notes)
{
	uint64_t mask = (notes->align == 8 ? 8 : 4) - 1;

	return (at + mask) & ~mask;
}

/* The descriptor's bytes, which lie in the file, as a number. */
static uint64_t read_descriptor(const uint8_t *at, uint32_t size)
{
	uint64_t value = 0;

	if (size == sizeof(uint32_t) || size == sizeof(uint64_t))
		memcpy(&value, at, size);
	return value;
}

static bool find_in(const struct elf_file *elf, const struct elf_segment *notes,
		    const char *owner, uint32_t type, uint64_t *value)
{
	const uint8_t *data = elf->image->data + notes->offset;
	Elf64_Nhdr note; /* the same for both classes */
	uint64_t at = 0;

	while (notes->filesz - at >= sizeof(note)) {
		uint64_t name = at + sizeof(note), descriptor;

		memcpy(&note, data + at, sizeof(note));
		descriptor = pad(name + note.n_namesz, notes);
		at = pad(descriptor + note.n_descsz, notes);
		if (descriptor + note.n_descsz > notes->filesz)
			return false;
		if ((type == note.n_type || type == ELF_NOTE_ANY) &&
		    note.n_namesz == strlen(owner) + 1 &&
		    !memcmp(data + name, owner, note.n_namesz)) {
			*value = read_descriptor(data + descriptor,
						 note.n_descsz);
			return true;
		}
		if (at > notes->filesz)
			return false;
	}
	return false;
}

bool elf_find_note(const struct elf_file *elf, const char *owner, uint32_t type,
		   uint64_t *value)
{
	size_t size = elf->image->size;

	for (unsigned int i = 0; i < elf->phnum; i++) {
		struct elf_segment seg = read_segment(elf, i);

		if (seg.type == PT_NOTE && seg.offset <= size &&
		    seg.filesz <= size - seg.offset &&
		    find_in(elf, &seg, owner, type, value))
			return true;
	}
	return false;
}

int elf_refuse(const struct image *image, const char *why)
{
	log_error("%s: ELF file: %s", image->path, why);
	return -ENOEXEC;
}

/* Why this is no bare guest, or NULL. */
static const char *guest_trouble(const struct elf_file *elf)
{
	for (unsigned int i = 0; i < elf->phnum; i++) {
		struct elf_segment seg = read_segment(elf, i);

		if (seg.type == PT_INTERP || seg.type == PT_DYNAMIC ||
		    seg.type == PT_TLS)
			return "a program for an operating system; a guest has "
			       "none below it";
		if (seg.type == PT_LOAD && seg.memsz && seg.vaddr != seg.paddr)
			return "its virtual and physical addresses differ, as "
			       "a kernel's do; link it where it is loaded";
	}
	return NULL;
}

int elf_match_guest(const struct image *image, bool is_64bit)
{
	struct elf_file elf;

	if (!elf_has_magic(image))
		return 0;
	if (!is_class(image, is_64bit ? ELFCLASS64 : ELFCLASS32))
		return ELF_SCORE_ANY;
	return elf_open(&elf, image) || guest_trouble(&elf) ? ELF_SCORE_WIDTH :
							      ELF_SCORE_GUEST;
}

static int check_room(const struct elf_file *elf, const struct elf_segment *seg,
		      const struct memory *mem, const struct room_taken *taken)
{
	return room_check(elf->image->path, "a segment", seg->paddr,
			  seg->paddr + seg->memsz, mem, taken);
}

/* Checks the highest segment: how much RAM it needs is enough for all. */
static int check_highest(const struct elf_file *elf, const struct memory *mem,
			 const struct room_taken *taken)
{
	struct elf_segment seg, highest = { 0 };
	unsigned int i = 0;

	while (elf_next_load(elf, &i, &seg))
		if (seg.paddr + seg.memsz >= highest.paddr + highest.memsz)
			highest = seg;
	return check_room(elf, &highest, mem, taken);
}

static int load_segment(const struct elf_file *elf,
			const struct elf_segment *seg, const struct memory *mem,
			const struct room_taken *taken)
{
	int err = check_room(elf, seg, mem, taken);

	return err ? err :
		     mem_write(mem, seg->paddr, elf->image->data + seg->offset,
			       seg->filesz);
}

int elf_load_guest(struct elf_file *elf, const struct image *image,
		   const struct memory *mem, bool is_64bit,
		   const struct room_taken *taken)
{
	const char *why = elf_open(elf, image);
	struct elf_segment seg;
	unsigned int i = 0;
	int err;

	if (!why && elf->is_64bit != is_64bit)
		why = elf->is_64bit ? "a 64-bit one, no program for 32 bits" :
				      "a 32-bit one, no program for 64 bits";
	if (!why)
		why = guest_trouble(elf);
	if (why)
		return elf_refuse(image, why);
	err = check_highest(elf, mem, taken);
	while (!err && elf_next_load(elf, &i, &seg))
		err = load_segment(elf, &seg, mem, taken);
	return err;
}
