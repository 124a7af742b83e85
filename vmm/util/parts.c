/* Parts of a machine: see parts.h. */
#include "util/parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/log.h"

/* What has found no place is put here, and read by nobody. */
static struct part *lost(struct parts *parts)
{
	static struct part nowhere;

	nowhere.stash.bad = true;
	parts->bad = true;
	return &nowhere;
}

static struct part *append(struct parts *parts)
{
	struct part **list;
	struct part *part;

	if (parts->nr == PARTS_MAX)
		return lost(parts);
	list = realloc(parts->list, (parts->nr + 1) * sizeof(struct part *));
	if (!list)
		return lost(parts);
	parts->list = list;
	part = calloc(1, sizeof(*part));
	if (!part)
		return lost(parts);
	list[parts->nr++] = part;
	return part;
}

struct stash *parts_add(struct parts *parts, const char *name, unsigned int nr,
			unsigned int version)
{
	struct part *part = append(parts);

	snprintf(part->name, sizeof(part->name), "%s", name);
	part->nr = nr;
	part->version = version;
	return &part->stash;
}

static struct part *find(const struct parts *parts, const char *name,
			 unsigned int nr)
{
	for (unsigned int i = 0; i < parts->nr; i++)
		if (parts->list[i]->nr == nr &&
		    !strcmp(parts->list[i]->name, name))
			return parts->list[i];
	return NULL;
}

bool parts_have(const struct parts *parts, const char *name, unsigned int nr)
{
	return find(parts, name, nr) != NULL;
}

struct stash *parts_take(struct parts *parts, const char *subject,
			 const char *name, unsigned int nr,
			 unsigned int version)
{
	struct part *part = find(parts, name, nr);

	if (!part || part->taken) {
		log_error("%s: has no %s number %u, which this machine has",
			  subject, name, nr);
		return NULL;
	}
	if (part->version != version) {
		log_error("%s: %s number %u is of version %u, and this kvm-vmm "
			  "knows version %u; restore it with the one that "
			  "saved it",
			  subject, name, nr, part->version, version);
		return NULL;
	}
	part->taken = true;
	part->stash.at = 0;
	return &part->stash;
}

void parts_again(struct parts *parts)
{
	for (unsigned int i = 0; i < parts->nr; i++)
		parts->list[i]->taken = false;
}

int parts_check(const struct parts *parts, const char *subject)
{
	for (unsigned int i = 0; i < parts->nr; i++) {
		const struct part *part = parts->list[i];

		if (part->taken && stash_is_done(&part->stash))
			continue;
		log_error(part->taken ? "%s: %s number %u has another length "
					"than this kvm-vmm knows" :
					"%s: has %s number %u, which this "
					"machine has not",
			  subject, part->name, part->nr);
		return -EINVAL;
	}
	return 0;
}

bool parts_are_whole(const struct parts *parts)
{
	for (unsigned int i = 0; i < parts->nr; i++)
		if (parts->list[i]->stash.bad)
			return false;
	return !parts->bad;
}

void parts_free(struct parts *parts)
{
	for (unsigned int i = 0; i < parts->nr; i++) {
		stash_free(&parts->list[i]->stash);
		free(parts->list[i]);
	}
	free(parts->list);
	*parts = (struct parts){ 0 };
}
