/*
 * Writes every VM exit and every change of an interrupt line to a file that
 * Perfetto opens (--trace=FILE). Each thread fills a buffer of its own and
 * takes the lock of the file only to write a full one, so memory is bounded
 * however long the guest runs, and events are in order within a thread.
 *
 * The format permits that the end of the array is missing: a trace whose run
 * was killed is good up to there.
 */
#include "probes/tracefile/tracefile.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "abi/exit_status.h"
#include "probe.h"
#include "util/clock.h"
#include "util/log.h"

#define GUESTS_MAX 256

static struct lanes lanes;
static __thread struct trace_lane *mine;
static atomic_bool named_lines[GUESTS_MAX];

static const char *path; /* constant once vCPUs run, like all that follows */
static uint64_t started_ns;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of fd, is_empty */
static int fd = -1;
static bool is_empty = true; /* no event is in the file */
static atomic_bool failed;   /* nothing more is written */

static uint64_t now_ns(void)
{
	return clock_now_ns() - started_ns;
}

/* The guests are not to blame: they go on, and the exit status tells. */
static void give_up(int err)
{
	if (!atomic_exchange(&failed, true))
		log_error("--trace: %s: %s; the trace ends here", path,
			  strerror(err));
}

static void write_all(const char *text, size_t len)
{
	while (len && !atomic_load(&failed)) {
		ssize_t done = write(fd, text, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0) {
			give_up(errno);
			return;
		}
		text += done;
		len -= done;
	}
}

static void flush(struct trace_lane *lane)
{
	size_t comma;

	if (!lane->len)
		return;
	pthread_mutex_lock(&lock);
	comma = is_empty ? strlen(",\n") : 0;
	is_empty = false;
	write_all(lane->buf + comma, lane->len - comma);
	pthread_mutex_unlock(&lock);
	lane->len = 0;
}

/* The calling thread's lane, with room for an event; NULL: no more events. */
static struct trace_lane *take_lane(void)
{
	if (atomic_load_explicit(&failed, memory_order_relaxed))
		return NULL;
	if (!mine)
		mine = lane_add(&lanes, sizeof(*mine));
	if (!mine)
		give_up(ENOMEM);
	else if (mine->len > TRACE_BUFFER_BYTES - TRACE_EVENT_BYTES)
		flush(mine);
	return mine;
}

static int trace_setup(const char *arg)
{
	if (path) {
		log_error("--trace: given twice; one file takes all guests");
		return -EINVAL;
	}
	path = arg;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0) {
		log_error("--trace: %s: %s", path, strerror(errno));
		return -errno;
	}
	started_ns = clock_now_ns();
	write_all("[\n", strlen("[\n"));
	return 0;
}

static void trace_before(const struct exit_view *view)
{
	struct trace_lane *lane = take_lane();

	if (!lane)
		return;
	if (!lane->is_named)
		trace_add_names(lane, view);
	lane->is_named = true;
	lane->left_ns = now_ns();
}

static void trace_after(const struct exit_view *view)
{
	struct trace_lane *lane = take_lane();

	if (lane)
		trace_add_exit(lane, view, now_ns());
}

static void trace_line(unsigned int guest_id, unsigned int irq, bool level,
		       uint64_t guest_now_ns)
{
	bool first = guest_id < GUESTS_MAX &&
		     !atomic_exchange(&named_lines[guest_id], true);
	struct trace_lane *lane = take_lane();

	(void)guest_now_ns; /* guests start at different times */
	if (lane)
		trace_add_line(lane, guest_id, irq, level, now_ns(), first);
}

static void trace_inject(unsigned int guest_id, unsigned int cpu,
			 unsigned int vector)
{
	struct trace_lane *lane = take_lane();

	if (lane)
		trace_add_injection(lane, guest_id, cpu, vector, now_ns());
}

static int trace_finish(void)
{
	struct lane *lane;

	LANE_FOREACH(&lanes, lane)
	flush((struct trace_lane *)lane);
	write_all("\n]\n", strlen("\n]\n"));
	if (close(fd))
		give_up(errno);
	return atomic_load(&failed) ? STATUS_FAILED : STATUS_OK;
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
	.finish = trace_finish,
};
PROBE(trace_file);
