/* Counting and printing the faults of an archive. */
#include "verdict.h"

#include <stdarg.h>
#include <stdio.h>

void verdict_fault(struct verdict *v, const struct item *item, const char *fmt,
		   ...)
{
	va_list args;

	if (++v->faults > VERDICT_SHOWN)
		return;
	fprintf(stderr, "initcpio: %s: ", v->path);
	if (item) {
		index_print_name(stderr, item);
		fputs(" (", stderr);
		index_print_place(stderr, v->index, item->part, item->e.offset);
		fputs("): ", stderr);
	}
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}
