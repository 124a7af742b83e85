/* Catching what a test makes the code print on stderr. */
#ifndef MKVM_TESTS_CATCH_H
#define MKVM_TESTS_CATCH_H

#include <stdio.h>
#include <unistd.h>

static FILE *catch_file;
static int catch_stderr;

/* From here on everything that goes to stderr is kept. */
static inline void catch_begin(void)
{
	catch_file = tmpfile();
	assert_non_null(catch_file);
	fflush(stderr);
	catch_stderr = dup(STDERR_FILENO);
	assert_int_equal(dup2(fileno(catch_file), STDERR_FILENO),
			 STDERR_FILENO);
}

/* What that was, as far as there is room; until the next time. */
static inline char *catch_end(void)
{
	static char text[16384];
	size_t len;

	fflush(stderr);
	dup2(catch_stderr, STDERR_FILENO);
	close(catch_stderr);
	rewind(catch_file);
	len = fread(text, 1, sizeof(text) - 1, catch_file);
	text[len] = '\0';
	fclose(catch_file);
	return text;
}

#endif
