/* A command's line: [guest N] COMMAND [REST]. */
#ifndef MKVM_CONTROL_LINE_H
#define MKVM_CONTROL_LINE_H

#include <stdbool.h>
#include <stddef.h>

struct ctl_call;

/* Finds out what @line means, a NUL at its end, whose @len bytes it may change and
 * which @call points to then. False: it has refused. */
bool line_parse(struct ctl_call *call, char *line, size_t len);

/* Whether a run must not be called @word, because a command is. */
bool line_is_command(const char *word);

#endif
