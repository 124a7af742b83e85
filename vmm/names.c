/* What guests are called: see names.h. */
#include "names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_NUMBER_MAX 16 /* "#" and a number behind a name */
#define DEL		0x7f

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* A file name may hold what a terminal obeys; a guest's name must not. */
static void make_printable(char *name)
{
	for (; *name; name++)
		if ((unsigned char)*name < ' ' || *name == DEL)
			*name = '?';
}

static char *name_guest(const char *const *images, unsigned int id)
{
	const char *base = base_name(images[id]);
	size_t size = strlen(base) + NAME_NUMBER_MAX;
	char *name = malloc(size);
	unsigned int same = 1;

	for (unsigned int i = 0; i < id; i++)
		same += !strcmp(base_name(images[i]), base);
	if (name && same == 1)
		memcpy(name, base, strlen(base) + 1);
	else if (name)
		snprintf(name, size, "%s#%u", base, same);
	if (name)
		make_printable(name);
	return name;
}

char **names_make(const char *const *images, unsigned int nr)
{
	char **names = calloc(nr + 1, sizeof(*names));

	for (unsigned int id = 0; names && id < nr; id++) {
		names[id] = name_guest(images, id);
		if (!names[id]) {
			names_free(names);
			return NULL;
		}
	}
	return names;
}

void names_free(char **names)
{
	for (unsigned int id = 0; names && names[id]; id++)
		free(names[id]);
	free(names);
}
