/* The terminal that a view draws on: see view_terminal.h. */
#include "view_terminal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "terminal/console.h"
#include "terminal/style.h"
#include "terminal/term.h"
#include "util/surface.h"
#include "util/text.h"

#define USUAL_COLUMNS 80 /* of a terminal that does not say */
#define USUAL_LINES   24

/* Of a VT340, whose sixels others have; but its registers were 16. */
#define USUAL_CELL_WIDTH  10
#define USUAL_CELL_HEIGHT 20
#define USUAL_REGISTERS	  256

/* When all has ended, for an answer that is on its way. */
#define LAST_WAIT_MS 20
#define LAST_WAITS   10

int view_style_in(const char *name)
{
	const char *comma = name ? strchr(name, ',') : NULL;

	if (!comma)
		return VIEW_EITHER;
	if (!strcmp(comma, ",blocks"))
		return VIEW_BLOCKS;
	return strcmp(comma, ",sixel") ? -EINVAL : VIEW_SIXEL;
}

/* Whether the terminal is to be asked, and answers where we hear it. */
static bool may_ask(const struct view_terminal *t, const char *term)
{
	return ask_is_here && t->style != VIEW_BLOCKS && t->colour &&
	       strcmp(term, "linux") != 0 && term_is_one();
}

void view_terminal_open(struct view_terminal *t, const char *name)
{
	const char *term = getenv("TERM");

	t->utf8 = surface_wants_utf8();
	t->colour = !style_is_plain();
	t->deep = style_is_deep();
	t->shapes = strcmp(term, "linux") != 0;
	t->style = view_style_in(name);
	t->ask.state = may_ask(t, term) ? ASK_NOT : ASK_OVER;
	t->buf = t->few;
}

void view_terminal_close(struct view_terminal *t)
{
	if (t->buf != t->few)
		free(t->buf);
}

size_t view_terminal_room(const struct view_terminal *t)
{
	return t->buf == t->few ? VIEW_BYTES : DISPLAY_ROOM;
}

/* The size of a character: as the terminal's size says, where that is a whole number
 * of pixels, or as it has answered. */
static void measure_cell(const struct view_terminal *t,
			 struct display_terminal *terminal)
{
	const struct ask *ask = &t->ask;
	unsigned int width, height;
	bool exact = term_out_cell(&width, &height);

	if ((!exact && ask->cell_height) || !height) {
		width = ask->cell_width;
		height = ask->cell_height;
	}
	if (!height && t->style == VIEW_SIXEL) {
		width = USUAL_CELL_WIDTH;
		height = USUAL_CELL_HEIGHT;
	}
	if (!width || !height || width > DISPLAY_CELL_MAX ||
	    height > DISPLAY_CELL_MAX)
		return;
	terminal->cell_width = width;
	terminal->cell_height = height;
}

/* It says so, as a VT240 does, which has four. */
static bool has_few_registers(const struct view_terminal *t)
{
	return t->ask.registers && t->ask.registers < DISPLAY_REGISTERS_MIN;
}

/* Whether sixels are to be drawn, for which there is room then. */
static bool make_room(struct view_terminal *t)
{
	char *buf;

	if (t->style != VIEW_SIXEL && (!t->ask.sixel || has_few_registers(t)))
		return false;
	if (t->buf != t->few)
		return true;
	buf = malloc(DISPLAY_ROOM);
	if (buf)
		t->buf = buf;
	return buf;
}

struct display_terminal view_terminal_now(struct view_terminal *t)
{
	struct display_terminal terminal = {
		.utf8 = t->utf8,
		.colour = t->colour,
		.deep = t->deep,
		.shapes = t->shapes,
		.registers = t->ask.registers && !has_few_registers(t) ?
				     t->ask.registers :
				     USUAL_REGISTERS,
	};

	term_out_size(&terminal.columns, &terminal.lines);
	if (!terminal.columns) {
		terminal.columns = USUAL_COLUMNS;
		terminal.lines = USUAL_LINES;
	}
	if (make_room(t))
		measure_cell(t, &terminal);
	return terminal;
}

bool view_terminal_is_known(struct view_terminal *t,
			    const struct console *console, struct text *text)
{
	if (t->ask.state == ASK_NOT && console->terminal) {
		ask_begin(&t->ask);
		text_add(text, ASK_QUESTION);
	}
	return t->ask.state != ASK_WAITING;
}

void view_terminal_tick(struct view_terminal *t, struct console *console)
{
	uint8_t keys[ASK_MAX];
	size_t len;

	if (!keys_room(&console->front->keys)) {
		ask_tick_full(&t->ask);
		return;
	}
	len = ask_tick(&t->ask, keys);
	if (len)
		console_typed(console, keys, len);
}

void view_terminal_await(struct view_terminal *t)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	uint8_t buf[ASK_MAX], keys[2 * ASK_MAX];

	for (int i = 0; i < LAST_WAITS && ask_is_open(&t->ask); i++) {
		ssize_t len;

		if (!term_is_ours()) /* reading would stop us */
			return;
		if (poll(&in, 1, LAST_WAIT_MS) <= 0)
			continue;
		len = read(STDIN_FILENO, buf, sizeof(buf));
		if (len <= 0)
			return;
		ask_sift(&t->ask, buf, len, keys);
	}
}
