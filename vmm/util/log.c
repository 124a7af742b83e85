/*
 * Messages to the person at the terminal. One line at a time, so that those
 * of different threads do not mix; a raw terminal still gets whole lines
 * because terminal/term.c keeps output processing on.
 *
 *   log_error(), log_warn(), log_info() -> queue -> stderr, as far as it takes
 *   log_text()  -> the queue first, then itself -> stderr, however long it takes
 *
 * Whoever has the lock of the sink empties the queue, and wakes the main thread
 * when something is left; that one comes back when there may be room again.
 */
#include "util/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/log_loop.h"
#include "util/sink.h"

#define LINE_MAX_BYTES 1024
#define QUEUE_BYTES    65536

static atomic_int verbose;

static struct sink out = SINK_PLAIN(STDERR_FILENO);
static void (*wake)(void);	 /* constant while there are threads */
static atomic_bool held;	 /* nothing is written just now */
static __thread bool has_a_loop; /* this thread must not wait */

/* Taken by the one who has the lock of `out`; anybody may add. */
static pthread_mutex_t queue_lock = PTHREAD_MUTEX_INITIALIZER;
static char queue[QUEUE_BYTES];
static size_t queued;
static unsigned int lost; /* messages that found it full */

static bool add(const char *text, size_t len)
{
	if (len > sizeof(queue) - queued)
		return false;
	memcpy(queue + queued, text, len);
	queued += len;
	return true;
}

static void enqueue(const char *text, size_t len)
{
	pthread_mutex_lock(&queue_lock);
	if (!add(text, len))
		lost++;
	pthread_mutex_unlock(&queue_lock);
}

/* How much is waiting; when nothing is, what to say of what was lost. */
static size_t peek(void)
{
	char line[80];
	size_t len;

	pthread_mutex_lock(&queue_lock);
	if (!queued && lost) {
		snprintf(line, sizeof(line),
			 "kvm-vmm: %u messages were lost: nobody read stderr\n",
			 lost);
		add(line, strlen(line));
		lost = 0;
	}
	len = queued;
	pthread_mutex_unlock(&queue_lock);
	return len;
}

static void drop(size_t len)
{
	pthread_mutex_lock(&queue_lock);
	memmove(queue, queue + len, queued - len);
	queued -= len;
	pthread_mutex_unlock(&queue_lock);
}

/* Writes what waits, with the lock of `out` held; -errno when some is left. */
static int empty_queue(bool wait)
{
	size_t len;

	if (atomic_load(&held))
		return 0;
	while ((len = peek())) {
		ssize_t done = wait ? sink_put(&out, queue, len) :
				      sink_try(&out, queue, len);

		if (done == -EAGAIN)
			return done;
		if (done != -EINTR) /* an error: nobody is left to tell */
			drop(!wait && done > 0 ? (size_t)done : len);
	}
	return 0;
}

bool log_go_on(void)
{
	int err;

	/* Whoever has it sees to the queue, and wakes us if he cannot. */
	if (pthread_mutex_trylock(&out.lock))
		return true;
	err = empty_queue(false);
	sink_unlock(&out);
	return !err;
}

/* What came while the lock was held was left to its holder. */
static void look_again(void)
{
	if (wake && !atomic_load(&held) && peek())
		wake();
}

static void say(const char *text, size_t len)
{
	if (!wake) {
		log_text(text, len);
		return;
	}
	enqueue(text, len);
	if (!log_go_on())
		wake();
	else
		look_again();
}

void log_text(const char *text, size_t len)
{
	if (wake && (has_a_loop || atomic_load(&held))) {
		say(text, len);
		return;
	}
	if (!sink_lock(&out))
		return;
	empty_queue(true);
	sink_put(&out, text, len);
	sink_unlock(&out);
	look_again();
}

static void log_line(const char *level, const char *fmt, va_list args)
{
	char line[LINE_MAX_BYTES];
	int head = snprintf(line, sizeof(line), "kvm-vmm: %s", level);
	int room = (int)sizeof(line) - head - 1;
	int body = vsnprintf(line + head, room, fmt, args);

	if (body >= room)
		body = room - 1;
	line[head + body] = '\n';
	say(line, head + body + 1);
}

/* Of each thread. */
static _Thread_local char *overheard; /* NULL: nobody wants it */
static _Thread_local size_t overheard_size;

void log_overhear(char *text, size_t size)
{
	overheard = text;
	overheard_size = size;
	if (text)
		*text = '\0';
}

void log_error(const char *fmt, ...)
{
	va_list args;

	if (overheard && !*overheard) {
		va_start(args, fmt);
		vsnprintf(overheard, overheard_size, fmt, args);
		va_end(args);
	}
	va_start(args, fmt);
	log_line("", fmt, args);
	va_end(args);
}

void log_warn(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_line("warning: ", fmt, args);
	va_end(args);
}

void log_info(const char *fmt, ...)
{
	va_list args;

	if (!atomic_load_explicit(&verbose, memory_order_relaxed))
		return;
	va_start(args, fmt);
	log_line("", fmt, args);
	va_end(args);
}

const char *log_advice(int err)
{
	switch (err) {
	case EMFILE:
		return "; raise `ulimit -n` or start fewer guests";
	case ENOMEM:
	case EAGAIN: /* of pthread_create() */
		return "; start fewer guests or give them a smaller --mem";
	default:
		return "";
	}
}

void log_hold(bool on)
{
	atomic_store(&held, on);
	if (!on && wake)
		wake();
}

int log_attach(void (*main_thread)(void))
{
	int err = sink_share(&out, STDERR_FILENO);

	if (err)
		return err;
	wake = main_thread;
	has_a_loop = true;
	return 0;
}

int log_reopen(void)
{
	struct sink fresh;
	int err = sink_share(&fresh, STDERR_FILENO);

	if (err || !sink_lock(&out))
		return err;
	sink_close(&out);
	out.fd = fresh.fd;
	out.is_own = fresh.is_own;
	out.is_socket = fresh.is_socket;
	out.may_block = fresh.may_block;
	sink_unlock(&out);
	return 0;
}

void log_detach(void)
{
	wake = NULL;
	has_a_loop = false;
	log_text("", 0);
}

void log_set_verbose(int on)
{
	atomic_store(&verbose, on);
}

bool log_is_verbose(void)
{
	return atomic_load(&verbose);
}
