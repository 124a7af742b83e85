/* host-objects: backends/web/client.o backends/web/tiles.o backends/vnc/person.o backends/vnc/keys.o */
/*
 * People at the screen, by kvm-web's pages and by VNC, who send what they like while
 * kvm-vmm sends pictures and text: what the guest gets are keys that there are, none
 * stays down when they have gone, and whoever sends nonsense is shown out. What
 * libwebsockets and LibVNCServer do before that, is theirs.
 */
#include <assert.h>
#include <libwebsockets.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backends/vnc/person.h"
#include "backends/web/web.h"

#define PAGES 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct lws {
	bool is_open, wants;
	void *session;
};

static struct lws pages[PAGES];
static uint32_t pixels[PICTURE_MAX_WIDTH * PICTURE_MAX_HEIGHT];
const uint32_t *link_pixels = pixels;
static bool down[SCREEN_LINK_KEYS];
static bool is_fragment;

/* --- What they are linked with ------------------------------------------------ */

int lws_callback_on_writable(struct lws *wsi)
{
	wsi->wants = true;
	return 0;
}

int lws_write(struct lws *wsi, unsigned char *buf, size_t len,
	      enum lws_write_protocol protocol)
{
	static uint8_t seen[256]; /* all of it can be read */

	assert(wsi->is_open && protocol == LWS_WRITE_BINARY && len);
	memset(buf - LWS_PRE, 0, LWS_PRE); /* as it may */
	for (size_t i = 0; i < len; i++)
		seen[buf[i]]++;
	return (int)len;
}

int lws_is_first_fragment(struct lws *wsi)
{
	(void)wsi;
	return !is_fragment;
}

int lws_is_final_fragment(struct lws *wsi)
{
	(void)wsi;
	return 1;
}

void link_say(const struct screen_link_message *message)
{
	assert(message->kind >= SCREEN_LINK_WANTS &&
	       message->kind <= SCREEN_LINK_RESET &&
	       (message->kind != SCREEN_LINK_TYPED ||
		message->len <= SCREEN_LINK_TEXT));
}

void link_want(bool on)
{
	(void)on;
}

void link_key(unsigned int code, bool is_down)
{
	assert(code < SCREEN_LINK_KEYS);
	down[code] = is_down;
}

void link_pointer(int dx, int dy, int wheel, unsigned int buttons)
{
	(void)dx;
	(void)dy;
	(void)wheel;
	assert(buttons <= SCREEN_LINK_BUTTONS);
}

/* --- What happens --------------------------------------------------------------- */

static void come(struct lws *page)
{
	if (page->is_open)
		return;
	page->session = malloc(client_session_size);
	page->is_open = true;
	if (client_call(page, LWS_CALLBACK_ESTABLISHED, page->session, NULL, 0))
		abort();
}

static void go(struct lws *page)
{
	if (!page->is_open)
		return;
	client_call(page, LWS_CALLBACK_CLOSED, page->session, NULL, 0);
	page->is_open = false;
	free(page->session);
}

static void say(struct lws *page, const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len + 1);

	come(page);
	memcpy(copy, data, len);
	if (client_call(page, LWS_CALLBACK_RECEIVE, page->session, copy, len))
		go(page);
	free(copy);
}

static void write_all(void)
{
	for (int i = 0; i < PAGES; i++) {
		for (int n = 0; n < 40 && pages[i].wants && pages[i].is_open;
		     n++) {
			pages[i].wants = false;
			if (client_call(&pages[i],
					LWS_CALLBACK_SERVER_WRITEABLE,
					pages[i].session, NULL, 0))
				go(&pages[i]);
		}
	}
}

/* From kvm-vmm, within its bounds: link.c has looked. */
static void hear(const uint8_t *data, size_t len)
{
	struct screen_link_count counts[SCREEN_LINK_COUNTS] = { 0 };
	unsigned int width = len > 3 ? data[0] | data[1] << 8 : 0;
	unsigned int height = len > 3 ? data[2] | data[3] << 8 : 0;

	if (len & 1)
		clients_printed(data, len);
	memcpy(counts, data, len < sizeof(counts) ? len : sizeof(counts));
	for (unsigned int i = 0; i < SCREEN_LINK_COUNTS; i++)
		counts[i].name[SCREEN_LINK_NAME - 1] = '\0';
	if (len & 2)
		clients_counts(counts, len % (SCREEN_LINK_COUNTS + 1));
	width %= PICTURE_MAX_WIDTH / 8 + 1;
	height %= PICTURE_MAX_HEIGHT / 8 + 1;
	pixels[len] ^= len;
	if (!width == !height)
		clients_picture(width, height);
}

static void step(struct person *person, unsigned int what, const uint8_t *data,
		 size_t len)
{
	uint32_t keysym = 0;

	switch (what & 7) {
	case 0:
		hear(data, len);
		break;
	case 1:
		go(&pages[what >> 3 & 1]);
		break;
	case 2:
		memcpy(&keysym, data, len < 4 ? len : 4);
		person_key(person, what >> 3 & 1,
			   what & 16 ? keysym & 0xffff : keysym & 0x7f);
		break;
	case 3:
		person_pointer(what >> 3, len, len > 0 ? data[0] : 0);
		break;
	default:
		is_fragment = what >> 7;
		say(&pages[what >> 3 & 1], data, len);
		is_fragment = false;
	}
	write_all();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	struct person person = { 0 };

	if (!ready && !tiles_open())
		abort();
	ready = true;
	while (size >= 2) {
		size_t len = data[1] < size - 2 ? data[1] : size - 2;

		step(&person, data[0], data + 2, len);
		data += 2 + len;
		size -= 2 + len;
	}
	person_leaves(&person);
	for (int i = 0; i < PAGES; i++)
		go(&pages[i]);
	for (unsigned int code = 0; code < SCREEN_LINK_KEYS; code++)
		assert(!down[code]);
	return 0;
}
