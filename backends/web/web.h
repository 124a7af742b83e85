/*
 * kvm-web, between its parts: page_http.c serves the page, client.c talks with the open
 * ones, tiles.c knows what has changed on the screen, server.c has the event loop and
 * kvm-vmm.
 */
#ifndef BACKENDS_WEB_WEB_H
#define BACKENDS_WEB_WEB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backends/screen/link.h"

#define WEB_DESCRIPTORS 96 /* of the program */
#define WEB_CLIENTS_MAX 16 /* pages that are open */
#define WEB_PATH_MAX	80

struct lws;
enum lws_callback_reasons;

/* The page, compressed (gzip): page.S. */
extern const uint8_t web_page[], web_page_end[];

/* Where the page is: "/" and a word that nobody can guess and "/". */
extern char web_path[WEB_PATH_MAX];

/* Whether a request of @wsi is for this place, came to a name of this machine's and,
 * if a page made it, from our own: its path behind web_path, or NULL. */
const char *web_path_of(struct lws *wsi, char path[WEB_PATH_MAX]);

/* Callbacks of libwebsockets. */
int page_call(struct lws *wsi, enum lws_callback_reasons why, void *session,
	      void *in, size_t len);
int client_call(struct lws *wsi, enum lws_callback_reasons why, void *session,
		void *in, size_t len);
extern const size_t page_session_size, client_session_size;

#define CLIENT_RX_MAX 1200 /* bytes of a message of a page's */

/* From kvm-vmm, to all pages. */
void clients_picture(unsigned int width, unsigned int height);
void clients_printed(const void *text, size_t len);
void clients_counts(const struct screen_link_count *counts, unsigned int nr);
void clients_over(void);

/* Whether there is no page that does not know. */
bool clients_know(void);

/* --- tiles.c --- */

#define TILE_WIDTH  64
#define TILE_HEIGHT 32
#define TILES_MAX                           \
	((PICTURE_MAX_WIDTH / TILE_WIDTH) * \
	 ((PICTURE_MAX_HEIGHT + TILE_HEIGHT - 1) / TILE_HEIGHT))
#define TILES_AT_ONCE 256

/* What one page has not seen yet, by tile, row by row. */
struct tiles {
	bool dirty[TILES_MAX];
	unsigned int nr_dirty;
};

bool tiles_open(void);

/* Takes the picture in link_pixels over; calls @changed for each tile that is
 * another, or with TILES_MAX if all are, as the size is. */
void tiles_take(unsigned int width, unsigned int height,
		void (*changed)(unsigned int tile));

void tiles_mark(struct tiles *tiles, unsigned int tile);
void tiles_mark_all(struct tiles *tiles);

/* A message with up to TILES_AT_ONCE of them at *@message, after @room free bytes;
 * its length; 0: there are none. */
size_t tiles_encode(struct tiles *tiles, size_t room, uint8_t **message);

#endif
