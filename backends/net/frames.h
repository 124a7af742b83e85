/*
 * Ethernet frames in a stream: four bytes of length, high first, then the frame
 * without padding or checksum. QEMU's `-netdev stream` and passt speak the same.
 */
#ifndef BACKENDS_NET_FRAMES_H
#define BACKENDS_NET_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_HEAD 4		/* bytes before each: its length */
#define FRAME_MIN  60		/* what a frame is padded to */
#define FRAME_MAX  (65535 + 14) /* the longest IPv4 packet and its header */

/* What has come and was not looked at yet: @at to @end in @data. */
struct frames {
	uint8_t *data;
	size_t at, end, room; /* room: at least FRAME_HEAD + FRAME_MAX */
};

/* What frames_next() found. */
enum frames_found {
	FRAMES_NONE,  /* the next one is not whole yet */
	FRAMES_FRAME, /* one */
	FRAMES_LIE    /* a length that no frame has; the stream is lost */
};

/*
 * Takes the next frame out of @frames: @frame and @len, in bytes, which stay
 * valid until the next frames_make_room(). Any length up to FRAME_MAX is one.
 */
enum frames_found frames_next(struct frames *frames, uint8_t **frame,
			      size_t *len);

/* Makes sure that there is room behind @frames->end for what is missing of the
 * frame that begins at @frames->at. */
void frames_make_room(struct frames *frames);

/* Writes the head of a frame of @len bytes to @head. */
void frames_put_head(uint8_t *head, size_t len);

#endif
