/* objects: probes/tracefile/event.o util/json.o util/utf8.o */
/*
 * The events of --trace: their text, and that no name and no number makes one
 * longer than its buffer has room for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>

#include "probe.h"
#include "probes/tracefile/tracefile.h"
#include "queue.h"

#define DATA_OFFSET 4096
#define NAME_MAX    255

static union {
	struct kvm_run run;
	uint8_t page[2 * 4096];
} area;

static struct trace_lane *lane;
static struct exit_view view;

static int setup(void **state)
{
	(void)state;
	memset(&area, 0, sizeof(area));
	view = (struct exit_view){ .guest = "a.bin",
				   .cpu = 1,
				   .number = 17,
				   .reason = "IO",
				   .device = "serial",
				   .run = &area.run,
				   .guest_ns = 5000,
				   .answer_ns = 70 };
	lane = calloc(1, sizeof(*lane));
	return !lane;
}

static int teardown(void **state)
{
	(void)state;
	free(lane);
	return 0;
}

static void must_be(const char *want)
{
	assert_int_equal(lane->len, strlen(want));
	assert_memory_equal(lane->buf, want, lane->len);
}

static void an_access_is_two_spans(void **state)
{
	(void)state;
	area.run.exit_reason = KVM_EXIT_IO;
	area.run.io.direction = KVM_EXIT_IO_OUT;
	area.run.io.port = 0x3f8;
	area.run.io.size = 2;
	area.run.io.count = 3;
	area.run.io.data_offset = DATA_OFFSET;
	memcpy(area.page + DATA_OFFSET, "HI----", 6);
	lane->left_ns = 1005005;
	trace_add_exit(lane, &view, 2000100);
	must_be(",\n{\"ph\":\"X\",\"pid\":1,\"tid\":2,\"ts\":1000.005,"
		"\"dur\":5.000,\"cat\":\"guest\",\"name\":\"guest\"}"
		",\n{\"ph\":\"X\",\"pid\":1,\"tid\":2,\"ts\":2000.030,"
		"\"dur\":0.070,\"cat\":\"exit\",\"name\":\"IO 0x3f8\","
		"\"args\":{\"exit\":17,\"direction\":\"out\",\"size\":2,"
		"\"count\":3,\"value\":\"0x4948\",\"device\":\"serial\"}}");
}

static void memory_and_halts(void **state)
{
	(void)state;
	view.reason = "MMIO";
	view.device = NULL;
	area.run.exit_reason = KVM_EXIT_MMIO;
	area.run.mmio.phys_addr = 0xfee00020;
	area.run.mmio.len = 4;
	area.run.mmio.data[0] = 9;
	trace_add_exit(lane, &view, 0);
	assert_non_null(strstr(lane->buf,
			       "\"name\":\"MMIO 0xfee00020\",\"args\":{\"exit\""
			       ":17,\"direction\":\"in\",\"size\":4,\"value\":"
			       "\"0x9\",\"device\":\"\"}}"));
	lane->len = 0;
	view.reason = "HLT";
	area.run.exit_reason = KVM_EXIT_HLT;
	trace_add_exit(lane, &view, 0);
	assert_non_null(
		strstr(lane->buf, "\"name\":\"HLT\",\"args\":{\"exit\":17}}"));
}

static void lines_have_a_track_that_is_named_once(void **state)
{
	(void)state;
	trace_add_line(lane, 2, 4, true, 1234567, true);
	trace_add_line(lane, 2, 4, false, 1234567, false);
	must_be(",\n{\"ph\":\"M\",\"pid\":3,\"tid\":1000,\"name\":"
		"\"thread_name\",\"args\":{\"name\":\"interrupt lines\"}}"
		",\n{\"ph\":\"i\",\"pid\":3,\"tid\":1000,\"s\":\"t\",\"ts\":"
		"1234.567,\"cat\":\"line\",\"name\":\"IRQ4 up\","
		"\"args\":{\"irq\":4,\"level\":1}}"
		",\n{\"ph\":\"i\",\"pid\":3,\"tid\":1000,\"s\":\"t\",\"ts\":"
		"1234.567,\"cat\":\"line\",\"name\":\"IRQ4 down\","
		"\"args\":{\"irq\":4,\"level\":0}}");
}

static void an_injection_is_on_its_vcpu(void **state)
{
	(void)state;
	trace_add_injection(lane, 0, 3, 0x30, 42000);
	must_be(",\n{\"ph\":\"i\",\"pid\":1,\"tid\":4,\"s\":\"t\",\"ts\":"
		"42.000,\"cat\":\"interrupt\",\"name\":\"interrupt 0x30\","
		"\"args\":{\"vector\":48}}");
}

static void the_longest_events_fit(void **state)
{
	static char name[NAME_MAX + 1];

	(void)state;
	memset(name, 1, NAME_MAX);
	view.guest = name;
	view.guest_id = view.cpu = ~0u;
	trace_add_names(lane, &view);
	assert_non_null(strstr(lane->buf, "\\u0001\"}}"));
	assert_true(lane->len < TRACE_EVENT_BYTES);

	lane->len = 0;
	view.number = view.guest_ns = view.answer_ns = UINT64_MAX;
	view.device = "a device with a long name";
	view.reason = "IRQ_WINDOW_OPEN";
	area.run.exit_reason = KVM_EXIT_MMIO;
	area.run.mmio.phys_addr = UINT64_MAX;
	area.run.mmio.len = 8;
	memset(area.run.mmio.data, 0xff, 8);
	lane->left_ns = UINT64_MAX;
	trace_add_exit(lane, &view, UINT64_MAX);
	assert_true(lane->len < TRACE_EVENT_BYTES);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

/* From taken to given back, under one id; the track has its name once. */
static void a_request_is_a_span(void **state)
{
	const struct queue_view queue = { .guest = "a.bin",
					  .device = "virtio-blk",
					  .number = 1,
					  .queue = 3 };
	const struct queue_event events[] = {
		{ .what = QUEUE_TAKEN,
		  .nr_in = 2,
		  .out = 16,
		  .in = 4097,
		  .head = 5 },
		{ .what = QUEUE_GIVEN, .in = 4097, .head = 5 },
		{ .what = QUEUE_TOLD, .asked = true },
		{ .what = QUEUE_TOLD },
	};

	(void)state;
	for (unsigned int i = 0; i < 4; i++)
		trace_add_queue(lane, &queue, &events[i], 1000 * i, !i);
	must_be(",\n{\"ph\":\"M\",\"pid\":1,\"tid\":1001,\"name\":"
		"\"thread_name\",\"args\":{\"name\":\"queues\"}}"
		",\n{\"ph\":\"b\",\"pid\":1,\"tid\":1001,\"ts\":0.000,"
		"\"cat\":\"request\",\"name\":\"virtio-blk 2 queue 3\","
		"\"id\":\"virtio-blk 2 queue 3 request 5\",\"args\":"
		"{\"out\":16,\"in\":4097}}"
		",\n{\"ph\":\"e\",\"pid\":1,\"tid\":1001,\"ts\":1.000,"
		"\"cat\":\"request\",\"name\":\"virtio-blk 2 queue 3\","
		"\"id\":\"virtio-blk 2 queue 3 request 5\",\"args\":"
		"{\"written\":4097}}"
		",\n{\"ph\":\"i\",\"pid\":1,\"tid\":1001,\"s\":\"t\","
		"\"ts\":2.000,\"cat\":\"queue\",\"name\":"
		"\"virtio-blk 2 queue 3 interrupt\"}"
		",\n{\"ph\":\"i\",\"pid\":1,\"tid\":1001,\"s\":\"t\","
		"\"ts\":3.000,\"cat\":\"queue\",\"name\":"
		"\"virtio-blk 2 queue 3 no interrupt\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(an_access_is_two_spans),
		CASE(memory_and_halts),
		CASE(lines_have_a_track_that_is_named_once),
		CASE(an_injection_is_on_its_vcpu),
		CASE(the_longest_events_fit),
		cmocka_unit_test_setup_teardown(a_request_is_a_span, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
