/*
 * Packets of gdb's remote serial protocol, made of bytes and nothing else (gdb
 * manual, "Remote Protocol", "Overview"):
 *
 *   $payload#cc   cc: sum of the payload's bytes, modulo 256, two hex digits
 *   + -           the last packet came through, or has to come once more
 *   03h           between packets: stop the guest
 *
 * In a payload 7Dh says that the next byte is to be XORed with 20h. Run-length
 * encoding is for answers only, and not used here.
 */
#ifndef MKVM_GDB_PACKET_H
#define MKVM_GDB_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACKET_MAX   16384		  /* bytes of a payload, unescaped */
#define PACKET_FRAME (2 * PACKET_MAX + 4) /* bytes of a packet that is sent */

enum packet_event {
	PACKET_NONE, /* nothing yet */
	PACKET_WHOLE,
	PACKET_BAD,  /* its sum is wrong */
	PACKET_LONG, /* longer than PACKET_MAX; the rest of it was dropped */
	PACKET_ACK,
	PACKET_NAK,
	PACKET_INTERRUPT,
};

struct packet_reader {
	enum {
		PACKET_BETWEEN,
		PACKET_INSIDE,
		PACKET_SUM_HIGH,
		PACKET_SUM_LOW,
	} state;
	bool escaped, too_long, bad;
	uint8_t sum, said;
	size_t len;		   /* of data, when a packet is whole */
	char data[PACKET_MAX + 1]; /* its payload, and a NUL */
};

void packet_start(struct packet_reader *reader);

/* Takes one more byte. */
enum packet_event packet_take(struct packet_reader *reader, uint8_t byte);

/* A walk over a payload; what does not fit leaves it where it is. */
struct scan {
	const char *at, *end;
};

struct scan scan_packet(const struct packet_reader *reader);
bool scan_done(const struct scan *scan);
bool scan_char(struct scan *scan, char c);
bool scan_word(struct scan *scan, const char *word);

/* A number of 1 to 16 hex digits. */
bool scan_number(struct scan *scan, uint64_t *number);

/* A thread's id: from 1; 0 is any, and -1 all of them. */
bool scan_thread(struct scan *scan, int64_t *id);

/* Pairs of hex digits up to the end, at most @max of them; how many bytes, or 0
 * when there are others, or too many. */
size_t scan_bytes(struct scan *scan, uint8_t *bytes, size_t max);

/* A payload that is put together; what does not fit any more is left out. */
struct reply {
	size_t len;
	char data[PACKET_MAX];
};

void reply_text(struct reply *reply, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void reply_hex(struct reply *reply, const void *bytes, size_t len);

/* Adds bytes of any value. */
void reply_bytes(struct reply *reply, const void *bytes, size_t len);

/* @reply as it is sent, escaped, in the PACKET_FRAME bytes at @frame; how many. */
size_t reply_frame(const struct reply *reply, char *frame);

#endif
