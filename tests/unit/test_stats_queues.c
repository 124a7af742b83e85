/* objects: probes/stats/queues.o util/json.o util/utf8.o util/lane.o util/log.o util/sink.o */
/*
 * What --stats says of queues: those of each guest in the order of their devices,
 * what was saved, and a second device of the same kind by its number.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/stats/stats.h"
#include "queue.h"
#include "util/json.h"

void stats_fail(void)
{
	fail();
}

static const struct {
	struct queue_view view;
	struct queue_counts counts;
} rows[] = {
	{ { "one", 0, 2, "virtio-blk", 0, 0 },
	  { .chains = 100,
	    .buffers = 300,
	    .bytes_out = 1600,
	    .bytes_in = 409700,
	    .kicks = 12,
	    .kicked = 10,
	    .given = 99,
	    .interrupts = 40,
	    .size = 128 } },
	{ { "one", 0, 2, "virtio-blk", 1, 3 },
	  { .chains = 1,
	    .kicked = 2,
	    .interrupts = 1,
	    .size = 8,
	    .packed = true } },
	{ { "two", 1, 2, "virtio-rng", 0, 0 }, { .chains = 7, .size = 64 } },
};

static char *print(int guest)
{
	char *text;
	size_t len;
	FILE *to = open_memstream(&text, &len);
	struct json json;

	assert_non_null(to);
	if (guest < 0) {
		stats_print_queues(to);
	} else {
		json_begin(&json, to);
		json_object(&json, NULL);
		stats_add_queues(&json, guest);
		json_close(&json);
	}
	fclose(to);
	return text;
}

static void must_have(int guest, const char *const *lines, size_t nr)
{
	char *text = print(guest), *at = text;

	for (size_t i = 0; i < nr; i++) {
		at = strstr(at, lines[i]);
		if (!at)
			fail_msg("no %s in %s", lines[i], text);
	}
	free(text);
}

static void is_empty_without(void **state)
{
	char *text = print(-1);

	(void)state;
	assert_string_equal(text, "");
	free(text);
	text = print(0);
	assert_non_null(strstr(text, "\"queues\": []"));
	free(text);
}

static void take_all(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		stats_take_queue(&rows[i].view, &rows[i].counts);
}

static void is_in_the_table(void **state)
{
	static const char *const lines[] = {
		"  requests  buffers   bytes out    bytes in     kicks     saved",
		"       100      300        1600      409700        12        90  "
		"        40        59  virtio-blk queue 0, split, 128, one\n",
		"         1         0  virtio-blk 2 queue 3, packed, 8, one\n",
		"virtio-rng queue 0, split, 64, two\n",
	};

	(void)state;
	take_all();
	must_have(-1, lines, sizeof(lines) / sizeof(lines[0]));
}

static void is_in_json(void **state)
{
	static const char *const one[] = {
		"\"device\": \"virtio-blk\", \"number\": 0, \"queue\": 0, "
		"\"size\": 128, \"layout\": \"split\", \"requests\": 100, "
		"\"buffers\": 300, \"bytes_out\": 1600, \"bytes_in\": 409700, "
		"\"kicks\": 12, \"kicks_saved\": 90, \"interrupts\": 40, "
		"\"interrupts_saved\": 59",
		"\"number\": 1, \"queue\": 3, \"size\": 8, \"layout\": "
		"\"packed\"",
	};
	static const char *const two[] = { "\"virtio-rng\"" };
	char *text = print(1);

	(void)state;
	must_have(0, one, 2);
	must_have(1, two, 1);
	assert_null(strstr(text, "virtio-blk"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_empty_without),
		cmocka_unit_test(is_in_the_table),
		cmocka_unit_test(is_in_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
