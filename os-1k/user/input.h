/* What the programs have in common: how they take numbers and lines. */
#ifndef OS1K_INPUT_H
#define OS1K_INPUT_H

#include <stdbool.h>

#include "user/line.h"

/*
 * Reads the program's argument, a number from @low to @high, into *@value,
 * which keeps what it has when there is none. False after a line of error.
 */
bool argument(const char *program, const char *args, int low, int high,
	      int *value);

/*
 * Asks for a line until one is short enough. False when the user wants to
 * leave, by saying @leave or by Ctrl-D.
 */
bool ask(const char *prompt, const char *leave, char line[LINE_SIZE]);

/*
 * Reads an integer at *@text and moves behind it. False after a line of error
 * that is about @line.
 */
bool number(const char **text, int *value, const char *line);

#endif
