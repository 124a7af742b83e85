/* What a guest prints, against what it is to print: see judge.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probes/judge/judge.h"
#include "util/log.h"

#define WANT_MAX (64UL << 20) /* bytes that a guest may be expected to print */

/* The whole file; it may be a pipe. */
static int read_want(struct judge_output *output, int fd)
{
	uint8_t *want = NULL, *more;
	size_t size = 0, len = 0;
	ssize_t got = 1;

	while (got > 0 && len <= WANT_MAX) {
		if (len == size) {
			size = size ? 2 * size : JUDGE_SHOWN;
			more = realloc(want, size);
			if (!more)
				break;
			want = more;
		}
		got = read(fd, want + len, size - len);
		len += got > 0 ? (size_t)got : 0;
	}
	output->want = want;
	output->want_len = len;
	if (!got)
		return 0;
	log_error("--expect-output %s: %s", judge_options.expected,
		  got < 0	 ? strerror(errno) :
		  len > WANT_MAX ? "more than 64 MiB" :
				   strerror(ENOMEM));
	return -EIO;
}

int printed_begin(struct judge_output *output, int want_fd)
{
	*output = (struct judge_output){ .line = 1, .column = 1 };
	sha256_begin(&output->sha);
	return want_fd < 0 ? 0 : read_want(output, want_fd);
}

/* The next byte is @had, or the end. */
static void compare(struct judge_output *output, uint64_t at, int had)
{
	int wanted = at < output->want_len ? output->want[at] : -1;

	if (wanted != had) {
		output->differs = true;
		output->wanted = wanted;
		output->had = had;
	} else if (had == '\n') {
		output->line++;
		output->column = 1;
	} else {
		output->column++;
	}
}

void printed_take(struct judge_output *output, const void *buf, size_t len)
{
	const uint8_t *bytes = buf;

	sha256_add(&output->sha, buf, len);
	for (size_t i = 0; i < len; i++) {
		if (output->len < JUDGE_SHOWN)
			output->first[output->len] = bytes[i];
		if (output->want && !output->differs)
			compare(output, output->len, bytes[i]);
		output->len++;
	}
}

void printed_end(struct judge_output *output)
{
	if (output->want && !output->differs && output->len < output->want_len)
		compare(output, output->len, -1);
}
