/*
 * Second looks at files: see kind_look.h. They are strict, because a wrong "yes"
 * keeps a flat program from running, and a "no" loses only a good message.
 */
#include "boot/kind_look.h"

#include <string.h>

#define SECTOR 512

/* The @size bytes at @at, low first; 0 beyond the end. */
static uint32_t field(const struct image *image, size_t at, size_t size)
{
	uint32_t value = 0;

	if (at <= image->size && size <= image->size - at)
		memcpy(&value, image->data + at, size);
	return value;
}

/* RFC 1952: deflated, and the three reserved flags are 0. One that is cut off
 * right there is no other program. */
bool look_gzip(const struct image *image)
{
	return (field(image, 0, 4) & 0xe0ffffff) == 0x00088b1f;
}

/* A dictionary of 4 KiB or a larger power of 2; a size, of less than 1 TiB, or
 * none. */
bool look_lzma(const struct image *image)
{
	uint32_t dictionary = field(image, 1, 4);
	uint32_t size = field(image, 5, 4), high = field(image, 9, 4);

	return image->size > 13 && dictionary >= 4096 &&
	       !(dictionary & (dictionary - 1)) &&
	       ((size && high < 256) || (size & high) == UINT32_MAX);
}

/* The version is 4.0. */
bool look_squashfs(const struct image *image)
{
	return field(image, 28, 4) == 4;
}

/* The archive's first member is called so. */
bool look_deb(const struct image *image)
{
	return field(image, 8, 4) == 0x69626564; /* "debi" */
}

/* Inodes, blocks, and a block size of 64 KiB at most. */
bool look_ext(const struct image *image)
{
	return image->size >= 0x800 && field(image, 0x400, 4) &&
	       field(image, 0x404, 4) && field(image, 0x418, 4) <= 6;
}

/* A segment that a JPEG may begin with. */
bool look_jpeg(const struct image *image)
{
	uint32_t marker = field(image, 3, 1);

	return marker == 0xdb || (marker >= 0xe0 && marker <= 0xef);
}

#define MZ_NEW_HEADER	0x3c
#define PE_SECTIONS	0x06 /* from "PE\0\0" on: how many */
#define PE_HEADER_SIZE	0x14 /* of the header that follows, to the sections */
#define PE_HEADER	0x18
#define PE_SUBSYSTEM	0x5c
#define PE_SECTION_SIZE 40
#define EFI_FIRST	10
#define EFI_LAST	13

static const struct image *pe_header(const struct image *image, size_t *at)
{
	*at = field(image, MZ_NEW_HEADER, 4);
	return field(image, *at, 4) == 0x4550 ? image : NULL;
}

bool look_pe(const struct image *image)
{
	size_t at;

	return pe_header(image, &at);
}

bool look_efi(const struct image *image)
{
	uint32_t subsystem;
	size_t at;

	if (!pe_header(image, &at))
		return false;
	subsystem = field(image, at + PE_SUBSYSTEM, 2);
	return subsystem >= EFI_FIRST && subsystem <= EFI_LAST;
}

/* UAPI: "Unified Kernel Image". The kernel is a section of that name. */
bool look_uki(const struct image *image)
{
	size_t at, section;

	if (!pe_header(image, &at))
		return false;
	section = at + PE_HEADER + field(image, at + PE_HEADER_SIZE, 2);
	for (uint32_t i = field(image, at + PE_SECTIONS, 2); i; i--) {
		if (field(image, section, 4) == 0x6e696c2e && /* ".lin" */
		    field(image, section + 4, 4) == 0x7875)   /* "ux" */
			return true;
		section += PE_SECTION_SIZE;
	}
	return false;
}

/* Bytes in the last page, pages, paragraphs of the header. */
bool look_mz(const struct image *image)
{
	uint32_t pages = field(image, 4, 2), header = field(image, 8, 2);

	return field(image, 2, 2) < SECTOR && pages && header >= 2 &&
	       header * 16 <= image->size && (pages - 1) * SECTOR < image->size;
}

#define DOS_CALL_LEN 10 /* bytes; what DOS shall do, what with, and the call */

/* A call of DOS ends at @end: MOV AH or AX, soon after it INT 0x21. */
static bool is_dos_call(const struct image *image, size_t end)
{
	const uint8_t *code = image->data;

	if (end < 4 || code[end - 2] != 0xcd || code[end - 1] != 0x21)
		return false;
	for (size_t len = 4; len <= DOS_CALL_LEN && len <= end; len++)
		if (code[end - len] == 0xb4 ||
		    (code[end - len] == 0xb8 && len > 4))
			return true;
	return false;
}

/* OUT and HLT, which a program of this machine has one of at least. */
static bool is_ours(uint8_t code)
{
	return code == 0xe6 || code == 0xe7 || code == 0xee || code == 0xef ||
	       code == 0xf4;
}

bool look_com(const struct image *image)
{
	bool calls = false;

	if (image->size > 0xff00)
		return false;
	for (size_t i = 0; i < image->size; i++) {
		if (is_ours(image->data[i]))
			return false;
		calls |= is_dos_call(image, i + 1);
	}
	return calls;
}

bool look_sectors(const struct image *image)
{
	return image->size % SECTOR == 0;
}

#define FLAT_MAX 0x10000

bool look_odd_sectors(const struct image *image)
{
	return image->size > FLAT_MAX && !look_sectors(image);
}

#define RESET_VECTOR 16 /* bytes before the end */
#define JMP_FAR	     0xea

/* So many sectors as it says itself (PC: "Option ROM", length at offset 2). */
bool look_rom(const struct image *image)
{
	return image->size >= SECTOR &&
	       field(image, 2, 1) * SECTOR == image->size;
}

/* Ends at the end of the first MiB, where a CPU begins: with a jump. */
bool look_bios(const struct image *image)
{
	size_t size = image->size;

	return size >= 0x10000 && !(size & (size - 1)) &&
	       field(image, size - RESET_VECTOR, 1) == JMP_FAR &&
	       field(image, size - RESET_VECTOR + 3, 2) == 0xf000;
}

#define PARTITIONS    0x1be
#define NR_PARTITIONS 4

bool look_partitions(const struct image *image)
{
	bool found = false;

	if (!look_sectors(image) || image->size == SECTOR)
		return false;
	for (size_t i = 0; i < NR_PARTITIONS; i++) {
		size_t at = PARTITIONS + i * 16;

		if (field(image, at, 1) & 0x7f)
			return false; /* neither active nor not */
		found |= field(image, at + 4, 1) && field(image, at + 12, 4);
	}
	return found;
}

/* --- Text --- */

#define UTF16_LOW_FIRST	 0xfeff
#define UTF16_HIGH_FIRST 0xfffe
#define TEXT_LOOKED_AT	 (1u << 20) /* bytes; text up to there is text */
#define TEXT_MIN	 16	    /* of a kind that code could be, too */

static bool is_text_byte(uint8_t c)
{
	return (c >= ' ' && c < 0x7f) || c == '\t' || c == '\n' || c == '\f' ||
	       c == '\r' || c == '\033';
}

/* Bytes that follow the first one of a character in UTF-8 (RFC 3629), or -1. */
static int followers(uint8_t first)
{
	if (first < 0x80)
		return is_text_byte(first) ? 0 : -1;
	if (first < 0xc2 || first > 0xf4)
		return -1;
	return first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
}

static bool is_utf8(const uint8_t *text, size_t size)
{
	int more = 0; /* bytes that belong to the character before */

	for (size_t at = 0; at < size; at++) {
		if (more)
			more = (text[at] & 0xc0) == 0x80 ? more - 1 : -1;
		else
			more = followers(text[at]);
		if (more < 0)
			return false;
	}
	return !more || size == TEXT_LOOKED_AT;
}

/* Latin letters in UTF-16, whichever half comes first, without a mark. */
static bool is_wide(const uint8_t *text, size_t size)
{
	size_t low = text[0] ? 0 : 1;

	for (size_t at = 0; at + 1 < size; at += 2)
		if (!is_text_byte(text[at + low]) || text[at + 1 - low])
			return false;
	return size >= TEXT_MIN;
}

/*
 * Of a code page: words with blanks between them, and no control characters;
 * most bytes ASCII, or the others in pairs as in EUC.
 */
static bool is_paged(const uint8_t *text, size_t size)
{
	size_t ascii = 0, blanks = 0, odd = 0, run = 0;

	for (size_t at = 0; at < size; at++) {
		uint8_t c = text[at];

		if (c < 0x80 && !is_text_byte(c))
			return false;
		ascii += c < 0x80;
		blanks += c == ' ' || c == '\n';
		odd += (c < 0x80 && run % 2) || (c >= 0x80 && c < 0xa1);
		run = c < 0x80 ? 0 : run + 1;
	}
	return size >= TEXT_MIN && blanks >= size / 16 &&
	       (ascii >= size / 4 * 3 || !odd);
}

/* Zeros that fill up a block are no part of it. */
bool look_text(const struct image *image)
{
	size_t size = image->size;
	uint32_t mark = field(image, 0, 2);

	if ((mark == UTF16_LOW_FIRST || mark == UTF16_HIGH_FIRST) &&
	    size % 2 == 0)
		return true;
	if (size > TEXT_LOOKED_AT)
		size = TEXT_LOOKED_AT;
	if (is_wide(image->data, size))
		return true;
	while (size && !image->data[size - 1])
		size--;
	return size &&
	       (is_utf8(image->data, size) || is_paged(image->data, size));
}
