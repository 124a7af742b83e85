/* Nobody asks the terminal: what stands in without DISPLAY_SIXEL. */
#include <string.h>

#include "terminal/ask.h"

const bool ask_is_here;

void ask_begin(struct ask *ask)
{
	ask->state = ASK_OVER;
}

size_t ask_sift(struct ask *ask, const uint8_t *in, size_t len, uint8_t *out)
{
	(void)ask;
	memcpy(out, in, len);
	return len;
}

size_t ask_tick(struct ask *ask, uint8_t *out)
{
	(void)ask;
	(void)out;
	return 0;
}

void ask_tick_full(struct ask *ask)
{
	(void)ask;
}
