/* An exit made up, and what --explain says of it. */
#ifndef MKVM_TESTS_EXPLAINED_H
#define MKVM_TESTS_EXPLAINED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/kvm.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "probe.h"
#include "probes/explain/explain.h"

#define DATA_OFFSET 4096

static union {
	struct kvm_run run;
	uint8_t page[2 * 4096];
} area;

static struct explain_guest guest;
static struct exit_view view;

/* What the second and third column say, their runs of spaces as one. */
static inline const char *explained(void)
{
	static char said[512];
	char buf[512];
	struct text text;
	char *line_end;
	size_t to = 0;

	text_init(&text, buf, sizeof(buf));
	explain_view(&text, &guest, &view);
	line_end = strchr(buf, '\n');
	assert_non_null(line_end);
	*line_end = '\0';
	for (const char *from = buf + 5; *from; from++)
		if (!(from[0] == ' ' && from[1] == ' '))
			said[to++] = *from;
	said[to] = '\0';
	return said;
}

static inline int setup(void **state)
{
	(void)state;
	memset(&area, 0, sizeof(area));
	memset(&guest, 0, sizeof(guest));
	view = (struct exit_view){
		.guest = "test.bin",
		.nr_guests = 1,
		.nr_cpus = 1,
		.number = 7,
		.reason = "IO",
		.device = "serial",
		.run = &area.run,
		.guest_ns = 12300,
		.answer_ns = 456,
	};
	return 0;
}

static inline void port(int out, unsigned int at, const void *data,
			unsigned int size, unsigned int count)
{
	area.run.exit_reason = KVM_EXIT_IO;
	area.run.io.direction = out ? KVM_EXIT_IO_OUT : KVM_EXIT_IO_IN;
	area.run.io.port = at;
	area.run.io.size = size;
	area.run.io.count = count;
	area.run.io.data_offset = DATA_OFFSET;
	memcpy(area.page + DATA_OFFSET, data, (size_t)size * count);
}

struct access {
	int out;
	unsigned int at;
	uint16_t val;
	const char *said;
	bool wide; /* two bytes */
};

#define TIMES " 12.3us 456ns "

/* clang-format off */
#define OUT(at, val, said)   { 1, at, val, said, false }
#define IN(at, val, said)    { 0, at, val, said, false }
#define OUT16(at, val, said) { 1, at, val, said, true }
#define IN16(at, val, said)  { 0, at, val, said, true }
/* clang-format on */

static inline void run_accesses(const struct access *accesses, size_t count)
{
	char want[256];

	for (size_t i = 0; i < count; i++) {
		port(accesses[i].out, accesses[i].at, &accesses[i].val,
		     1 + accesses[i].wide, 1);
		snprintf(want, sizeof(want), "%s", accesses[i].said);
		assert_string_equal(explained(), want);
	}
}

#define RUN(accesses) \
	run_accesses(accesses, sizeof(accesses) / sizeof((accesses)[0]))

#endif
