/* A line of input, edited as it is typed, and the lines before it. */
#ifndef OS1K_LINE_H
#define OS1K_LINE_H

#define LINE_SIZE     64 /* with the 0 at the end */
#define LINE_END      -1
#define LINE_TOO_LONG -2

/*
 * Prints @prompt and reads a line of at most LINE_SIZE - 1 characters into
 * @buf, without its end. Returns its length; LINE_TOO_LONG when more were
 * typed, and the line is gone; LINE_END for Ctrl-D in an empty line.
 */
int line_read(const char *prompt, char *buf);

#endif
