/*
 * ELF executables for x86, 32 and 64 bits: what a loader has to know of one.
 *
 * elf_open() checks all that can be checked without knowing the guest's RAM,
 * so that whoever walks the segments afterwards meets only whole ones.
 * Follows the System V ABI, "Object Files" and "Program Header".
 */
#ifndef MKVM_BOOT_ELF_H
#define MKVM_BOOT_ELF_H

#include <elf.h>
#include <stdbool.h>

#include "boot/room.h"
#include "loader.h"

/* How sure a loader is of an ELF file; a kernel's own loader says 80. */
#define ELF_SCORE_GUEST 70 /* one of its kind */
#define ELF_SCORE_WIDTH \
	5		/* of the right width, and load() says what is wrong */
#define ELF_SCORE_ANY 4 /* an ELF file, and the same */

#define ELF_SEGMENTS_MAX 64 /* program headers; the kernel's own has five */

struct elf_file {
	const struct image *image;
	bool is_64bit;
	bool is_fixed; /* ET_EXEC, and not ET_DYN */
	uint64_t entry;
	unsigned int phnum;

	/* The program headers as they were checked: a copy, since the file may
	 * be written to meanwhile. */
	uint8_t headers[ELF_SEGMENTS_MAX * sizeof(Elf64_Phdr)];

	/* Of the section headers; nothing of these has been checked. */
	uint64_t shoff;
	unsigned int shnum, shentsize, shstrndx;
};

/* One program header, whatever the file's class. */
struct elf_segment {
	uint32_t type, flags;
	uint64_t offset, filesz; /* in the file, bytes */
	uint64_t vaddr, paddr, memsz;
	uint64_t align;
};

/*
 * Takes @image apart. NULL when it is an executable for x86 whose loadable
 * segments lie in the file, do not overlap by physical address, and
 * hold the entry point, a physical address, in one of them. Else the reason,
 * a phrase for a message, and @elf must not be used.
 */
const char *elf_open(struct elf_file *elf, const struct image *image);

/* elf_open() for a file that is entered elsewhere: its entry point is whatever
 * it is. The file may be one that is linked to be loaded anywhere. */
const char *elf_open_segments(struct elf_file *elf, const struct image *image);

/* Whether a segment holds physical address @gpa. */
bool elf_holds(const struct elf_file *elf, uint64_t gpa);

/* One past the last physical address of all segments. */
uint64_t elf_end(const struct elf_file *elf);

#define ELF_NOTE_ANY UINT32_MAX

/*
 * Finds the first note of @owner ("Xen") and @type, or ELF_NOTE_ANY type, in a
 * PT_NOTE segment. *@value becomes its descriptor as a number, if that has 4 or
 * 8 bytes, or else 0. False if there is none.
 */
bool elf_find_note(const struct elf_file *elf, const char *owner, uint32_t type,
		   uint64_t *value);

/* Whether @image begins as ELF files do. */
bool elf_has_magic(const struct image *image);

/*
 * The next segment that occupies memory, from index *@i on; *@i is left
 * behind it. False when there is no more.
 */
bool elf_next_load(const struct elf_file *elf, unsigned int *i,
		   struct elf_segment *seg);

/*
 * match() of a loader of bare guests: executables linked where they are
 * loaded, without an operating system below them.
 */
int elf_match_guest(const struct image *image, bool is_64bit);

/*
 * Opens such a guest and copies its segments to RAM below the hole, wherever
 * they do not meet what the loader itself puts there, @taken. 0, or -errno
 * after one message.
 */
int elf_load_guest(struct elf_file *elf, const struct image *image,
		   const struct memory *mem, bool is_64bit,
		   const struct room_taken *taken);

/* "FILE: ELF file: why", as one message. Returns -ENOEXEC. */
int elf_refuse(const struct image *image, const char *why);

#endif
