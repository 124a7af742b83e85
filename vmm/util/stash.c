/* Bytes to be remembered: see stash.h. */
#include "util/stash.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_MIN 256

static bool make_room(struct stash *stash, size_t len)
{
	size_t room = stash->room ? stash->room : ROOM_MIN;
	uint8_t *data;

	while (room - stash->len < len)
		room *= 2;
	if (room == stash->room)
		return true;
	data = realloc(stash->data, room);
	if (!data)
		return false;
	stash->data = data;
	stash->room = room;
	return true;
}

void stash_put(struct stash *stash, const void *from, size_t len)
{
	if (stash->bad || !len)
		return;
	if (!make_room(stash, len)) {
		stash->bad = true;
		return;
	}
	memcpy(stash->data + stash->len, from, len);
	stash->len += len;
}

const void *stash_take(struct stash *stash, size_t len)
{
	const void *from = ""; /* of no bytes there may be no place */

	if (len > stash_left(stash)) {
		stash->bad = true;
		return NULL;
	}
	if (len)
		from = stash->data + stash->at;
	stash->at += len;
	return from;
}

void stash_get(struct stash *stash, void *to, size_t len)
{
	const void *from;

	if (!len)
		return;
	from = stash_take(stash, len);
	if (from)
		memcpy(to, from, len);
	else
		memset(to, 0, len);
}

void stash_free(struct stash *stash)
{
	if (stash->room)
		free(stash->data);
	*stash = (struct stash){ 0 };
}
