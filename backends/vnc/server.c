/*
 * People who look: see server.h. One thread; LibVNCServer waits for a client that has
 * sent half a message, or reads nothing, for PATIENCE_MS and then closes it, and
 * others wait meanwhile.
 */
#include "backends/vnc/server.h"

#include <rfb/rfb.h>
#include <rfb/rfbregion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>

#include "backends/screen/link.h"
#include "backends/vnc/person.h"

#define PATIENCE_MS 1000
#define PEOPLE_MAX  16
#define BITS	    8 /* of a colour */
#define BYTES	    4 /* of a pixel */

/* Before there is anything to be seen. */
#define FIRST_WIDTH  640
#define FIRST_HEIGHT 400

static rfbScreenInfoPtr screen;
static uint32_t *frame; /* what is shown: a copy, which stays while it is sent */
static unsigned int nr_people;
static bool waits;	 /* somebody has called */
static bool has_picture; /* people are let in once its size is known */
static bool is_over;

/* --- People ---------------------------------------------------------------- */

static void on_gone(rfbClientPtr client)
{
	person_leaves(client->clientData);
	free(client->clientData);
	nr_people--;
	if (!nr_people)
		link_want(false);
}

/* Who has called first of those who have not said what they want yet, @but for one. */
static rfbClientPtr longest_silent(rfbClientPtr but)
{
	rfbClientIteratorPtr it = rfbGetClientIterator(screen);
	rfbClientPtr client, found = NULL;

	while ((client = rfbClientIteratorNext(it))) /* the last one first */
		if (client != but && client->state != RFB_NORMAL)
			found = client;
	rfbReleaseClientIterator(it);
	return found;
}

/* Whether there is room for @client, for whom one who says nothing has to go. */
static bool make_room(rfbClientPtr client)
{
	rfbClientPtr silent;

	if (nr_people < PEOPLE_MAX)
		return true;
	silent = longest_silent(client);
	if (silent)
		rfbCloseClient(silent);
	return silent;
}

static enum rfbNewClientAction on_come(rfbClientPtr client)
{
	client->clientData = calloc(1, sizeof(struct person));
	if (!client->clientData || !make_room(client)) {
		free(client->clientData);
		return RFB_CLIENT_REFUSE;
	}
	client->clientGoneHook = on_gone;
	nr_people++;
	link_want(true);
	return RFB_CLIENT_ACCEPT;
}

/* Who says only now that it can be told of another size may have been told an old one:
 * LibVNCServer 0.9.14 tells those alone who had said so when the size changed. */
static void tell_size(void)
{
	rfbClientIteratorPtr it = rfbGetClientIterator(screen);
	rfbClientPtr client;

	while ((client = rfbClientIteratorNext(it))) {
		struct person *person = client->clientData;

		if (client->useNewFBSize && !person->hears_size) {
			person->hears_size = true;
			client->newFBSizePending = TRUE;
		}
	}
	rfbReleaseClientIterator(it);
}

static void on_key(rfbBool down, rfbKeySym keysym, rfbClientPtr client)
{
	person_key(client->clientData, down, keysym);
}

static void on_pointer(int buttons, int x, int y, rfbClientPtr client)
{
	(void)client;
	person_pointer(buttons, x, y);
}

static void accept_from(int listener)
{
	int fd;

	if (!has_picture) {
		waits = true;
		link_want(true);
		return;
	}
	fd = link_accept(listener, SERVER_DESCRIPTORS - 1);
	if (fd >= 0)
		rfbNewClient(screen, fd);
}

/* --- The picture ----------------------------------------------------------- */

/* Rows from @y on that are others than those in front: how many, at *@differ. */
static unsigned int find_run(unsigned int y, unsigned int width,
			     unsigned int height, bool *differ)
{
	unsigned int end = y;

	for (; end < height; end++) {
		const size_t at = (size_t)end * width;
		const bool now = memcmp(frame + at, link_pixels + at,
					width * sizeof(*frame)) != 0;

		if (end == y)
			*differ = now;
		else if (now != *differ)
			break;
	}
	return end - y;
}

static void take_changes(unsigned int width, unsigned int height)
{
	unsigned int y = 0, nr;
	bool differ = false;

	for (; y < height; y += nr) {
		const size_t at = (size_t)y * width;

		nr = find_run(y, width, height, &differ);
		if (!differ)
			continue;
		memcpy(frame + at, link_pixels + at,
		       (size_t)nr * width * sizeof(*frame));
		rfbMarkRectAsModified(screen, 0, y, width, y + nr);
	}
}

static void take_picture(unsigned int width, unsigned int height)
{
	has_picture = true;
	if (!width) {
		width = screen->width;
		height = screen->height;
		memset(frame, 0, (size_t)width * height * sizeof(*frame));
		rfbMarkRectAsModified(screen, 0, 0, width, height);
	} else if (width != (unsigned int)screen->width ||
		   height != (unsigned int)screen->height) {
		memcpy(frame, link_pixels,
		       (size_t)width * height * sizeof(*frame));
		rfbNewFramebuffer(screen, (char *)frame, width, height, BITS, 3,
				  BYTES);
		screen->serverFormat.redShift = 16;
		screen->serverFormat.blueShift = 0;
	} else {
		take_changes(width, height);
	}
	link_want(nr_people > 0);
}

static void take(const struct screen_link_message *m)
{
	if (m->kind == SCREEN_LINK_PICTURE)
		take_picture(m->picture.width, m->picture.height);
	else if (m->kind == SCREEN_LINK_OVER)
		is_over = true;
}

/* --- From beginning to end ------------------------------------------------- */

static void set_up(void)
{
	screen->desktopName = "kvm-vmm";
	screen->frameBuffer = (char *)frame;
	screen->serverFormat.redShift = 16; /* XRGB8888 */
	screen->serverFormat.greenShift = 8;
	screen->serverFormat.blueShift = 0;
	screen->alwaysShared = TRUE;
	screen->cursor = NULL; /* the guest draws its own */
	screen->deferUpdateTime = 0;
	screen->maxClientWait = PATIENCE_MS;
	screen->permitFileTransfer = FALSE;
	screen->port = screen->ipv6port = 0; /* kvm-vmm listens */
	screen->newClientHook = on_come;
	screen->kbdAddEvent = on_key;
	screen->ptrAddEvent = on_pointer;
}

bool server_open(void)
{
	int argc = 0;

	rfbLogEnable(FALSE);
	frame = calloc(1, PICTURE_BYTES);
	screen = rfbGetScreen(&argc, NULL, FIRST_WIDTH, FIRST_HEIGHT, BITS, 3,
			      BYTES);
	if (!screen || !frame)
		return false;
	set_up();
	rfbInitServer(screen);
	return true;
}

static bool has_updates(void)
{
	rfbClientIteratorPtr it = rfbGetClientIterator(screen);
	rfbClientPtr client;
	bool has = false;

	while ((client = rfbClientIteratorNext(it)))
		has |= FB_UPDATE_PENDING(client) &&
		       !sraRgnEmpty(client->requestedRegion);
	rfbReleaseClientIterator(it);
	return has;
}

/* What is ready, of people, listeners and kvm-vmm, in *@ready. */
static void wait_for_any(fd_set *ready)
{
	struct timeval at_once = { 0 };
	int last = LINK_LISTENER + link_listeners - 1;

	*ready = screen->allFds;
	FD_SET(LINK_SOCKET, ready);
	for (unsigned int i = 0; i < link_listeners && has_picture >= waits;
	     i++)
		FD_SET(LINK_LISTENER + i, ready);
	if (screen->maxFd > last)
		last = screen->maxFd;
	if (select(last + 1, ready, NULL, NULL,
		   has_updates() ? &at_once : NULL) < 0)
		FD_ZERO(ready);
}

int server_run(void)
{
	enum link_state state = LINK_THERE;
	fd_set ready;

	while (state == LINK_THERE && !is_over) {
		wait_for_any(&ready);
		if (FD_ISSET(LINK_SOCKET, &ready))
			state = link_receive(take, false);
		for (unsigned int i = 0; i < link_listeners; i++)
			if (FD_ISSET(LINK_LISTENER + i, &ready))
				accept_from(LINK_LISTENER + i);
		rfbProcessEvents(screen, 0);
		tell_size();
	}
	rfbShutdownServer(screen, TRUE);
	return state == LINK_LIES;
}
