/*
 * Messages of initcpio; the shapes are described in report.h.
 *
 * Everything goes out in one write per line, so that messages of tools that
 * make runs side by side do not mix.
 */
#include "report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES 9216 /* two names of PATH_MAX and the words around */

static void print_line(const char *head, const char *fmt, va_list args)
{
	char line[LINE_MAX_BYTES];
	size_t used;

	snprintf(line, sizeof(line), "%s", head);
	used = strlen(line);
	vsnprintf(line + used, sizeof(line) - used, fmt, args);
	fprintf(stderr, "%s\n", line);
}

int report_at(const struct origin *at, const char *fmt, ...)
{
	char head[4200];
	va_list args;

	if (at->line)
		snprintf(head, sizeof(head), "%s:%u: ", at->file, at->line);
	else
		snprintf(head, sizeof(head), "initcpio: %s: ", at->file);
	va_start(args, fmt);
	print_line(head, fmt, args);
	va_end(args);
	return -EINVAL;
}

int report_bad(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_line("initcpio: ", fmt, args);
	va_end(args);
	return -EINVAL;
}

int report_failed(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_line("initcpio: ", fmt, args);
	va_end(args);
	return -EIO;
}

int report_memory(void)
{
	report_failed("out of memory; close something or add swap");
	return -ENOMEM;
}
