/*
 * Writes every VM exit and every change of an interrupt line to a file that
 * Perfetto opens (--trace=FILE). Each thread fills a buffer of its own and
 * takes the lock of the file only to write a full one, so memory is bounded
 * however long the guest runs, and events are in order within a thread.
 *
 * The file may be a pipe whose reader is slow. A vCPU waits for him where an
 * exit begins and ends; the change of a line comes with a device locked, and
 * on the main thread, too, where nobody waits: there the rest of the buffer is
 * for, and what does not fit is counted.
 *
 * The format permits that the end of the array is missing: a trace whose run
 * was killed is good up to there.
 */
#include "probes/tracefile/tracefile.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "abi/exit_status.h"
#include "probe.h"
#include "queue.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/outfile.h"
#include "util/sink.h"

#define GUESTS_MAX 256

static struct lanes lanes;
static __thread struct trace_lane *mine;
static atomic_bool named_lines[GUESTS_MAX], named_queues[GUESTS_MAX];

static const char *path; /* constant once vCPUs run, like all that follows */
static uint64_t started_ns;
static struct sink file;
static bool is_empty = true; /* no event is in it; guarded by its lock */
static struct {
	size_t len;
	char buf[TRACE_BUFFER_BYTES];
} rest;			  /* of an event that the file took in part; likewise */
static atomic_int failed; /* errno; nothing more is written */
static atomic_uint lost;  /* events there was no room for */

static uint64_t now_ns(void)
{
	return clock_now_ns() - started_ns;
}

/* The guests are not to blame: they go on, and the exit status tells. */
static void give_up(int err)
{
	int none = 0;

	if (atomic_compare_exchange_strong(&failed, &none, err))
		log_error("--trace: %s: %s; the trace ends here", path,
			  strerror(err));
}

/* Notes what a write has come to; true if it took some or all. */
static bool went(ssize_t done)
{
	if (done < 0 && done != -EAGAIN && done != -EINTR)
		give_up(-done);
	return done >= 0;
}

/* Where a lane's events begin: the first of all has no comma in front. */
static size_t skip_comma(void)
{
	size_t comma = is_empty ? strlen(",\n") : 0;

	is_empty = false;
	return comma;
}

/* Waits for the reader. */
static void flush(struct trace_lane *lane)
{
	size_t from;
	int err;

	if (!lane->len)
		return;
	if (!sink_lock(&file)) {
		give_up(ETIMEDOUT);
		return;
	}
	err = sink_put(&file, rest.buf, rest.len);
	rest.len = 0;
	from = skip_comma();
	if (!err)
		err = sink_put(&file, lane->buf + from, lane->len - from);
	if (err)
		give_up(-err);
	sink_unlock(&file);
	lane->len = 0;
}

/* Writes the rest of what is half written as far as it goes. */
static void write_rest(void)
{
	ssize_t done = sink_try(&file, rest.buf, rest.len);

	if (!went(done))
		return;
	rest.len -= done;
	memmove(rest.buf, rest.buf + done, rest.len);
}

/* Does not wait; an event that has begun is kept to be ended first. */
static void flush_now(struct trace_lane *lane)
{
	size_t from;
	ssize_t done;

	if (pthread_mutex_trylock(&file.lock))
		return;
	if (rest.len)
		write_rest();
	if (!rest.len) {
		from = is_empty ? strlen(",\n") : 0;
		done = sink_try(&file, lane->buf + from, lane->len - from);
		if (went(done)) {
			from = skip_comma() + done;
			rest.len = lane->len - from;
			memcpy(rest.buf, lane->buf + from, rest.len);
			lane->len = 0;
		}
	}
	sink_unlock(&file);
}

/* The calling thread's lane; NULL: no more events. */
static struct trace_lane *take_lane(void)
{
	if (atomic_load_explicit(&failed, memory_order_relaxed))
		return NULL;
	if (!mine)
		mine = lane_add(&lanes, sizeof(*mine));
	if (!mine)
		give_up(ENOMEM);
	return mine;
}

/* The same for an exit, which can wait, and leaves room for what cannot. */
static struct trace_lane *take_lane_for_exit(void)
{
	struct trace_lane *lane = take_lane();

	if (lane && lane->len > TRACE_BUFFER_BYTES / 2)
		flush(lane);
	return lane;
}

/* And for what comes while something is locked. */
static struct trace_lane *take_lane_now(void)
{
	struct trace_lane *lane = take_lane();

	if (!lane || lane->len <= TRACE_BUFFER_BYTES - TRACE_EVENT_BYTES)
		return lane;
	flush_now(lane);
	if (!lane->len)
		return lane;
	atomic_fetch_add(&lost, 1);
	return NULL;
}

/* The first event is one of event.c's; a run may have had none. */
static const char *const heads[] = { "[\n{\"ph\":\"", "[\n\n]\n", NULL };

static int trace_setup(const char *arg)
{
	int fd, err;

	if (path) {
		log_error("--trace: given twice; one file takes all guests");
		return -EINVAL;
	}
	path = arg;
	fd = outfile_open("--trace", path, heads);
	if (fd < 0)
		return fd;
	sink_own(&file, fd);
	started_ns = clock_now_ns();
	err = sink_write(&file, "[\n", strlen("[\n"));
	if (err)
		give_up(-err);
	return 0;
}

static void trace_before(const struct exit_view *view)
{
	struct trace_lane *lane = take_lane_for_exit();

	if (!lane)
		return;
	if (!lane->is_named)
		trace_add_names(lane, view);
	lane->is_named = true;
	lane->left_ns = now_ns();
}

static void trace_after(const struct exit_view *view)
{
	struct trace_lane *lane = take_lane_for_exit();

	if (lane)
		trace_add_exit(lane, view, now_ns());
}

static void trace_line(unsigned int guest_id, unsigned int irq, bool level,
		       uint64_t guest_now_ns)
{
	bool first = guest_id < GUESTS_MAX &&
		     !atomic_exchange(&named_lines[guest_id], true);
	struct trace_lane *lane = take_lane_now();

	(void)guest_now_ns; /* guests start at different times */
	if (lane)
		trace_add_line(lane, guest_id, irq, level, now_ns(), first);
}

/* On a device's own thread, perhaps, whose lane is its own, too. */
static void trace_queue(const struct queue_view *view,
			const struct queue_event *event)
{
	bool first = view->guest_id < GUESTS_MAX &&
		     !atomic_exchange(&named_queues[view->guest_id], true);
	struct trace_lane *lane = take_lane_now();

	if (lane)
		trace_add_queue(lane, view, event, now_ns(), first);
}

static void trace_inject(unsigned int guest_id, unsigned int cpu,
			 unsigned int vector)
{
	struct trace_lane *lane = take_lane_now();

	if (lane)
		trace_add_injection(lane, guest_id, cpu, vector, now_ns());
}

static int trace_finish(void)
{
	unsigned int missing = atomic_load(&lost);
	struct lane *lane;
	int err = 0;

	LANE_FOREACH(&lanes, lane)
	{
		if (!atomic_load(&failed))
			flush((struct trace_lane *)lane);
	}
	if (!atomic_load(&failed))
		err = sink_write(&file, "\n]\n", strlen("\n]\n"));
	err = sink_close(&file) ?: err;
	if (err)
		give_up(-err);
	if (missing)
		log_warn("--trace: %s: %u events of lines and queues are "
			 "missing: whoever reads it was too slow",
			 path, missing);
	switch (atomic_load(&failed)) {
	case 0:
		return STATUS_OK;
	case ETIMEDOUT:
		return STATUS_LIMIT;
	default:
		return STATUS_FAILED;
	}
}

static const struct probe trace_file = {
	.name = "trace-file",
	.what = "writes VM exits for ui.perfetto.dev",
	.option = "--trace",
	.arg = "FILE",
	.setup = trace_setup,
	.before = trace_before,
	.after = trace_after,
	.line = trace_line,
	.inject = trace_inject,
	.queue_event = trace_queue,
	.finish = trace_finish,
};
PROBE(trace_file);
