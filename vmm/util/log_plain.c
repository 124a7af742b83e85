/* Messages of a program that has one thread and no details to tell. */
#include "util/log.h"

#include <stdarg.h>
#include <stdio.h>

void log_error(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("kvm-vmm: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
}

void log_info(const char *fmt, ...)
{
	(void)fmt;
}
