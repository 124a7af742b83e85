/*
 * Pages that are open, each a WebSocket (RFC 6455). To a page, by the first byte:
 *
 *	1	tiles of the screen (tiles.c); it answers 'a' when it has drawn them
 *	2	text that the guest has printed
 *	3	VM exits so far: JSON, [["serial", 12], ...]
 *	4	the guest has ended
 *
 * and from it:
 *
 *	'a'			it is ready for more of the screen
 *	'v', 0 or 1		whether anybody can see it
 *	'k', code, 0 or 1	a key, its code in 16 bits
 *	'm', dx, dy, wheel, buttons	the mouse: 16, 16, 8 and 8 bits
 *	't', text		typed at the console
 *	'p', 'r'		the power and the reset button
 *
 * What is kept of the printed text is the last HISTORY bytes, which a page that
 * comes later, or again, gets first.
 */
#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/web/web.h"

#define HISTORY	   (256u << 10) /* a power of two */
#define TEXT_PIECE 8192
#define COUNTS_MAX 1024
#define KEYS	   256
#define NO_KEY	   KEYS

enum to_page { TEXT = 2, COUNTS, OVER };

struct client {
	struct lws *wsi;
	struct client *next;
	struct tiles tiles;
	uint64_t text_at; /* printed up to here */
	uint64_t counted; /* the number of the counts that it has */
	bool visible;
	bool drawn; /* what it was sent of the screen */
	bool told;  /* that the guest has ended */
	bool down[KEYS];
	unsigned int buttons;
};

const size_t client_session_size = sizeof(struct client);

static struct client *clients;
static unsigned int nr_clients;
static uint8_t history[HISTORY];
static uint64_t printed; /* bytes, ever */
static char counts_text[COUNTS_MAX];
static uint64_t counted; /* times */
static bool over, wanting;

static void wake(struct client *c)
{
	lws_callback_on_writable(c->wsi);
}

static void wake_all(void)
{
	for (struct client *c = clients; c; c = c->next)
		wake(c);
}

/* Whether anybody looks has changed, perhaps. */
static void update_wish(void)
{
	bool any = false;

	for (const struct client *c = clients; c; c = c->next)
		any |= c->visible;
	if (any != wanting)
		link_want(any);
	wanting = any;
}

/* --- From kvm-vmm ---------------------------------------------------------- */

static void on_changed(unsigned int tile)
{
	for (struct client *c = clients; c; c = c->next) {
		if (tile == TILES_MAX)
			tiles_mark_all(&c->tiles);
		else
			tiles_mark(&c->tiles, tile);
	}
}

void clients_picture(unsigned int width, unsigned int height)
{
	tiles_take(width, height, on_changed);
	if (wanting)
		link_want(true);
	wake_all();
}

void clients_printed(const void *text, size_t len)
{
	const uint8_t *from = text;

	for (size_t i = 0; i < len; i++)
		history[printed++ % HISTORY] = from[i];
	wake_all();
}

/* A name is a device's or an exit's, and all of it ours: yet a quote would end it. */
void clients_counts(const struct screen_link_count *counts, unsigned int nr)
{
	size_t len = 0;

	len += snprintf(counts_text, COUNTS_MAX, "[");
	for (unsigned int i = 0; i < nr; i++) {
		char name[SCREEN_LINK_NAME] = "";

		for (size_t at = 0; counts[i].name[at]; at++) {
			const char c = counts[i].name[at];

			name[at] = c < ' ' || c == '"' || c == '\\' || c > '~' ?
					   '?' :
					   c;
		}
		len += snprintf(counts_text + len, COUNTS_MAX - len,
				"%s[\"%s\",%llu]", i ? "," : "", name,
				(unsigned long long)counts[i].exits);
	}
	snprintf(counts_text + len, COUNTS_MAX - len, "]");
	counted++;
	wake_all();
}

void clients_over(void)
{
	over = true;
	wake_all();
}

bool clients_know(void)
{
	for (const struct client *c = clients; c; c = c->next)
		if (!c->told)
			return false;
	return true;
}

/* --- To a page -------------------------------------------------------------- */

static int send_message(struct client *c, uint8_t *message, size_t len)
{
	return lws_write(c->wsi, message, len, LWS_WRITE_BINARY) < 0 ? -1 : 0;
}

static int send_text(struct client *c)
{
	uint8_t buf[LWS_PRE + 1 + TEXT_PIECE], *to = buf + LWS_PRE;
	size_t len = 0;

	if (printed - c->text_at > HISTORY)
		c->text_at = printed - HISTORY;
	to[0] = TEXT;
	while (len < TEXT_PIECE && c->text_at < printed)
		to[1 + len++] = history[c->text_at++ % HISTORY];
	return send_message(c, to, 1 + len);
}

static int send_counts(struct client *c)
{
	uint8_t buf[LWS_PRE + 1 + COUNTS_MAX], *to = buf + LWS_PRE;
	const size_t len = strlen(counts_text);

	to[0] = COUNTS;
	memcpy(to + 1, counts_text, len);
	c->counted = counted;
	return send_message(c, to, 1 + len);
}

static int send_over(struct client *c)
{
	uint8_t buf[LWS_PRE + 1] = { 0 };

	buf[LWS_PRE] = OVER;
	c->told = true;
	return send_message(c, buf + LWS_PRE, 1);
}

static int send_tiles(struct client *c)
{
	uint8_t *message;
	const size_t len = tiles_encode(&c->tiles, LWS_PRE, &message);

	c->drawn = false;
	return len ? send_message(c, message, len) : 0;
}

static bool has_tiles(const struct client *c)
{
	return c->tiles.nr_dirty && c->drawn;
}

/* One thing at a time; what comes last is the end. */
static int send_next(struct client *c)
{
	int err = 0;

	if (c->text_at != printed)
		err = send_text(c);
	else if (has_tiles(c))
		err = send_tiles(c);
	else if (c->counted != counted)
		err = send_counts(c);
	else if (over && !c->told)
		err = send_over(c);
	if (c->text_at != printed || has_tiles(c) || c->counted != counted ||
	    (over && !c->told))
		wake(c);
	return err;
}

/* --- From a page ------------------------------------------------------------ */

static int take_key(struct client *c, const uint8_t *in, size_t len)
{
	unsigned int code;

	if (len != 4 || in[3] > 1)
		return -1;
	code = in[1] | in[2] << 8;
	if (code >= KEYS)
		return -1;
	c->down[code] = in[3];
	link_key(code, in[3]);
	return 0;
}

static int take_pointer(struct client *c, const uint8_t *in, size_t len)
{
	if (len != 7 || in[6] > SCREEN_LINK_BUTTONS)
		return -1;
	c->buttons = in[6];
	link_pointer((int16_t)(in[1] | in[2] << 8),
		     (int16_t)(in[3] | in[4] << 8), (int8_t)in[5], in[6]);
	return 0;
}

static int take_typed(const uint8_t *in, size_t len)
{
	struct screen_link_message message = { .kind = SCREEN_LINK_TYPED };

	if (len - 1 > SCREEN_LINK_TEXT)
		return -1;
	message.len = len - 1;
	memcpy(message.text, in + 1, len - 1);
	link_say(&message);
	return 0;
}

static int take_button(uint32_t kind)
{
	const struct screen_link_message message = { .kind = kind };

	link_say(&message);
	return 0;
}

/* A whole message. -1: it is none, and the page is closed. */
static int take(struct client *c, const uint8_t *in, size_t len)
{
	switch (len ? *in : 0) {
	case 'a':
		c->drawn = true;
		if (c->tiles.nr_dirty)
			wake(c);
		return 0;
	case 'v':
		if (len != 2)
			return -1;
		c->visible = in[1];
		update_wish();
		return 0;
	case 'k':
		return take_key(c, in, len);
	case 'm':
		return take_pointer(c, in, len);
	case 't':
		return take_typed(in, len);
	case 'p':
		return take_button(SCREEN_LINK_POWER);
	case 'r':
		return take_button(SCREEN_LINK_RESET);
	default:
		return -1;
	}
}

/* --- Coming and going ------------------------------------------------------- */

static int come(struct client *c, struct lws *wsi)
{
	memset(c, 0, sizeof(*c));
	if (nr_clients == WEB_CLIENTS_MAX)
		return -1;
	nr_clients++;
	c->wsi = wsi;
	c->next = clients;
	clients = c;
	c->text_at = printed > HISTORY ? printed - HISTORY : 0;
	c->drawn = true;
	tiles_mark_all(&c->tiles);
	wake(c);
	return 0;
}

/* No key and no button stays down. */
static void go(struct client *c)
{
	struct client **at = &clients;

	while (*at && *at != c)
		at = &(*at)->next;
	if (!*at)
		return; /* it was one too many */
	*at = c->next;
	nr_clients--;
	for (unsigned int code = 0; code < KEYS; code++)
		if (c->down[code])
			link_key(code, false);
	if (c->buttons)
		link_pointer(0, 0, 0, 0);
	update_wish();
}

int client_call(struct lws *wsi, enum lws_callback_reasons why, void *session,
		void *in, size_t len)
{
	switch (why) {
	case LWS_CALLBACK_ESTABLISHED:
		return come(session, wsi);
	case LWS_CALLBACK_CLOSED:
		go(session);
		return 0;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return send_next(session);
	case LWS_CALLBACK_RECEIVE:
		if (!lws_is_first_fragment(wsi) || !lws_is_final_fragment(wsi))
			return -1; /* none of ours is so long */
		return take(session, in, len);
	default:
		return 0;
	}
}
