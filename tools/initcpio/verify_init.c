/*
 * Whether /init is there, and what is needed to start it.
 *
 * When it cannot be started Linux says "No working init found" and gives no
 * reason; mostly it is the interpreter of a script, or the dynamic linker of
 * a program, that is not in the archive.
 */
#include "verdict.h"

#include <elf.h>
#include <string.h>
#include <sys/stat.h>

#define ANYONE_X     (S_IXUSR | S_IXGRP | S_IXOTH)
#define SCRIPT_BYTES 255 /* of the first line; Linux reads no more */

static const char interpreter[] = "the interpreter of /init";

/* The entry with the bytes of a file, which one of its hard links may have. */
static const struct newc_entry *contents(const struct item *item)
{
	const struct item *data = item->first->data;

	return data && item->e.links > 1 ? &data->e : &item->e;
}

/* The file that a path leads to, checked; NULL after a fault. */
static const struct item *program(struct verdict *v, const struct index *index,
				  const char *path, const char *what)
{
	const struct item *item = index_resolve(index, path);

	if (!item) {
		verdict_fault(v, NULL,
			      "%s: %s is not in the archive (or its "
			      "symlink leads nowhere)",
			      path, what);
	} else if (!S_ISREG(item->e.mode)) {
		verdict_fault(v, item, "%s is no file", what);
		item = NULL;
	} else if (!(item->e.mode & ANYONE_X)) {
		verdict_fault(v, item,
			      "%s is not executable; its mode should "
			      "be 0755",
			      what);
		item = NULL;
	} else if (!contents(item)->size) {
		verdict_fault(v, item, "%s is empty", what);
		item = NULL;
	}
	return item;
}

/* "#!PATH ARGUMENT": the path must lead to a program. */
static void check_script(struct verdict *v, const struct index *index,
			 const struct newc_entry *e)
{
	const char *p = (const char *)e->head + 2;
	size_t have = e->head_bytes - 2;
	size_t n = have < SCRIPT_BYTES ? have : SCRIPT_BYTES;
	char line[SCRIPT_BYTES + 1];

	memcpy(line, p, n);
	line[n] = '\0';
	p = line + strspn(line, " \t");
	line[p - line + strcspn(p, " \t\r\n")] = '\0';
	program(v, index, p, interpreter);
}

/*
 * A dynamic program names its linker in a PT_INTERP segment, which stands
 * among the first bytes; one that lies elsewhere is not looked at.
 */
static void check_elf(struct verdict *v, const struct index *index,
		      const struct item *item, const struct newc_entry *e)
{
	char path[SCRIPT_BYTES + 1];
	Elf64_Ehdr head;
	Elf64_Phdr ph;

	if (e->head_bytes < sizeof(head)) {
		verdict_fault(v, item, "the ELF header is truncated");
		return;
	}
	memcpy(&head, e->head, sizeof(head));
	if (head.e_ident[EI_CLASS] != ELFCLASS64 ||
	    head.e_machine != EM_X86_64) {
		verdict_fault(v, item, "/init is no program for x86-64");
		return;
	}
	for (unsigned int i = 0; i < head.e_phnum; i++) {
		uint64_t at = i * sizeof(ph);

		if (head.e_phoff > e->head_bytes ||
		    at + sizeof(ph) > e->head_bytes - head.e_phoff)
			break;
		memcpy(&ph, e->head + head.e_phoff + at, sizeof(ph));
		if (ph.p_type != PT_INTERP || ph.p_offset > e->head_bytes ||
		    ph.p_filesz > e->head_bytes - ph.p_offset ||
		    ph.p_filesz >= sizeof(path))
			continue;
		memcpy(path, e->head + ph.p_offset, ph.p_filesz);
		path[ph.p_filesz] = '\0';
		program(v, index, path, interpreter);
	}
}

void verify_init(struct verdict *v, const struct index *index)
{
	const struct item *init = program(v, index, "/init",
					  "the first "
					  "program");
	const struct newc_entry *e;

	if (!init)
		return;
	e = contents(init);
	if (e->head_bytes > 2 && !memcmp(e->head, "#!", 2))
		check_script(v, index, e);
	else if (e->head_bytes > SELFMAG && !memcmp(e->head, ELFMAG, SELFMAG))
		check_elf(v, index, init, e);
	else
		verdict_fault(v, init,
			      "/init is neither an ELF program nor a "
			      "script that begins with #!");
}
