/*
 * An interrupt controller with eight lines.
 */
#ifndef EXERCISE_LINES_H
#define EXERCISE_LINES_H

#include <stdbool.h>
#include <stdint.h>

#define LINES	8
#define NO_LINE -1

/* All lines are low and edge triggered, nothing is asked for or in service. */
void lines_reset(void);

/* Bit n set: line n is level triggered. May come at any time. */
void lines_mode(uint8_t level);

/* Line @n is now high, or low. An edge is remembered even if it falls again. */
void lines_set(unsigned int n, bool high);

/* Whether the CPU is to be interrupted. */
bool lines_ask(void);

/* The CPU takes an interrupt: the line, which is in service from now on; NO_LINE
 * if there is none any more. */
int lines_take(void);

/* The handler is done with the first of the lines in service. */
void lines_done(void);

#endif
