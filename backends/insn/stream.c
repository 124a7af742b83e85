/* Head and blocks: see vmm/abi/insn_trace.h. */
#include "backends/insn/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backends/insn/insn.h"

#define LINE_BYTES 512 /* of the head; longer ones are none */

struct guest_name guests[GUESTS_MAX];
unsigned int nr_guests;

/* Input, with what was read and not looked at yet. */
struct input {
	const struct stream *stream;
	uint8_t buf[INSN_BLOCK_HEAD + INSN_BLOCK_MAX];
	size_t at, end;
	uint64_t taken; /* bytes before @at */
	bool over, failed;
};

static void fill(struct input *in)
{
	ssize_t len;

	if (in->at) {
		memmove(in->buf, in->buf + in->at, in->end - in->at);
		in->end -= in->at;
		in->at = 0;
	}
	if (in->stream->live && !out_flush())
		in->over = true;
	if (in->over)
		return;
	do {
		len = in->stream->read(in->stream->arg, in->buf + in->end,
				       sizeof(in->buf) - in->end);
	} while (len < 0 && errno == EINTR);
	if (len <= 0)
		in->over = true;
	if (len < 0)
		in->failed = true;
	else
		in->end += len;
}

/* Whether there are @len bytes, at most a block. */
static bool has(struct input *in, size_t len)
{
	while (in->end - in->at < len && !in->over)
		fill(in);
	return in->end - in->at >= len;
}

static void drop(struct input *in, size_t len)
{
	in->at += len;
	in->taken += len;
}

/* --- The head -------------------------------------------------------------- */

/* The next line, without its end, in @line of LINE_BYTES. */
static bool take_line(struct input *in, char *line)
{
	for (size_t len = 0; len < LINE_BYTES; len++) {
		if (!has(in, len + 1))
			return false;
		line[len] = in->buf[in->at + len];
		if (line[len] != '\n')
			continue;
		line[len] = '\0';
		drop(in, len + 1);
		return !memchr(line, '\0', len);
	}
	return false;
}

static bool take_space(char **text)
{
	return *(*text)++ == ' ';
}

/* A number up to @max at *@text, which is moved behind it. */
static bool take_number(char **text, unsigned long max, unsigned int *value)
{
	unsigned long number;

	if (**text < '0' || **text > '9')
		return false;
	number = strtoul(*text, text, 10);
	*value = number;
	return number <= max;
}

static bool take_guest(char *line)
{
	static const char word[] = "guest ";
	struct guest_name guest = { 0 };
	unsigned int id;

	if (strncmp(line, word, sizeof(word) - 1) != 0)
		return false;
	line += sizeof(word) - 1;
	if (!take_number(&line, GUESTS_MAX - 1, &id) || id != nr_guests ||
	    !take_space(&line) ||
	    !take_number(&line, CPUS_MAX, &guest.nr_cpus) ||
	    !take_space(&line) || strlen(line) >= sizeof(guest.name))
		return false;
	for (size_t i = 0; line[i]; i++)
		guest.name[i] = (unsigned char)line[i] < ' ' ||
						line[i] == 0x7f ?
					'?' :
					line[i];
	guests[nr_guests++] = guest;
	return true;
}

static bool take_head(struct input *in)
{
	char line[LINE_BYTES];

	nr_guests = 0;
	if (!take_line(in, line) ||
	    strncmp(line, INSN_HEAD, sizeof(INSN_HEAD) - 1) != 0)
		return false;
	while (take_line(in, line)) {
		if (!*line)
			return true;
		if (!take_guest(line))
			return false;
	}
	return false;
}

/* --- Blocks ---------------------------------------------------------------- */

static uint64_t get_le(const uint8_t *from, unsigned int bytes)
{
	uint64_t val = 0;

	while (bytes-- > 0)
		val = val << 8 | from[bytes];
	return val;
}

/* One block; STREAM_WHOLE if there may be more. */
static enum stream_end take_block(struct input *in, const char **why)
{
	const uint8_t *head = in->buf + in->at;
	unsigned int guest = get_le(head + 4, 2), cpu = get_le(head + 6, 2);
	size_t len = get_le(head, 4), there = len, done;
	uint64_t ns = get_le(head + 8, 8);
	enum found found;

	if (!len || len > INSN_BLOCK_MAX) {
		*why = "a block that is too long";
		return STREAM_WRONG;
	}
	drop(in, INSN_BLOCK_HEAD);
	if (!has(in, len))
		there = in->end - in->at;
	found = records_read(guest, cpu, ns, in->buf + in->at, there, &done,
			     why);
	if (found == FOUND_WRONG)
		return STREAM_WRONG;
	if (there < len)
		return STREAM_CUT;
	if (found == FOUND_CUT) {
		*why = "a record that its block cuts off";
		return STREAM_WRONG;
	}
	drop(in, len);
	return STREAM_WHOLE;
}

/* Where a block ends the file may. */
static enum stream_end take_blocks(struct input *in, uint64_t *where,
				   const char **why)
{
	enum stream_end end = STREAM_WHOLE;

	while (end == STREAM_WHOLE && has(in, INSN_BLOCK_HEAD)) {
		*where = in->taken;
		end = take_block(in, why);
	}
	if (end == STREAM_WHOLE && in->end != in->at)
		end = STREAM_CUT;
	return end;
}

enum stream_end stream_show(const struct stream *stream, uint64_t *where,
			    const char **why)
{
	static struct input input;
	struct input *in = &input;
	enum stream_end end = STREAM_OTHER;

	*in = (struct input){ .stream = stream };
	if (take_head(in))
		end = take_blocks(in, where, why);
	if (in->failed)
		end = STREAM_IO;
	if (end == STREAM_WHOLE && records_are_open())
		end = STREAM_CUT;
	records_end(end != STREAM_OTHER);
	return end;
}
