/* Graphics are blocks: what stands in without DISPLAY_SIXEL. No terminal is found
 * to have sixels then. */
#include "display/sixel.h"

void sixel_paint(struct sixel *sixel, const struct picture *picture,
		 const struct display_terminal *terminal, struct text *out)
{
	(void)sixel;
	(void)picture;
	(void)terminal;
	(void)out;
}
