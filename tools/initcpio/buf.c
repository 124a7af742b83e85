/*
 * A growing array of bytes; see buf.h.
 */
#include "buf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 4096

int buf_add(struct buf *b, const void *bytes, size_t n)
{
	size_t limit = b->limit ? b->limit : SIZE_MAX / 2;
	size_t room = b->room ? b->room : FIRST_ROOM;
	unsigned char *data;

	if (n > limit || b->len > limit - n)
		return -EFBIG;
	while (room < b->len + n)
		room *= 2;
	if (room != b->room) {
		data = realloc(b->data, room);
		if (!data)
			return -ENOMEM;
		b->data = data;
		b->room = room;
	}
	if (n)
		memcpy(b->data + b->len, bytes, n);
	b->len += n;
	return 0;
}

int buf_add_le32(struct buf *b, uint32_t value)
{
	unsigned char bytes[4] = { value, value >> 8, value >> 16,
				   value >> 24 };

	return buf_add(b, bytes, sizeof(bytes));
}

void buf_free(struct buf *b)
{
	free(b->data);
	b->data = NULL;
	b->len = 0;
	b->room = 0;
}

uint32_t le32_at(const unsigned char *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}
