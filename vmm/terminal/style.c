/* What stdout and the environment say of how to write to it: see style.h. */
#include "terminal/style.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool style_moves(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && term && *term &&
	       strcmp(term, "dumb") != 0;
}

bool style_is_deep(void)
{
	static const char direct[] = "-direct";
	const char *colours = getenv("COLORTERM"), *term = getenv("TERM");
	const size_t len = term ? strlen(term) : 0;

	if (colours &&
	    (!strcmp(colours, "truecolor") || !strcmp(colours, "24bit")))
		return true;
	return len >= strlen(direct) &&
	       !strcmp(term + len - strlen(direct), direct);
}

bool style_is_plain(void)
{
	const char *no_color = getenv("NO_COLOR");

	return no_color && *no_color;
}

struct screen_config style_of(const char *const *names, unsigned int nr,
			      bool interleave, bool annotated)
{
	bool moves = style_moves();
	struct screen_config screen = {
		.mode = SCREEN_LINES,
		.terminal = moves,
		.colour = moves && !style_is_plain(),
		.live = moves && !annotated,
		.names = names,
		.nr_guests = nr,
	};

	if (interleave)
		screen.mode = SCREEN_INTERLEAVED;
	if (nr == 1 && !(annotated && isatty(STDOUT_FILENO)))
		screen.mode = SCREEN_RAW;
	return screen;
}
