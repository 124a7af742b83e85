/*
 * Programs: flat files (user/program.ld) in an archive of ar(1) that is part of
 * the kernel's image. The build made it, but it is checked all the same.
 */
#include "kernel/kernel.h"

#define AR_MAGIC "!<arch>\n"

/* Left-justified text; the name ends in a slash. */
struct member {
	char name[16], date[12], uid[6], gid[6], mode[8], size[10], end[2];
};

/* How a program begins. Its first instruction is behind this. */
struct header {
	uint32_t read_only, size; /* bytes; the first whole pages */
};

extern const char archive[], archive_end[]; /* user/archive.S */

static bool is_named(const struct member *m, const char *name)
{
	int i = 0;

	while (name[i] && name[i] == m->name[i])
		i++;
	return !name[i] && m->name[i] == '/';
}

/* The file @name, its size in *@size; NULL if there is none. */
static const char *find(const char *name, uint32_t *size)
{
	const char *at = archive + sizeof(AR_MAGIC) - 1;

	while (archive_end - at >= (int)sizeof(struct member)) {
		const struct member *m = (const void *)at;

		*size = 0;
		for (const char *c = m->size; *c >= '0' && *c <= '9'; c++)
			*size = *size * 10 + *c - '0';
		at += sizeof(*m);
		if (*size > (uint32_t)(archive_end - at))
			return NULL;
		if (is_named(m, name))
			return at;
		at += *size + *size % 2;
	}
	return NULL;
}

/* Ring 0 may write to every page (CR0.WP is 0), also to the read-only ones. */
int program_load(uint32_t *space, const struct program *program)
{
	uint32_t size, data;
	const char *file = find(program->name, &size);
	const struct header *header = (const void *)file;

	if (!file)
		return -E_NAME;
	if (size < sizeof(*header) || size > header->size ||
	    header->read_only > header->size ||
	    header->size > STACK_GUARD - PROGRAM_AT)
		return -E_FORMAT;
	data = PROGRAM_AT + header->read_only;
	if (!space_map(space, PROGRAM_AT, data, 0) ||
	    !space_map(space, data, PROGRAM_AT + header->size, WRITABLE) ||
	    !space_map(space, STACK_TOP - STACK_SIZE, STACK_TOP, WRITABLE))
		return -E_MEMORY;
	space_use(space);
	memcpy((void *)PROGRAM_AT, file, size);
	memcpy((void *)PROGRAM_ARGS, program->args, ARGS_SIZE - 1);
	return 0;
}
