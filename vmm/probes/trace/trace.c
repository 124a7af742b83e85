/*
 * Names every VM exit on stderr (--verbose), one line each: number, what
 * happened, where, who answers, and the value. It leaves out nothing, so
 * expect it to be slow. What answers is a device, or nobody.
 */
#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/symbols.h"
#include "probe.h"
#include "queue.h"
#include "util/log.h"
#include "util/text.h"
#include "x86/bits.h"

#define LINE_BYTES 1024
#define SHOWN_MAX  32 /* bytes of a string instruction that are shown */

/* The exits that are more than a name. */
static const struct {
	unsigned int reason;
	bool has_place; /* the registers are those of the guest */
	const char *words;
} names[] = {
	{ KVM_EXIT_HLT, true, "halt" },
	{ KVM_EXIT_SHUTDOWN, false, "shutdown: a triple fault" },
	{ KVM_EXIT_FAIL_ENTRY, false, "the CPU refused to enter the guest" },
	{ KVM_EXIT_INTERNAL_ERROR, true, "KVM cannot go on" },
	{ KVM_EXIT_SYSTEM_EVENT, true, "the guest asks for its own end" },
	{ KVM_EXIT_INTR, true, "a signal came" },
	{ KVM_EXIT_IRQ_WINDOW_OPEN, true, "ready to take an interrupt" },
};

static bool is_text(uint8_t byte)
{
	return (byte >= ' ' && byte < 0x7f) || byte == '\n' || byte == '\r' ||
	       byte == '\t';
}

/* One value; as a character, too, if it may be one. */
static void add_value(struct text *line, const uint8_t *data, unsigned int size)
{
	uint64_t val = 0;

	memcpy(&val, data, size);
	text_add(line, "0x%0*llx", (int)size * 2, (unsigned long long)val);
	if (size == 1 && is_text(*data)) {
		text_add(line, " '");
		text_byte(line, *data);
		text_add(line, "'");
	}
}

/* The items of a string instruction. */
static void add_items(struct text *line, const uint8_t *data, unsigned int size,
		      unsigned int count)
{
	unsigned int bytes = size * count;

	text_add(line, "%u x %u byte%s \"", count, size, size > 1 ? "s" : "");
	for (unsigned int i = 0; i < bytes && i < SHOWN_MAX; i++)
		text_byte(line, data[i]);
	text_add(line, "\"%s", bytes > SHOWN_MAX ? "..." : "");
}

static void add_access(struct text *line, const struct exit_view *view)
{
	const struct kvm_run *run = view->run;
	const char *device = view->device ? view->device : "nobody";
	const uint8_t *data;

	if (run->exit_reason == KVM_EXIT_MMIO) {
		text_add(line, "memory %s: 0x%llx (%s) %s ",
			 run->mmio.is_write ? "write" : "read",
			 run->mmio.phys_addr, device,
			 run->mmio.is_write ? "<-" : "->");
		add_value(line, run->mmio.data, run->mmio.len);
		return;
	}
	data = (const uint8_t *)run + run->io.data_offset;
	text_add(line, "port %s: 0x%x (%s) %s ",
		 run->io.direction == KVM_EXIT_IO_OUT ? "output" : "input",
		 run->io.port, device,
		 run->io.direction == KVM_EXIT_IO_OUT ? "<-" : "->");
	if (run->io.count == 1)
		add_value(line, data, run->io.size);
	else
		add_items(line, data, run->io.size, run->io.count);
}

static void add_other(struct text *line, const struct exit_view *view)
{
	const struct kvm_regs *regs = &view->run->s.regs.regs;
	const char *words = view->reason;
	bool has_place = true;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].reason != view->run->exit_reason)
			continue;
		words = names[i].words;
		has_place = names[i].has_place;
	}
	text_add(line, "%s", words);
	if (!has_place)
		return;
	text_add(line, ": at rip 0x%llx", regs->rip);
	vm_add_code_symbol(line, view->vm, regs, &view->run->s.regs.sregs);
	text_add(line, ", interrupts %s",
		 regs->rflags & RFLAGS_IF ? "on" : "off");
}

static bool is_access(const struct kvm_run *run)
{
	return run->exit_reason == KVM_EXIT_IO ||
	       run->exit_reason == KVM_EXIT_MMIO;
}

/* What a read gave is known only after it. */
static bool is_read(const struct kvm_run *run)
{
	return run->exit_reason == KVM_EXIT_IO ?
		       run->io.direction == KVM_EXIT_IO_IN :
		       run->exit_reason == KVM_EXIT_MMIO && !run->mmio.is_write;
}

/* A text, and no message of the log: it waits for its reader. */
static void trace_exit(const struct exit_view *view)
{
	char buf[LINE_BYTES];
	struct text line;

	text_init(&line, buf, sizeof(buf) - 1);
	text_add(&line, "kvm-vmm: %s: ", view->guest);
	if (view->nr_cpus > 1)
		text_add(&line, "vCPU %u: ", view->cpu);
	text_add(&line, "exit %llu: ", (unsigned long long)view->number);
	if (is_access(view->run))
		add_access(&line, view);
	else
		add_other(&line, view);
	buf[line.len++] = '\n';
	log_text(buf, line.len);
}

static void add_event(struct text *line, const struct queue_event *event)
{
	switch (event->what) {
	case QUEUE_TAKEN:
		text_add(line,
			 "request %u taken, %u buffers to be read (%llu "
			 "bytes), %u to be written (%llu)",
			 event->head, event->nr_out,
			 (unsigned long long)event->out, event->nr_in,
			 (unsigned long long)event->in);
		break;
	case QUEUE_GIVEN:
		text_add(line, "request %u given back, %llu bytes written",
			 event->head, (unsigned long long)event->in);
		break;
	case QUEUE_TOLD:
		text_add(line, "%s",
			 event->asked ? "interrupt" : "no interrupt wanted");
		break;
	}
}

/* A device's own thread may say it. */
static void trace_event(const struct queue_view *view,
			const struct queue_event *event)
{
	char buf[LINE_BYTES];
	struct text line;

	text_init(&line, buf, sizeof(buf) - 1);
	text_add(&line, "kvm-vmm: %s: %s", view->guest, view->device);
	if (view->number)
		text_add(&line, " %u", view->number + 1);
	text_add(&line, " queue %u: ", view->queue);
	add_event(&line, event);
	buf[line.len++] = '\n';
	log_text(buf, line.len);
}

static void trace_before(const struct exit_view *view)
{
	if (!is_read(view->run))
		trace_exit(view);
}

static void trace_after(const struct exit_view *view)
{
	if (is_read(view->run))
		trace_exit(view);
}

static const struct probe trace = {
	.name = "trace",
	.what = "names every VM exit",
	.option = "--verbose",
	.talks = true,
	.before = trace_before,
	.after = trace_after,
	.queue_event = trace_event,
};
PROBE(trace);
