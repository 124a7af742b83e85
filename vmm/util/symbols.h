/*
 * Names for addresses: the symbols of an ELF file for x86, of 32 or 64 bits,
 * such as a kernel that was not stripped. Follows the System V ABI, "Sections"
 * and "Symbol Table".
 *
 * Only headers, symbols and their names are read, and all of them once: the file
 * may change or go afterwards. It may have been made by an enemy.
 */
#ifndef MKVM_SYMBOLS_H
#define MKVM_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>

struct symbols;

/*
 * The symbols of the file at @path, or NULL: it cannot be read, is no linked
 * program for x86, or has none. Any thread. For
 * symbols_close(), which takes NULL as well.
 */
struct symbols *symbols_open(const char *path);
void symbols_close(struct symbols *symbols);

/* The same of a file that is open; @fd stays the caller's. */
struct symbols *symbols_read(int fd);

/* Why symbols_open() gives NULL for @path, a phrase for a message; NULL: it does
 * not. */
const char *symbols_refusal(const char *path);

/*
 * The symbol that address @addr, as the file was linked, belongs to: the one it
 * lies in, or the nearest below it in the same section if that has no size.
 * *@name is printable ASCII and lives as long as @symbols; *@off are bytes from
 * its start. Of several at one address the one with a type and a size. False:
 * there is none, or @symbols is NULL.
 */
bool symbols_find(const struct symbols *symbols, uint64_t addr,
		  const char **name, uint64_t *off);

/* As symbols_find(), of a physical address that the file is loaded to and not
 * linked for: where a kernel is before it has turned paging on. */
bool symbols_find_loaded(const struct symbols *symbols, uint64_t gpa,
			 const char **name, uint64_t *off);

/* Where the symbol @name is, as linked, ends of sections too (`_end`); of several
 * a global one. False: there is none, or @symbols is NULL. */
bool symbols_value(const struct symbols *symbols, const char *name,
		   uint64_t *addr);

#endif
