/* What is still needed by its name: see reach.h. */
#include "util/reach.h"

#include <stdlib.h>
#include <string.h>

static struct reachable *first;

void reach_add(enum reach how, const char *path)
{
	struct reachable *new = calloc(1, sizeof(*new));

	if (!new)
		return;
	new->path = strdup(path);
	if (!new->path) {
		free(new);
		return;
	}
	new->how = how;
	new->next = first;
	first = new;
}

const struct reachable *reach_first(void)
{
	return first;
}

bool reach_has(enum reach how)
{
	for (const struct reachable *r = first; r; r = r->next)
		if (r->how == how)
			return true;
	return false;
}
