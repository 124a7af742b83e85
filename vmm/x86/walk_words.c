/* Page walks in words. */
#include "x86/walk_words.h"

#include <string.h>

#include "util/text.h"
#include "x86/paging.h"
#include "x86/walk.h"

static void add_entry_flags(struct text *text, const struct walk_step *step)
{
	static const struct {
		uint64_t bit;
		const char *name;
	} flags[] = {
		{ PTE_W, "W" },	    { PTE_U, "U" },   { 1u << 3, "PWT" },
		{ 1u << 4, "PCD" }, { 1u << 5, "A" }, { 1u << 6, "D" },
		{ 1u << 8, "G" },   { PTE_NX, "NX" },
	};
	/* In the last level, bit 7 is another one: PAT. */
	bool last = !strcmp(step->name, "PTE");

	if (!(step->entry & PTE_P)) {
		text_add(text, " not present");
		return;
	}
	text_add(text, " P");
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (step->entry & flags[i].bit)
			text_add(text, " %s", flags[i].name);
	if (step->entry & PTE_PS)
		text_add(text, last ? " PAT" : " PS");
}

static void add_size(struct text *text, uint64_t size)
{
	if (size >= 1u << 30)
		text_add(text, "%llu GiB", (unsigned long long)size >> 30);
	else if (size >= 1u << 20)
		text_add(text, "%llu MiB", (unsigned long long)size >> 20);
	else
		text_add(text, "%llu KiB", (unsigned long long)size >> 10);
}

void walk_add_end(struct text *text, const struct walk *walk)
{
	const struct walk_step *step =
		walk->nr_steps ? &walk->steps[walk->nr_steps - 1] : NULL;

	if (walk->end == WALK_CANONICAL)
		text_add(text, "the address is not canonical");
	else if (step && walk->end == WALK_ABSENT)
		text_add(text, "%s %u is not present", step->name, step->index);
	else if (step)
		text_add(text, "the table of %s %u is not in RAM", step->name,
			 step->index);
}

void walk_add(struct text *text, const struct walk *walk, const char *indent)
{
	for (unsigned int i = 0; i < walk->nr_steps; i++) {
		const struct walk_step *step = &walk->steps[i];

		text_add(text, "%s%-5s %4u at 0x%llx:", indent, step->name,
			 step->index, (unsigned long long)step->at);
		if (walk->end == WALK_NO_TABLE && i + 1 == walk->nr_steps)
			text_add(text, " no RAM there");
		else
			text_add(text, " 0x%llx",
				 (unsigned long long)step->entry);
		if (walk->end != WALK_NO_TABLE || i + 1 < walk->nr_steps)
			add_entry_flags(text, step);
		if (walk->end == WALK_MAPPED && i + 1 == walk->nr_steps) {
			text_add(text, " -> 0x%llx, ",
				 (unsigned long long)walk->gpa);
			add_size(text, walk->page_size);
			text_add(text, " page");
		}
		text_add(text, "\n");
	}
	if (walk->end == WALK_CANONICAL)
		text_add(text, "%sthe address is not canonical\n", indent);
}
