/*
 * The host terminal: raw while a guest has the keyboard, and put back on
 * every way out, a crash of the VMM included.
 */
#ifndef MKVM_TERM_H
#define MKVM_TERM_H

#include <stdbool.h>

/* Whether we are in the foreground of the terminal that stdin is: else reading
 * it or changing its settings would stop us (termios(3), SIGTTIN, SIGTTOU). */
bool term_is_ours(void);

/* Makes stdin raw if it is a terminal; true when it is. Output processing
 * stays on, so that messages with a bare newline look right. */
bool term_raw(void);

/*
 * How large the terminal is that is both stdin and stdout, in characters; 0 by 0
 * when they are no terminal, or it does not say.
 */
void term_size(unsigned int *columns, unsigned int *lines);

/* The same of stdout alone. */
void term_out_size(unsigned int *columns, unsigned int *lines);

/* The size of one of stdout's characters in pixels, 0 by 0 if that is not known;
 * whether it is exact. */
bool term_out_cell(unsigned int *width, unsigned int *height);

/* Whether stdin and stdout are one terminal: what is asked by one of them is
 * answered by the other. */
bool term_is_one(void);

/* The terminal is to be made to show what it did before, by writing @sequence,
 * a constant, to @fd, which does not block; NULL: it does already. */
void term_screen(int fd, const char *sequence);
bool term_is_screen(void);

/* Puts back what term_raw() and term_screen() changed; safe in signal handlers and twice. */
void term_restore(void);

/* Restores the terminal and takes the course that signal @sig has by default;
 * a signal handler. */
void term_die(int sig);

/* Makes that what signal @sig does. */
void term_catch(int sig);

#endif
