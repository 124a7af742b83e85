/*
 * Frames in a stream: where one ends and the next begins. The peer is not
 * believed: a length beyond any frame's is the end of it.
 */
#include "backends/net/frames.h"

#include <string.h>

static size_t read_head(const uint8_t *head)
{
	return (size_t)head[0] << 24 | head[1] << 16 | head[2] << 8 | head[3];
}

void frames_put_head(uint8_t *head, size_t len)
{
	head[0] = len >> 24;
	head[1] = len >> 16;
	head[2] = len >> 8;
	head[3] = len;
}

enum frames_found frames_next(struct frames *frames, uint8_t **frame,
			      size_t *len)
{
	size_t there = frames->end - frames->at, size;

	if (there < FRAME_HEAD)
		return FRAMES_NONE;
	size = read_head(frames->data + frames->at);
	if (size > FRAME_MAX)
		return FRAMES_LIE;
	if (there - FRAME_HEAD < size)
		return FRAMES_NONE;
	*frame = frames->data + frames->at + FRAME_HEAD;
	*len = size;
	frames->at += FRAME_HEAD + size;
	return FRAMES_FRAME;
}

/* Nothing left is the rule, and costs nothing. */
void frames_make_room(struct frames *frames)
{
	size_t left = frames->end - frames->at;

	if (left && frames->room - frames->at >= FRAME_HEAD + FRAME_MAX)
		return;
	if (left)
		memmove(frames->data, frames->data + frames->at, left);
	frames->at = 0;
	frames->end = left;
}
