/* From beginning to end: see program.h. */
#include "backends/screen/program.h"

#include <stdio.h>
#include <string.h>

static int refuse_call(const struct screen_program *program)
{
	char what[80];

	snprintf(what, sizeof(what),
		 "it is kvm-vmm that starts this program, for %s",
		 program->option);
	return jail_refuse(&program->jail, JAIL_USAGE, what);
}

int screen_main(int argc, char **argv, const struct screen_program *program)
{
	const struct jail *jail = &program->jail;

	if (argc == 2 && !strcmp(argv[1], "--show-sandbox"))
		return jail_show(jail);
	if (argc != 2 || strcmp(argv[1], "0") != 0)
		return refuse_call(program);
	jail_ignore_signals();
	if (!link_open() || (program->hear_word && !program->hear_word()))
		return jail_refuse(jail, JAIL_USAGE,
				   "these are not its descriptors");
	if (!program->open())
		return jail_refuse(jail, JAIL_UNAVAILABLE, "no memory");
	if (!jail_enter(jail))
		return jail_refuse(jail, JAIL_UNAVAILABLE,
				   "this kernel has no seccomp filters");
	return program->run();
}
