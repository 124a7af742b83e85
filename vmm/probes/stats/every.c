/*
 * --stats-every: the ledger as a line of JSON every so many seconds, and once more when
 * all guests have ended. A service, because vCPUs are asked for what they have
 * counted, on a thread of its own: a reader that is slow loses lines, and holds
 * nobody up.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "abi/exit_status.h"
#include "core/sandbox.h"
#include "core/services.h"
#include "probes/stats/stats.h"
#include "service.h"
#include "util/clock.h"
#include "util/event.h"
#include "util/json.h"
#include "util/log.h"
#include "util/outfile.h"
#include "util/sink.h"
#include "util/size.h"
#include "util/thread.h"

#define OPTION	    "--stats-every"
#define SECONDS_MAX 1000000
#define PERIOD_MIN  (10 * NS_PER_MS)
#define PATIENCE_NS NS_PER_SEC /* with vCPUs, and the last reader */
#define DIGITS_MAX  32

static struct {
	uint64_t period_ns;
	const char *path; /* NULL: stderr */
	int fd;
	struct vm *vms;
	unsigned int nr_vms;
	pthread_t thread;
	int wake; /* eventfd */
	atomic_bool quit;
	bool started;

	/* Its thread's, and when that is gone the main one's. */
	struct sink sink; /* of path */
	char *line;	  /* the one that is being written, or NULL */
	size_t len, at;	  /* bytes of it, and how many are */
	uint64_t lost;	  /* lines that found another in their way */
	bool failed;	  /* nothing is written any more */
} every = { .fd = -1 };

/* --- Writing --- */

static void fail(int err)
{
	log_error(OPTION ": %s: %s", every.path ? every.path : "stderr",
		  strerror(-err));
	every.failed = true;
}

/* Writes what goes without waiting. */
static void flush(void)
{
	while (every.line && !every.failed) {
		ssize_t done = sink_try(&every.sink, every.line + every.at,
					every.len - every.at);

		if (done == -EAGAIN || done == -EINTR)
			return;
		if (done <= 0)
			fail(done ? (int)done : -EIO);
		every.at += done > 0 ? (size_t)done : 0;
		if (every.at < every.len)
			continue;
		free(every.line);
		every.line = NULL;
	}
}

/* @line is freed. */
static void put(char *line, size_t len)
{
	if (!every.path) {
		log_text(line, len);
		free(line);
		return;
	}
	every.line = line;
	every.len = len;
	every.at = 0;
	flush();
}

/* --- Lines --- */

static void add(FILE *to, const struct stats *stats)
{
	struct json json;

	json_begin(&json, to);
	json_row(&json, NULL);
	stats_add_schema(&json);
	json_number(&json, "monotonic_ns", clock_now_ns());
	json_number(&json, "unix_ns", clock_read_ns(CLOCK_REALTIME));
	json_bool(&json, "final", !stats->is_live);
	json_number(&json, "lost_lines", every.lost);
	stats_add_json(&json, stats);
	json_close(&json);
}

static void put_stats(const struct stats *stats)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);
	int err = -ENOMEM;

	if (to) {
		add(to, stats);
		err = ferror(to) ? -ENOMEM : 0;
		if (fclose(to))
			err = -ENOMEM;
	}
	if (!err) {
		put(text, len);
		return;
	}
	free(text);
	fail(err);
}

static void put_live(void)
{
	struct stats stats;
	int err;

	flush();
	if (every.failed)
		return;
	if (every.line) {
		every.lost++;
		return;
	}
	err = stats_read_live(&stats, every.vms, every.nr_vms,
			      clock_now_ns() + PATIENCE_NS);
	if (err) {
		fail(err);
		return;
	}
	put_stats(&stats);
	stats_free(&stats);
}

/* --- The thread --- */

/* For poll(2). */
static int ms_until(uint64_t at_ns)
{
	uint64_t now_ns = clock_now_ns();

	return at_ns <= now_ns ? 0 : (int)((at_ns - now_ns) / NS_PER_MS) + 1;
}

static void wait_until(uint64_t at_ns)
{
	struct pollfd fds[] = {
		{ every.wake, POLLIN, 0 },
		{ every.line && !every.failed ? every.sink.fd : -1, POLLOUT,
		  0 },
	};

	if (poll(fds, 2, ms_until(at_ns)) > 0 && fds[1].revents)
		flush();
}

static void *run(void *arg)
{
	uint64_t next_ns = clock_now_ns() + every.period_ns;

	(void)arg;
	if (sandbox_thread(SANDBOX_SERVICE, 0))
		return NULL;
	while (!atomic_load(&every.quit)) {
		uint64_t now_ns = clock_now_ns();

		if (now_ns < next_ns) {
			wait_until(next_ns);
			continue;
		}
		put_live();
		/* A moment that was missed is not made up for. */
		next_ns += ((now_ns - next_ns) / every.period_ns + 1) *
			   every.period_ns;
	}
	return NULL;
}

/* --- The service --- */

static int bad_words(const char *arg)
{
	log_error(
		OPTION
		" %s: give seconds, at least 0.01, and perhaps a file: " OPTION
		" 1:ledger.jsonl",
		arg);
	return -EINVAL;
}

static int open_file(const char *path)
{
	static const char *const heads[] = { "{\"program\": \"kvm-vmm\"",
					     NULL };
	int fd = outfile_open(OPTION, path, heads);

	if (fd < 0)
		return fd;
	if (every.fd >= 0)
		close(every.fd); /* the last one counts */
	every.fd = fd;
	every.path = path;
	return 0;
}

static int setup(const char *arg)
{
	size_t len = strcspn(arg, ":");
	char digits[DIGITS_MAX];

	if (len >= sizeof(digits))
		return bad_words(arg);
	memcpy(digits, arg, len);
	digits[len] = '\0';
	if (size_seconds(digits, SECONDS_MAX, &every.period_ns) ||
	    every.period_ns < PERIOD_MIN || (arg[len] && !arg[len + 1]))
		return bad_words(arg);
	stats_turn_on();
	return arg[len] ? open_file(arg + len + 1) : 0;
}

static int start(struct vm *vms, unsigned int nr_vms)
{
	int err;

	every.vms = vms;
	every.nr_vms = nr_vms;
	if (every.path)
		sink_own(&every.sink, every.fd);
	every.wake = event_fd();
	if (every.wake < 0)
		return every.wake;
	err = thread_start(&every.thread, run, NULL);
	if (!err) {
		every.started = true;
		return 0;
	}
	close(every.wake);
	log_error(OPTION ": %s", strerror(-err));
	return err;
}

/* Gives the reader a moment for the line that is on its way. */
static void drain(void)
{
	const uint64_t limit_ns = clock_now_ns() + PATIENCE_NS;

	flush();
	while (every.line && !every.failed && clock_now_ns() < limit_ns) {
		struct pollfd out = { every.sink.fd, POLLOUT, 0 };

		poll(&out, 1, ms_until(limit_ns));
		flush();
	}
	if (every.line && !every.failed)
		fail(-ETIMEDOUT);
}

static void put_last(void)
{
	struct stats stats;

	drain();
	if (every.failed || !stats_ends.first)
		return; /* or no guest has run */
	if (stats_has_failed() || stats_read(&stats, stats_started_ns())) {
		fail(-ENOMEM);
		return;
	}
	put_stats(&stats);
	stats_free(&stats);
	drain();
}

static int stop(void)
{
	int err;

	if (!every.started)
		return STATUS_OK;
	atomic_store(&every.quit, true);
	event_notify(every.wake);
	pthread_join(every.thread, NULL);
	close(every.wake);
	put_last();
	free(every.line);
	err = every.path ? sink_close(&every.sink) : 0;
	if (err && !every.failed)
		fail(err);
	return every.failed ? STATUS_FAILED : STATUS_OK;
}

static bool talks(void)
{
	return !every.path;
}

static const struct service row = {
	.name = "stats-every",
	.what = "the ledger as a line of JSON each time[:FILE]",
	.option = OPTION,
	.arg = "SECONDS",
	.setup = setup,
	.start = start,
	.stop = stop,
	.talks = talks,
};
SERVICE(row);
