/* host-objects: backends/net/frames.o backends/net/packet.o */
/*
 * A stream from an enemy, for kvm-net: pieces of any size, frames that lie about
 * their length, packets that are cut or nonsense, in both directions. The first
 * byte says how large the pieces are.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backends/net/frames.h"
#include "backends/net/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t room[FRAME_HEAD + FRAME_MAX];

/* In a block of its own, so that a step beside it ends the program. */
static void look(struct packet_view *view, const uint8_t *frame, size_t len)
{
	uint8_t *copy = malloc(len + !len);

	if (!copy)
		abort();
	memcpy(copy, frame, len);
	packet_is_plain(view, copy, len);
	packet_from_guest(view, copy, len);
	packet_to_guest(view, copy, len);
	free(copy);
	if (view->guest && (view->guest & NET_MASK) != NET_ADDR(0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frames in = { .data = room, .room = sizeof(room) };
	struct packet_view view = { .resolver = 0x7f000001 };
	size_t piece = size ? 1 + data[0] * 7 : 1, len;
	enum frames_found found = FRAMES_NONE;
	uint8_t *frame;

	for (size_t at = 1; at < size && found != FRAMES_LIE;) {
		frames_make_room(&in);
		if (in.room == in.end)
			abort();
		len = size - at < piece ? size - at : piece;
		len = len < in.room - in.end ? len : in.room - in.end;
		memcpy(in.data + in.end, data + at, len);
		in.end += len;
		at += len;
		while ((found = frames_next(&in, &frame, &len)) == FRAMES_FRAME)
			look(&view, frame, len);
	}
	return 0;
}
