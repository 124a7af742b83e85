/* Packets of gdb's remote serial protocol: see packet.h. */
#include "service/gdb/packet.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define INTERRUPT  0x03
#define ESCAPE	   '}'
#define ESCAPE_XOR 0x20

static const char digits[] = "0123456789abcdef";

/* 0 to 15, or -1. */
static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

void packet_start(struct packet_reader *reader)
{
	reader->state = PACKET_BETWEEN;
	reader->len = 0;
}

static enum packet_event take_between(struct packet_reader *reader,
				      uint8_t byte)
{
	switch (byte) {
	case '$':
		reader->state = PACKET_INSIDE;
		reader->escaped = reader->too_long = reader->bad = false;
		reader->sum = 0;
		reader->len = 0;
		return PACKET_NONE;
	case '+':
		return PACKET_ACK;
	case '-':
		return PACKET_NAK;
	case INTERRUPT:
		return PACKET_INTERRUPT;
	default:
		return PACKET_NONE; /* noise of a line */
	}
}

static void add_byte(struct packet_reader *reader, uint8_t byte)
{
	reader->sum += byte;
	if (byte == ESCAPE && !reader->escaped) {
		reader->escaped = true;
	} else if (reader->len == PACKET_MAX) {
		reader->too_long = true;
	} else {
		if (reader->escaped)
			byte ^= ESCAPE_XOR;
		reader->data[reader->len++] = (char)byte;
		reader->escaped = false;
	}
}

static void take_inside(struct packet_reader *reader, uint8_t byte)
{
	if (byte == '#')
		reader->state = PACKET_SUM_HIGH;
	else if (byte == '$') /* the end of the last one was lost */
		take_between(reader, byte);
	else
		add_byte(reader, byte);
}

static void take_sum(struct packet_reader *reader, uint8_t byte)
{
	int digit = digit_of((char)byte);

	if (digit < 0)
		reader->bad = true;
	reader->said = (uint8_t)(reader->said << 4 | (digit & 0xf));
}

static enum packet_event finish(struct packet_reader *reader)
{
	reader->state = PACKET_BETWEEN;
	reader->data[reader->len] = '\0';
	if (reader->bad || reader->said != reader->sum)
		return PACKET_BAD;
	return reader->too_long || reader->escaped ? PACKET_LONG : PACKET_WHOLE;
}

enum packet_event packet_take(struct packet_reader *reader, uint8_t byte)
{
	switch (reader->state) {
	case PACKET_BETWEEN:
		return take_between(reader, byte);
	case PACKET_INSIDE:
		take_inside(reader, byte);
		return PACKET_NONE;
	case PACKET_SUM_HIGH:
		take_sum(reader, byte);
		reader->state = PACKET_SUM_LOW;
		return PACKET_NONE;
	default:
		take_sum(reader, byte);
		return finish(reader);
	}
}

struct scan scan_packet(const struct packet_reader *reader)
{
	return (struct scan){ reader->data, reader->data + reader->len };
}

bool scan_done(const struct scan *scan)
{
	return scan->at == scan->end;
}

bool scan_char(struct scan *scan, char c)
{
	if (scan_done(scan) || *scan->at != c)
		return false;
	scan->at++;
	return true;
}

bool scan_word(struct scan *scan, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(scan->end - scan->at) < len ||
	    memcmp(scan->at, word, len) != 0)
		return false;
	scan->at += len;
	return true;
}

bool scan_number(struct scan *scan, uint64_t *number)
{
	const char *at = scan->at;
	uint64_t sum = 0;

	while (at < scan->end && digit_of(*at) >= 0) {
		if (sum >> 60)
			return false;
		sum = sum << 4 | (unsigned int)digit_of(*at++);
	}
	if (at == scan->at)
		return false;
	scan->at = at;
	*number = sum;
	return true;
}

bool scan_thread(struct scan *scan, int64_t *id)
{
	const char *start = scan->at;
	bool all = scan_char(scan, '-');
	uint64_t number;

	if (!scan_number(scan, &number) || number > INT32_MAX ||
	    (all && number != 1)) {
		scan->at = start;
		return false;
	}
	*id = all ? -1 : (int64_t)number;
	return true;
}

size_t scan_bytes(struct scan *scan, uint8_t *bytes, size_t max)
{
	size_t len = (size_t)(scan->end - scan->at);

	if (len % 2 || len / 2 > max)
		return 0;
	for (size_t i = 0; i < len; i++) {
		int digit = digit_of(scan->at[i]);

		if (digit < 0)
			return 0;
		bytes[i / 2] =
			(uint8_t)(i % 2 ? bytes[i / 2] << 4 | digit : digit);
	}
	scan->at = scan->end;
	return len / 2;
}

void reply_text(struct reply *reply, const char *fmt, ...)
{
	size_t room = sizeof(reply->data) - reply->len;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(reply->data + reply->len, room, fmt, args);
	va_end(args);
	if (len > 0)
		reply->len += (size_t)len < room ? (size_t)len : 0;
}

void reply_hex(struct reply *reply, const void *bytes, size_t len)
{
	const uint8_t *byte = bytes;

	for (; len-- > 0 && sizeof(reply->data) - reply->len >= 2; byte++) {
		reply->data[reply->len++] = digits[*byte >> 4];
		reply->data[reply->len++] = digits[*byte & 0xf];
	}
}

void reply_bytes(struct reply *reply, const void *bytes, size_t len)
{
	size_t room = sizeof(reply->data) - reply->len;

	len = len < room ? len : room;
	memcpy(reply->data + reply->len, bytes, len);
	reply->len += len;
}

/* '*' would be the run length of the byte before. */
static bool has_to_be_escaped(char c)
{
	return c == '#' || c == '$' || c == '*' || c == ESCAPE;
}

size_t reply_frame(const struct reply *reply, char *frame)
{
	uint8_t sum = 0;
	size_t len = 0;

	frame[len++] = '$';
	for (size_t i = 0; i < reply->len; i++) {
		char c = reply->data[i];

		if (has_to_be_escaped(c)) {
			frame[len++] = ESCAPE;
			sum += ESCAPE;
			c ^= ESCAPE_XOR;
		}
		frame[len++] = c;
		sum += (uint8_t)c;
	}
	frame[len++] = '#';
	frame[len++] = digits[sum >> 4];
	frame[len++] = digits[sum & 0xf];
	return len;
}
