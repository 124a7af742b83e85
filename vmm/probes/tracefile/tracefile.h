/*
 * The trace in a file: what tracefile.c, the probe and its file, and
 * event.c, the text of the events, share.
 *
 * The format is the JSON array of Chrome's "Trace Event Format", which
 * https://ui.perfetto.dev and chrome://tracing open. A guest is a process
 * there, a vCPU a thread of it.
 */
#ifndef MKVM_TRACE_FILE_H
#define MKVM_TRACE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/lane.h"

struct exit_view;
struct queue_event;
struct queue_view;

#define TRACE_BUFFER_BYTES 32768
#define TRACE_EVENT_BYTES  2048 /* no event is longer, names included */

/* What one thread has not written to the file yet: whole events, each with
 * a comma in front. */
struct trace_lane {
	struct lane lane;
	bool is_named;	  /* guest and vCPU, by trace_add_names() */
	uint64_t left_ns; /* when the exit being answered was seen */
	size_t len;
	char buf[TRACE_BUFFER_BYTES];
};

/* The names of a guest and one of its vCPUs. */
void trace_add_names(struct trace_lane *lane, const struct exit_view *view);

/* The time in the guest that ended at @lane->left_ns, and the answer, which
 * ended at @now_ns. */
void trace_add_exit(struct trace_lane *lane, const struct exit_view *view,
		    uint64_t now_ns);

/* The vCPU is about to take interrupt @vector. */
void trace_add_injection(struct trace_lane *lane, unsigned int guest_id,
			 unsigned int cpu, unsigned int vector,
			 uint64_t now_ns);

/* Line @irq of the guest has changed; the first one names their track. */
void trace_add_line(struct trace_lane *lane, unsigned int guest_id,
		    unsigned int irq, bool level, uint64_t now_ns, bool first);

/* Something happened in a queue; the first one names the track. */
void trace_add_queue(struct trace_lane *lane, const struct queue_view *view,
		     const struct queue_event *event, uint64_t now_ns,
		     bool first);

#endif
