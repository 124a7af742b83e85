/*
 * The text of trace events. An exit is two of them, some 230 bytes together,
 * and may come a hundred thousand times a second: so numbers are put together
 * here, digit by digit, and not by printf().
 */
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>

#include "probe.h"
#include "probes/tracefile/tracefile.h"
#include "queue.h"
#include "util/clock.h"
#include "util/json.h"

#define NAME_BYTES 1536 /* a file name of 255 bytes, each one escaped */
#define LINES_TID  1000 /* more than there are vCPUs */
#define QUEUES_TID 1001

static void add_bytes(struct trace_lane *lane, const char *text, size_t len)
{
	memcpy(lane->buf + lane->len, text, len);
	lane->len += len;
}

static void add(struct trace_lane *lane, const char *text)
{
	add_bytes(lane, text, strlen(text));
}

static void add_number(struct trace_lane *lane, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = '0' + value % 10;
		value /= 10;
	} while (value);
	add_bytes(lane, digits + at, sizeof(digits) - at);
}

static void add_hex(struct trace_lane *lane, uint64_t value)
{
	static const char hex[] = "0123456789abcdef";
	char digits[16];
	size_t at = sizeof(digits);

	do {
		digits[--at] = hex[value & 0xf];
		value >>= 4;
	} while (value);
	add(lane, "0x");
	add_bytes(lane, digits + at, sizeof(digits) - at);
}

/* Microseconds with three decimals. */
static void add_time(struct trace_lane *lane, uint64_t ns)
{
	unsigned int rest = ns % NS_PER_US;
	char decimals[4] = { '.', '0' + rest / 100, '0' + rest / 10 % 10,
			     '0' + rest % 10 };

	add_number(lane, ns / NS_PER_US);
	add_bytes(lane, decimals, sizeof(decimals));
}

/* Process and thread 0 mean something else to some viewers. */
static void begin(struct trace_lane *lane, const char *kind,
		  unsigned int guest_id, unsigned int tid)
{
	add(lane, ",\n{\"ph\":\"");
	add(lane, kind);
	add(lane, "\",\"pid\":");
	add_number(lane, guest_id + 1);
	add(lane, ",\"tid\":");
	add_number(lane, tid);
}

static void add_span(struct trace_lane *lane, const struct exit_view *view,
		     uint64_t from_ns, uint64_t ns)
{
	begin(lane, "X", view->guest_id, view->cpu + 1);
	add(lane, ",\"ts\":");
	add_time(lane, from_ns);
	add(lane, ",\"dur\":");
	add_time(lane, ns);
}

static void add_access(struct trace_lane *lane, const struct exit_view *view,
		       bool out, const void *data, unsigned int size,
		       unsigned int count)
{
	uint64_t value = 0;

	memcpy(&value, data, size);
	add(lane, ",\"direction\":\"");
	add(lane, out ? "out" : "in");
	add(lane, "\",\"size\":");
	add_number(lane, size);
	if (count != 1) {
		add(lane, ",\"count\":");
		add_number(lane, count);
	}
	add(lane, ",\"value\":\"");
	add_hex(lane, value);
	add(lane, "\",\"device\":\"");
	add(lane, view->device ? view->device : "");
	add(lane, "\"");
}

static void add_data(struct trace_lane *lane, const struct exit_view *view)
{
	const struct kvm_run *run = view->run;

	if (run->exit_reason == KVM_EXIT_IO)
		add_access(lane, view, run->io.direction == KVM_EXIT_IO_OUT,
			   (const uint8_t *)run + run->io.data_offset,
			   run->io.size, run->io.count);
	else if (run->exit_reason == KVM_EXIT_MMIO)
		add_access(lane, view, run->mmio.is_write, run->mmio.data,
			   run->mmio.len, 1);
}

/* "IO 0x3f8": what is alike has one name, and so one colour. */
static void add_what(struct trace_lane *lane, const struct exit_view *view)
{
	const struct kvm_run *run = view->run;

	add(lane, ",\"cat\":\"exit\",\"name\":\"");
	add(lane, view->reason);
	if (run->exit_reason == KVM_EXIT_IO) {
		add(lane, " ");
		add_hex(lane, run->io.port);
	} else if (run->exit_reason == KVM_EXIT_MMIO) {
		add(lane, " ");
		add_hex(lane, run->mmio.phys_addr);
	}
}

void trace_add_exit(struct trace_lane *lane, const struct exit_view *view,
		    uint64_t now_ns)
{
	add_span(lane, view, lane->left_ns - view->guest_ns, view->guest_ns);
	add(lane, ",\"cat\":\"guest\",\"name\":\"guest\"}");
	add_span(lane, view, now_ns - view->answer_ns, view->answer_ns);
	add_what(lane, view);
	add(lane, "\",\"args\":{\"exit\":");
	add_number(lane, view->number);
	add_data(lane, view);
	add(lane, "}}");
}

void trace_add_line(struct trace_lane *lane, unsigned int guest_id,
		    unsigned int irq, bool level, uint64_t now_ns, bool first)
{
	if (first) {
		begin(lane, "M", guest_id, LINES_TID);
		add(lane, ",\"name\":\"thread_name\",\"args\":{\"name\":"
			  "\"interrupt lines\"}}");
	}
	begin(lane, "i", guest_id, LINES_TID);
	add(lane, ",\"s\":\"t\",\"ts\":");
	add_time(lane, now_ns);
	add(lane, ",\"cat\":\"line\",\"name\":\"IRQ");
	add_number(lane, irq);
	add(lane, level ? " up\"" : " down\"");
	add(lane, ",\"args\":{\"irq\":");
	add_number(lane, irq);
	add(lane, level ? ",\"level\":1}}" : ",\"level\":0}}");
}

/* "virtio-blk 2 queue 0" */
static void add_queue_name(struct trace_lane *lane,
			   const struct queue_view *view)
{
	add(lane, view->device);
	if (view->number) {
		add(lane, " ");
		add_number(lane, view->number + 1);
	}
	add(lane, " queue ");
	add_number(lane, view->queue);
}

/* A request is a span of its own, from taken to given back. */
static void add_request(struct trace_lane *lane, const struct queue_view *view,
			const struct queue_event *event, uint64_t now_ns)
{
	const bool taken = event->what == QUEUE_TAKEN;

	begin(lane, taken ? "b" : "e", view->guest_id, QUEUES_TID);
	add(lane, ",\"ts\":");
	add_time(lane, now_ns);
	add(lane, ",\"cat\":\"request\",\"name\":\"");
	add_queue_name(lane, view);
	add(lane, "\",\"id\":\"");
	add_queue_name(lane, view);
	add(lane, " request ");
	add_number(lane, event->head);
	add(lane,
	    taken ? "\",\"args\":{\"out\":" : "\",\"args\":{\"written\":");
	add_number(lane, taken ? event->out : event->in);
	if (taken) {
		add(lane, ",\"in\":");
		add_number(lane, event->in);
	}
	add(lane, "}}");
}

void trace_add_queue(struct trace_lane *lane, const struct queue_view *view,
		     const struct queue_event *event, uint64_t now_ns,
		     bool first)
{
	if (first) {
		begin(lane, "M", view->guest_id, QUEUES_TID);
		add(lane, ",\"name\":\"thread_name\",\"args\":{\"name\":"
			  "\"queues\"}}");
	}
	if (event->what != QUEUE_TOLD) {
		add_request(lane, view, event, now_ns);
		return;
	}
	begin(lane, "i", view->guest_id, QUEUES_TID);
	add(lane, ",\"s\":\"t\",\"ts\":");
	add_time(lane, now_ns);
	add(lane, ",\"cat\":\"queue\",\"name\":\"");
	add_queue_name(lane, view);
	add(lane, event->asked ? " interrupt\"}" : " no interrupt\"}");
}

void trace_add_injection(struct trace_lane *lane, unsigned int guest_id,
			 unsigned int cpu, unsigned int vector, uint64_t now_ns)
{
	begin(lane, "i", guest_id, cpu + 1);
	add(lane, ",\"s\":\"t\",\"ts\":");
	add_time(lane, now_ns);
	add(lane, ",\"cat\":\"interrupt\",\"name\":\"interrupt ");
	add_hex(lane, vector);
	add(lane, "\",\"args\":{\"vector\":");
	add_number(lane, vector);
	add(lane, "}}");
}

void trace_add_names(struct trace_lane *lane, const struct exit_view *view)
{
	char name[NAME_BYTES] = "\"\"";
	FILE *to = fmemopen(name, sizeof(name), "w");

	if (to) {
		json_quote(to, view->guest);
		fclose(to);
	}
	begin(lane, "M", view->guest_id, view->cpu + 1);
	add(lane, ",\"name\":\"process_name\",\"args\":{\"name\":");
	add(lane, name);
	add(lane, "}}");
	begin(lane, "M", view->guest_id, view->cpu + 1);
	add(lane, ",\"name\":\"thread_name\",\"args\":{\"name\":\"vCPU ");
	add_number(lane, view->cpu);
	add(lane, "\"}}");
}
