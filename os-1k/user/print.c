/* Printing for programs: gathers what is printed, for few system calls. */
#include "user/print.h"

#include "user/format.h"
#include "user/calls.h"

static char gathered[WRITE_MAX];
static int used;

void print_bytes(const char *bytes, int len)
{
	while (len > 0) {
		int n = write(bytes, len);

		bytes += n;
		len -= n;
	}
}

static void flush(void)
{
	print_bytes(gathered, used);
	used = 0;
}

static void gather(char c)
{
	gathered[used++] = c;
	if (used == WRITE_MAX)
		flush();
}

void print(const char *text, ...)
{
	va_list args;

	va_start(args, text);
	format(gather, text, args);
	va_end(args);
	flush();
}
