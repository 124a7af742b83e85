/* The jail in words: what a back end can still do and why, and what stands around. */
#define _GNU_SOURCE /* CLONE_NEW... */
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "backends/jail/jail.h"

#define LINE_MAX_BYTES 512

#define COLUMNS 80

static const struct {
	unsigned int space;
	const char *name;
} spaces[] = {
	{ CLONE_NEWUSER, "user" }, { CLONE_NEWPID, "pid" },
	{ CLONE_NEWNS, "mount" },  { CLONE_NEWNET, "network" },
	{ CLONE_NEWIPC, "ipc" },   { CLONE_NEWUTS, "uts" },
};

/* Words that are gathered for one line. */
struct line {
	char text[LINE_MAX_BYTES];
	size_t len;
};

static void __attribute__((format(printf, 2, 3)))
add(struct line *line, const char *fmt, ...)
{
	size_t room = sizeof(line->text) - line->len;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(line->text + line->len, room, fmt, args);
	va_end(args);
	if (len > 0 && (size_t)len < room)
		line->len += len;
}

/* Those namespaces that are in @have. */
static void add_spaces(struct line *line, unsigned int have)
{
	const char *before = "";

	for (size_t i = 0; i < sizeof(spaces) / sizeof(*spaces); i++)
		if (have & spaces[i].space) {
			add(line, "%s%s", before, spaces[i].name);
			before = ", ";
		}
	if (have)
		add(line, " namespaces");
}

static void add_wall(struct line *line, const char *wall)
{
	if (line->len)
		add(line, ", ");
	add(line, "%s", wall);
}

static void sort_walls(const struct jail *jail, const struct jail_walls *walls,
		       struct line *here, struct line *missing)
{
	/* Root needs no namespace of users to make the others. */
	unsigned int want = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC |
			    CLONE_NEWUTS |
			    (jail->has_network ? 0 : CLONE_NEWNET);

	add_spaces(here, walls->spaces);
	add_spaces(missing, want & ~walls->spaces);
	add_wall(walls->no_files ? here : missing, "an empty root");
	add_wall(walls->landlock ? here : missing, "Landlock");
	if (walls->landlock)
		add(here, " %d", walls->landlock);
	if (walls->is_root)
		add_wall(missing, "another user than root");
	add_wall(here, "no capabilities, no new privileges, limits, ");
	if (jail->nr_calls)
		add(here, "%zu system calls", jail->nr_calls);
	else
		add(here, "strict seccomp");
}

/* Whole lines: others write there as well. */
void show_walls(FILE *to, const struct jail *jail,
		const struct jail_walls *walls)
{
	struct line here = { 0 }, missing = { 0 };

	sort_walls(jail, walls, &here, &missing);
	fprintf(to, "%s: walls: %s\n", jail->program, here.text);
	if (missing.len)
		fprintf(to, "%s: walls that do not stand here: %s\n",
			jail->program, missing.text);
}

static void show_call(const struct jail_call *call)
{
	struct line what = { 0 };

	add(&what, "%s", call->name);
	if (call->only)
		add(&what, " %s", call->only);
	printf("  %-27s %s\n", what.text, call->why);
}

static void show_deadly(void)
{
	int column = COLUMNS;

	for (size_t i = 0; i < jail_nr_deadly; i++) {
		const char *name = jail_deadly[i].name;

		if (column + (int)strlen(name) + 2 > COLUMNS)
			column = printf("%s   ", i ? "\n" : "");
		column += printf(" %s", name);
	}
	putchar('\n');
}

void show_calls(const struct jail *jail)
{
	printf("%s: the system calls that it has left\n", jail->program);
	if (!jail->nr_calls) {
		printf("  read, write, exit, rt_sigreturn: strict seccomp; "
		       "any other ends it\n");
		return;
	}
	for (size_t i = 0; i < jail->nr_calls; i++)
		show_call(&jail->calls[i]);
	printf("  any other is refused (EPERM), but that these end it:\n");
	show_deadly();
}
