/*
 * An interrupt controller with eight lines, edge or level triggered.
 */
#include "lines.h"

static uint8_t high, edges, service, level_mode;

/* What asks: edges that were, and levels that are. */
static uint8_t asking(void)
{
	return (edges & ~level_mode) | (high & level_mode);
}

void lines_reset(void)
{
	high = edges = service = level_mode = 0;
}

void lines_mode(uint8_t level)
{
	level_mode = level;
}

void lines_set(unsigned int n, bool up)
{
	uint8_t bit = 1 << n;

	if (up && !(high & bit))
		edges |= bit;
	high = up ? high | bit : high & ~bit;
}

/* The first line that asks and that nothing in service holds back. */
static int next_line(void)
{
	int n;

	for (n = 0; n < LINES && !(service & 1 << n); n++)
		if (asking() & 1 << n)
			return n;
	return NO_LINE;
}

bool lines_ask(void)
{
	return next_line() != NO_LINE;
}

int lines_take(void)
{
	int n = next_line();

	if (n == NO_LINE)
		return n;
	edges &= ~(1 << n);
	service |= 1 << n;
	return n;
}

void lines_done(void)
{
	service &= service - 1;
}
