/*
 * Laying out what several guests print. Escape sequences are those of ECMA-48:
 * SGR for colours, EL to erase a line.
 */
#include "terminal/screen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_WIDTH 40
#define RESET	       "\033[0m"
#define ERASE_LINE     "\r\033[K"
#define SGR_MAX	       16

#define PREFIX_MAX (SGR_MAX + 2 * NAME_MAX_WIDTH + 8)

/* Carriage returns in a line, each of which may bring another prefix. */
#define RETURNS_MAX 64

/* The most one byte can cause: a line of one guest above that of another. */
#define ROOM_MAX (2 * (SCREEN_LINE + (RETURNS_MAX + 1) * PREFIX_MAX + 16))

/* The first colours, told apart best; afterwards the cube of 256 colours. */
static const uint8_t colours[] = {
	2, 3, 4, 5, 6, 1, 10, 11, 12, 13, 14, 9,
};

#define NR_COLOURS sizeof(colours)
#define CUBE_FIRST 16 /* colour 16 + 36 red + 6 green + blue, each 0-5 */
#define CUBE_SIDE  4  /* 1-4 of them: neither black nor white to read */
#define CUBE_STEP  23 /* coprime to 64: neighbours differ */

void screen_colour(unsigned int id, char *buf, size_t size)
{
	unsigned int colour, at;

	if (id < NR_COLOURS) {
		colour = colours[id];
	} else {
		at = (id - NR_COLOURS) * CUBE_STEP %
		     (CUBE_SIDE * CUBE_SIDE * CUBE_SIDE);
		colour = CUBE_FIRST + 36 * (1 + at / 16) +
			 6 * (1 + at / 4 % 4) + 1 + at % 4;
	}
	snprintf(buf, size, "\033[38;5;%um", colour);
}

static void emit(struct screen *screen, const void *buf, size_t len)
{
	ring_put(screen->out, buf, len);
}

static void emit_text(struct screen *screen, const char *text)
{
	emit(screen, text, strlen(text));
}

static void emit_colour(struct screen *screen, unsigned int id)
{
	char sgr[SGR_MAX];

	if (!screen->config.colour)
		return;
	screen_colour(id, sgr, sizeof(sgr));
	emit_text(screen, sgr);
}

static void emit_reset(struct screen *screen)
{
	if (screen->config.colour)
		emit_text(screen, RESET);
}

/* Whether a character starts here: in UTF-8, others continue one. */
static bool starts_char(char c)
{
	return (c & 0xc0) != 0x80;
}

/* The name of guest @id, or the end of a long one: that is where they differ. */
static const char *short_name(const struct screen *screen, unsigned int id)
{
	const char *name = screen->config.names[id];
	size_t len = strlen(name);

	if (len <= NAME_MAX_WIDTH)
		return name;
	name += len - NAME_MAX_WIDTH;
	while (!starts_char(*name))
		name++;
	return name;
}

static unsigned int columns(const char *name)
{
	unsigned int count = 0;

	while (*name)
		count += starts_char(*name++);
	return count;
}

static void emit_prefix(struct screen *screen, unsigned int id)
{
	const char *name = short_name(screen, id);
	char prefix[PREFIX_MAX];

	emit_colour(screen, id);
	snprintf(prefix, sizeof(prefix), "%s%*s | ", name,
		 (int)(screen->name_width - columns(name)), "");
	emit_text(screen, prefix);
}

/* Byte @at of the unfinished line. After a carriage return the terminal's
 * cursor stands where our prefix was. */
static void emit_byte(struct screen *screen, unsigned int id, size_t at)
{
	const uint8_t *line = screen->guests[id].line;

	if (screen->config.terminal && at && line[at - 1] == '\r' &&
	    line[at] != '\r')
		emit_prefix(screen, id);
	emit(screen, &line[at], 1);
}

static void emit_line(struct screen *screen, unsigned int id)
{
	emit_prefix(screen, id);
	for (size_t at = 0; at < screen->guests[id].len; at++)
		emit_byte(screen, id, at);
}

/* Ends the unfinished line of guest @id and shows what is not shown yet. */
static void finish_line(struct screen *screen, unsigned int id)
{
	int shown = screen->shown;

	if (shown == (int)id) {
		screen->shown = -1;
	} else {
		if (shown >= 0)
			emit_text(screen, ERASE_LINE);
		emit_line(screen, id);
	}
	emit_reset(screen);
	emit_text(screen, "\n");
	if (shown >= 0 && shown != (int)id)
		emit_line(screen, shown);
	screen->guests[id].len = 0;
	screen->guests[id].returns = 0;
}

/* Whether the unfinished line is as long as one can be. */
static bool is_full(const struct screen *screen, unsigned int id)
{
	const struct screen_guest *guest = &screen->guests[id];

	return guest->len == SCREEN_LINE ||
	       (screen->config.terminal && guest->returns == RETURNS_MAX);
}

static void put_byte(struct screen *screen, unsigned int id, uint8_t byte)
{
	struct screen_guest *guest = &screen->guests[id];

	if (byte == '\n' || is_full(screen, id))
		finish_line(screen, id);
	if (byte == '\n')
		return;
	if (byte == '\r')
		guest->returns++;
	guest->line[guest->len++] = byte;
	if (!screen->config.live || screen->front != (int)id)
		return;
	if (screen->shown == (int)id)
		emit_byte(screen, id, guest->len - 1);
	else
		emit_line(screen, id);
	screen->shown = id;
}

static size_t put_lines(struct screen *screen, unsigned int id,
			const uint8_t *buf, size_t len)
{
	size_t done = 0;

	while (done < len && ring_room(screen->out) >= ROOM_MAX)
		put_byte(screen, id, buf[done++]);
	return done;
}

static size_t put_interleaved(struct screen *screen, unsigned int id,
			      const uint8_t *buf, size_t len)
{
	if (ring_room(screen->out) <= SGR_MAX)
		return 0;
	if (screen->speaker != (int)id) {
		emit_colour(screen, id);
		screen->speaker = id;
	}
	return ring_put(screen->out, buf, len);
}

size_t screen_put(struct screen *screen, unsigned int id, const uint8_t *buf,
		  size_t len)
{
	switch (screen->config.mode) {
	case SCREEN_LINES:
		return put_lines(screen, id, buf, len);
	case SCREEN_INTERLEAVED:
		return put_interleaved(screen, id, buf, len);
	default:
		return ring_put(screen->out, buf, len);
	}
}

void screen_break(struct screen *screen)
{
	const uint8_t *last = ring_last(screen->out);

	if (screen->speaker >= 0)
		emit_reset(screen);
	if (screen->shown >= 0)
		emit_text(screen, ERASE_LINE);
	else if (screen->config.terminal && last && *last != '\n')
		emit_text(screen, "\n");
	screen->shown = screen->speaker = -1;
}

static void say_front(struct screen *screen)
{
	unsigned int id = screen->front;

	emit_text(screen, "[keyboard: ");
	emit_colour(screen, id);
	emit_text(screen, short_name(screen, id));
	emit_reset(screen);
	emit_text(screen, "; Ctrl-A n: the next guest]\n");
}

void screen_set_front(struct screen *screen, unsigned int id, bool say)
{
	if (screen->config.mode == SCREEN_RAW)
		return;
	if (screen->shown >= 0 || say)
		screen_break(screen);
	screen->front = id;
	if (say && ring_room(screen->out) >= ROOM_MAX)
		say_front(screen);
	if (screen->config.live && screen->guests[id].len &&
	    ring_room(screen->out) >= ROOM_MAX) {
		emit_line(screen, id);
		screen->shown = id;
	}
}

bool screen_catch_up(struct screen *screen)
{
	if (!screen->nr_ending)
		return true;
	for (unsigned int id = 0; id < screen->config.nr_guests; id++) {
		if (!screen->guests[id].ending)
			continue;
		if (ring_room(screen->out) < ROOM_MAX)
			return false;
		finish_line(screen, id);
		screen->guests[id].ending = false;
		screen->nr_ending--;
	}
	return true;
}

void screen_end(struct screen *screen, unsigned int id)
{
	if (screen->config.mode == SCREEN_LINES && screen->guests[id].len &&
	    !screen->guests[id].ending) {
		screen->guests[id].ending = true;
		screen->nr_ending++;
		screen_catch_up(screen);
	}
	if (screen->speaker == (int)id) {
		emit_reset(screen);
		screen->speaker = -1;
	}
}

void screen_legend(struct screen *screen)
{
	char head[32];

	snprintf(head, sizeof(head), "%u guests:", screen->config.nr_guests);
	emit_text(screen, head);
	for (unsigned int id = 0; id < screen->config.nr_guests; id++) {
		emit_text(screen, " ");
		emit_colour(screen, id);
		emit_text(screen, short_name(screen, id));
		emit_reset(screen);
	}
	emit_text(screen, "\n");
	say_front(screen);
}

static void measure_names(struct screen *screen)
{
	for (unsigned int id = 0; id < screen->config.nr_guests; id++) {
		unsigned int width = columns(short_name(screen, id));

		if (width > screen->name_width)
			screen->name_width = width;
	}
}

int screen_init(struct screen *screen, const struct screen_config *config,
		struct ring *out)
{
	*screen = (struct screen){
		.config = *config, .out = out, .shown = -1, .speaker = -1
	};
	measure_names(screen);
	if (config->mode != SCREEN_LINES) {
		screen->config.live = false;
		return 0;
	}
	screen->guests = calloc(config->nr_guests, sizeof(*screen->guests));
	return screen->guests ? 0 : -ENOMEM;
}

void screen_free(struct screen *screen)
{
	free(screen->guests);
	screen->guests = NULL;
}
