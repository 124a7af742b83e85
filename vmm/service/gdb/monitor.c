/* The words of the client's `monitor`. */
#include "service/gdb/gdb.h"

void monitor_run(struct gdb_cpu *cpu, const char *words, struct text *answer)
{
	(void)cpu;
	text_add(answer, "%s: no such command\n", words);
}
