/* The page, for who knows the word in its address: see web.h. */
#include <libwebsockets.h>
#include <stdio.h>
#include <string.h>

#include "backends/web/csp.h"
#include "backends/web/web.h"

#define PIECE	 8192
#define HEAD_MAX 1024
#define HOST_MAX 64

char web_path[WEB_PATH_MAX];

/* One request that is answered. */
struct page_session {
	size_t at; /* of the page */
};

const size_t page_session_size = sizeof(struct page_session);

/* --- Who may ---------------------------------------------------------------- */

/* A name of this machine's own, and a port or none: another name that leads here is
 * somebody's trick (DNS rebinding). */
static bool is_own_host(const char *host)
{
	static const char *const own[] = { "127.0.0.1", "localhost", "[::1]" };

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		const size_t len = strlen(own[i]);

		if (!strncmp(host, own[i], len) &&
		    (!host[len] || host[len] == ':'))
			return true;
	}
	return false;
}

/* A page that is not ours says so; what is no page says nothing. */
static bool is_own_origin(struct lws *wsi, const char *host)
{
	char origin[HOST_MAX + 8];

	if (!lws_hdr_total_length(wsi, WSI_TOKEN_ORIGIN))
		return true;
	return lws_hdr_copy(wsi, origin, sizeof(origin), WSI_TOKEN_ORIGIN) >
		       0 &&
	       !strncmp(origin, "http://", 7) && !strcmp(origin + 7, host);
}

/* How long it takes says nothing about how much of it is right. */
static bool is_at_place(const char *path)
{
	const size_t len = strlen(web_path);
	unsigned int differs = 0;

	if (strlen(path) < len)
		return false;
	for (size_t i = 0; i < len; i++)
		differs |= path[i] ^ web_path[i];
	return !differs;
}

const char *web_path_of(struct lws *wsi, char path[WEB_PATH_MAX])
{
	char host[HOST_MAX];

	if (lws_hdr_copy(wsi, host, sizeof(host), WSI_TOKEN_HOST) <= 0 ||
	    lws_hdr_copy(wsi, path, WEB_PATH_MAX, WSI_TOKEN_GET_URI) <= 0 ||
	    !is_own_host(host) || !is_own_origin(wsi, host) ||
	    !is_at_place(path))
		return NULL;
	return path + strlen(web_path);
}

/* --- The answer ------------------------------------------------------------- */

static const struct {
	const char *name, *value;
} headers[] = {
	{ "content-encoding:", "gzip" },
	{ "content-security-policy:", WEB_CSP },
	{ "x-content-type-options:", "nosniff" },
	{ "referrer-policy:", "no-referrer" },
	{ "cross-origin-opener-policy:", "same-origin" },
	{ "cross-origin-resource-policy:", "same-origin" },
	{ "cache-control:", "no-store" },
};

static int begin(struct lws *wsi)
{
	uint8_t buf[LWS_PRE + HEAD_MAX], *at = buf + LWS_PRE;
	uint8_t *const start = at, *const end = buf + sizeof(buf) - 1;

	if (lws_add_http_common_headers(wsi, HTTP_STATUS_OK,
					"text/html; charset=utf-8",
					web_page_end - web_page, &at, end))
		return -1;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		if (lws_add_http_header_by_name(
			    wsi, (const uint8_t *)headers[i].name,
			    (const uint8_t *)headers[i].value,
			    strlen(headers[i].value), &at, end))
			return -1;
	if (lws_finalize_write_http_header(wsi, start, &at, end))
		return -1;
	lws_callback_on_writable(wsi);
	return 0;
}

static int refuse(struct lws *wsi, unsigned int status)
{
	if (lws_return_http_status(wsi, status, NULL))
		return -1;
	return lws_http_transaction_completed(wsi) ? -1 : 0;
}

static int answer(struct lws *wsi, struct page_session *session)
{
	char path[WEB_PATH_MAX];
	const char *rest;

	if (!lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI))
		return refuse(wsi, HTTP_STATUS_METHOD_NOT_ALLOWED);
	rest = web_path_of(wsi, path);
	if (!rest)
		return refuse(wsi, HTTP_STATUS_FORBIDDEN);
	if (*rest)
		return refuse(wsi, HTTP_STATUS_NOT_FOUND);
	session->at = 0;
	return begin(wsi);
}

static int send_piece(struct lws *wsi, struct page_session *session)
{
	const size_t size = web_page_end - web_page;
	size_t len = size - session->at;
	uint8_t buf[LWS_PRE + PIECE];
	bool last;

	if (len > PIECE)
		len = PIECE;
	last = session->at + len == size;
	memcpy(buf + LWS_PRE, web_page + session->at, len);
	if (lws_write(wsi, buf + LWS_PRE, len,
		      last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < 0)
		return -1;
	session->at += len;
	if (last)
		return lws_http_transaction_completed(wsi) ? -1 : 0;
	lws_callback_on_writable(wsi);
	return 0;
}

int page_call(struct lws *wsi, enum lws_callback_reasons why, void *session,
	      void *in, size_t len)
{
	char path[WEB_PATH_MAX];

	(void)in;
	(void)len;
	switch (why) {
	case LWS_CALLBACK_HTTP:
		return answer(wsi, session);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return send_piece(wsi, session);
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		if (web_path_of(wsi, path))
			return 0;
		lws_return_http_status(wsi, HTTP_STATUS_FORBIDDEN, NULL);
		return 1;
	default:
		return 0;
	}
}
