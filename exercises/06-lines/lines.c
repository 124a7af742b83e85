/*
 * An interrupt controller with eight lines, all of them edge triggered.
 */
#include "lines.h"

static uint8_t high, edges, service;

void lines_reset(void)
{
	high = edges = service = 0;
}

void lines_mode(uint8_t level)
{
	(void)level;
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

	for (n = 0; n < LINES; n++)
		if (edges & 1 << n)
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
