/* See server.h. kvm-vmm listens, and has handed that over: this accepts. */
#include "backends/web/server.h"

#include <libwebsockets.h>
#include <string.h>
#include <unistd.h>

#include "backends/web/web.h"

#define PATIENCE_S 10 /* with half a request */
#define SPARE	   8  /* descriptors */

static struct lws_context *context;
static struct lws_vhost *vhost;
static enum link_state state;
static bool over;

static void take(const struct screen_link_message *m)
{
	switch (m->kind) {
	case SCREEN_LINK_PICTURE:
		clients_picture(m->picture.width, m->picture.height);
		break;
	case SCREEN_LINK_PRINTED:
		clients_printed(m->text, m->len);
		break;
	case SCREEN_LINK_EXITS:
		clients_counts(m->counts, m->len);
		break;
	case SCREEN_LINK_OVER:
		over = true;
		clients_over();
		break;
	}
}

static int link_call(struct lws *wsi, enum lws_callback_reasons why,
		     void *session, void *in, size_t len)
{
	(void)wsi;
	(void)session;
	(void)in;
	(void)len;
	if (why == LWS_CALLBACK_RAW_RX_FILE && state == LINK_THERE)
		state = link_receive(take, false);
	return state == LINK_THERE ? 0 : -1;
}

static int listener_call(struct lws *wsi, enum lws_callback_reasons why,
			 void *session, void *in, size_t len)
{
	int fd;

	(void)session;
	(void)in;
	(void)len;
	if (why != LWS_CALLBACK_RAW_RX_FILE)
		return 0;
	fd = link_accept(lws_get_socket_fd(wsi), WEB_DESCRIPTORS - SPARE);
	if (fd >= 0 && !lws_adopt_socket_vhost(vhost, fd))
		close(fd);
	return 0;
}

static const struct lws_protocols protocols[] = {
	{ "page", page_call, 0, 0, 0, NULL, 0 },
	{ "screen", client_call, 0, CLIENT_RX_MAX, 0, NULL, 0 },
	{ "link", link_call, 0, 0, 0, NULL, 0 },
	{ "listener", listener_call, 0, 0, 0, NULL, 0 },
	{ NULL, NULL, 0, 0, 0, NULL, 0 },
};

static bool adopt(int fd, const char *protocol)
{
	const lws_sock_file_fd_type type = { .filefd = fd };

	return lws_adopt_descriptor_vhost(vhost, LWS_ADOPT_RAW_FILE_DESC, type,
					  protocol, NULL);
}

bool server_open(void)
{
	static struct lws_protocols
		sized[sizeof(protocols) / sizeof(protocols[0])];
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = sized,
		.gid = -1,
		.uid = -1,
		.fd_limit_per_thread = WEB_DESCRIPTORS,
		.timeout_secs = PATIENCE_S,
		.keepalive_timeout = PATIENCE_S,
		.options = LWS_SERVER_OPTION_DISABLE_IPV6,
	};

	memcpy(sized, protocols, sizeof(sized));
	sized[0].per_session_data_size = page_session_size;
	sized[1].per_session_data_size = client_session_size;
	lws_set_log_level(0, NULL);
	context = lws_create_context(&info);
	vhost = context ? lws_get_vhost_by_name(context, "default") : NULL;
	if (!vhost || !adopt(LINK_SOCKET, "link"))
		return false;
	for (unsigned int i = 0; i < link_listeners; i++)
		if (!adopt(LINK_LISTENER + i, "listener"))
			return false;
	return true;
}

int server_run(void)
{
	while (state == LINK_THERE && !(over && clients_know()))
		if (lws_service(context, 0) < 0)
			return 1;
	return state == LINK_LIES;
}
