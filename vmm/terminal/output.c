/* Guest output on its way to stdout: see output.h for who does what. */
#include "terminal/output.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "util/log.h"
#include "util/slow.h"

#define WRITE_CHUNK 4096    /* at most so long without a look round */
#define TICK_NS	    4000000 /* 4 ms: no eye sees a character that much late */

static void give_up(struct output *output, int err)
{
	output->abandoned = true;
	output->error = err;
	ring_drop(&output->ring, ring_used(&output->ring));
}

/* Writes one piece with the lock let go meanwhile; false when stdout takes
 * no more. */
static bool write_piece(struct output *output, const uint8_t *buf, size_t len)
{
	ssize_t done;

	lock_give(&output->lock);
	done = sink_try(&output->sink, buf, len);
	lock_take(&output->lock);
	if (done >= 0)
		ring_drop(&output->ring, done);
	else if (done != -EINTR && done != -EAGAIN)
		give_up(output, -done);
	bell_ring(&output->room);
	return done != -EAGAIN;
}

/* With the lock held: room for at least @len bytes, by what is oldest. */
static void forget_oldest(struct output *output, size_t len)
{
	size_t room = ring_room(&output->ring);

	if (room >= len)
		return;
	ring_drop(&output->ring, len - room);
	output->lost += len - room;
}

/* Whether something was left that no event and no tick will bring up again:
 * what a guest without batching has added, or the screen for one that ended. */
static bool is_forgotten(const struct output *output)
{
	return ring_used(&output->ring) && !output->abandoned &&
	       !output->held && !output_batch_is_open(&output->batch);
}

/*
 * Writes while stdout takes it without blocking; true when it takes no more.
 * What a guest adds meanwhile has to wait for its turn, a tick or a wake-up:
 * the main thread has more to do than to run after it. One thread at a time:
 * the piece being written stays where it is.
 */
static bool write_ready(struct output *output)
{
	const uint8_t *buf;
	size_t len, end;
	bool full = false;

	while (output->writing)
		bell_wait(&output->room, &output->lock);
	output->writing = true;
	end = output->ring.head;
	while (!full && !output->held) {
		screen_catch_up(&output->screen);
		buf = ring_peek(&output->ring, &len);
		if (!len || output->abandoned)
			break;
		if ((ssize_t)(output->ring.tail - end) >= 0)
			break;
		full = !write_piece(output, buf,
				    len < WRITE_CHUNK ? len : WRITE_CHUNK);
	}
	output->writing = false;
	bell_ring(&output->room);
	if (!full && is_forgotten(output))
		event_notify(output->wake.fd);
	return full;
}

static void watch_stdout(struct output *output, bool wait)
{
	if (wait == output->watched)
		return;
	output->watched = wait;
	if (wait)
		event_add(output->loop, &output->out, EPOLLOUT);
	else
		event_del(output->loop, &output->out);
}

static int add_timer(struct output *output)
{
	int fd = event_timer_fd();
	int err;

	if (fd < 0)
		return fd;
	output->tick.fd = fd;
	err = event_add(output->loop, &output->tick, EPOLLIN);
	if (err) {
		output->tick.fd = -1;
		close(fd);
	}
	return err;
}

/* The timer is made when it is first needed: many a guest prints nothing.
 * Without one, false: that ends the run, and until it has ended every byte has
 * to wake the main thread. */
static bool make_timer(struct output *output)
{
	int err;

	if (output->tick.fd >= 0)
		return true;
	if (output->no_timer)
		return false;
	err = add_timer(output);
	if (err)
		output->error = -err;
	output->no_timer = err;
	return !err;
}

static void set_ticking(struct output *output, bool on)
{
	if (on == output->ticking)
		return;
	output->ticking = on;
	event_arm(output->tick.fd, on ? TICK_NS : 0, on ? TICK_NS : 0);
}

void output_drain(struct output *output)
{
	bool full, soon;
	int err;

	lock_take(&output->lock);
	full = write_ready(output);
	/* Ready, and yet it has refused: "\r\n" needs room for two. */
	soon = full ? sink_is_ready(&output->sink) :
		      output_batch_is_open(&output->batch);
	/* Not before the write: a guest may have become busy meanwhile. */
	soon = soon && make_timer(output);
	if (!full && !soon && output_batch_is_open(&output->batch)) {
		output_batch_tick(&output->batch, false);
		event_notify(output->wake.fd);
	}
	err = output->error;
	output->error = 0;
	lock_give(&output->lock);
	output->waits = full;
	watch_stdout(output, full && !soon);
	set_ticking(output, soon);
	if (err)
		output->broken(output->arg, err);
	output->drained(output->arg);
	if (output->tap)
		output->tapped(output->tapped_arg);
}

static void on_stdout(void *arg, uint32_t events)
{
	(void)events;
	output_drain(arg);
}

static void on_wake(void *arg, uint32_t events)
{
	struct output *output = arg;

	(void)events;
	event_ack(output->wake.fd);
	output_drain(output);
}

/* A tick before which nothing came ends the batch. */
static void on_tick(void *arg, uint32_t events)
{
	struct output *output = arg;
	bool more;

	(void)events;
	event_ack(output->tick.fd);
	lock_take(&output->lock);
	more = output->held ? output->ring.head != output->seen :
			      ring_used(&output->ring) > 0;
	output->seen = output->ring.head;
	output_batch_tick(&output->batch, more);
	lock_give(&output->lock);
	output_drain(output);
}

int output_init(struct output *output, struct event_loop *loop,
		const struct screen_config *config, const char *const *without)
{
	int fd = event_fd();
	int err;

	if (fd < 0)
		return fd;
	output->loop = loop;
	output->main = pthread_self();
	output->wake = (struct event_source){ fd, on_wake, output };
	output->tick = (struct event_source){ -1, on_tick, output };
	err = sink_share(&output->sink, STDOUT_FILENO);
	if (err)
		goto close_fd;
	output->out =
		(struct event_source){ output->sink.fd, on_stdout, output };
	output_batch_init(&output->batch, without);
	err = screen_init(&output->screen, config, &output->ring);
	if (err)
		goto close_sink;
	err = event_add(loop, &output->wake, EPOLLIN);
	if (err)
		goto free_screen;
	return 0;
free_screen:
	screen_free(&output->screen);
close_sink:
	sink_close(&output->sink);
close_fd:
	close(fd);
	log_error("console: %s%s", strerror(-err), log_advice(-err));
	return err;
}

void output_free(struct output *output)
{
	free(output->tap);
	sink_close(&output->sink);
	close(output->wake.fd);
	if (output->tick.fd >= 0)
		close(output->tick.fd);
	screen_free(&output->screen);
}

/* With the lock held: all of it, however long that takes. */
SLOW static void put_all(struct output *output, unsigned int id,
			 const uint8_t *buf, size_t len)
{
	while (len && !output->abandoned) {
		size_t done = screen_put(&output->screen, id, buf, len);

		buf += done;
		len -= done;
		if (output_batch_add(&output->batch) || len)
			event_notify(output->wake.fd);
		if (len && output->held) {
			forget_oldest(output, RING_SIZE / 2);
			continue;
		}
		if (len && pthread_equal(pthread_self(), output->main))
			break; /* it cannot wait for itself to drain */
		if (len)
			bell_wait(&output->room, &output->lock);
	}
}

/* With the lock held: a character as most are, which wakes nobody and goes out
 * as it is. False when it is another. */
static bool put_plain(struct output *output, const uint8_t *buf, size_t len)
{
	return len == 1 && output->screen.config.mode == SCREEN_RAW &&
	       output_batch_is_open(&output->batch) && !output->abandoned &&
	       ring_put_one(&output->ring, *buf);
}

/* With the lock held: keeps the last of it. */
SLOW static void tap(struct ring *ring, const uint8_t *buf, size_t len)
{
	size_t room;

	if (len > RING_SIZE) {
		buf += len - RING_SIZE;
		len = RING_SIZE;
	}
	room = ring_room(ring);
	if (room < len)
		ring_drop(ring, len - room);
	ring_put(ring, buf, len);
}

void output_put(struct output *output, unsigned int id, const void *buf,
		size_t len)
{
	lock_take(&output->lock);
	if (output->tap && output->screen.front == (int)id)
		tap(output->tap, buf, len);
	if (!put_plain(output, buf, len))
		put_all(output, id, buf, len);
	lock_give(&output->lock);
}

int output_tap(struct output *output, void (*tapped)(void *arg), void *arg)
{
	output->tap = calloc(1, sizeof(*output->tap));
	output->tapped = tapped;
	output->tapped_arg = arg;
	return output->tap ? 0 : -ENOMEM;
}

size_t output_tapped(struct output *output, void *buf, size_t size)
{
	const uint8_t *from;
	size_t len;

	lock_take(&output->lock);
	from = ring_peek(output->tap, &len);
	if (len > size)
		len = size;
	memcpy(buf, from, len);
	ring_drop(output->tap, len);
	lock_give(&output->lock);
	return len;
}

unsigned int output_front(struct output *output)
{
	unsigned int front;

	lock_take(&output->lock);
	front = output->screen.front;
	lock_give(&output->lock);
	return front;
}

void output_break(struct output *output)
{
	bool left;

	lock_take(&output->lock);
	if (output->held) {
		lock_give(&output->lock);
		return;
	}
	screen_break(&output->screen);
	left = write_ready(output) || output->error;
	lock_give(&output->lock);
	if (left) /* for the main thread to see to */
		event_notify(output->wake.fd);
}

void output_legend(struct output *output)
{
	lock_take(&output->lock);
	screen_legend(&output->screen);
	lock_give(&output->lock);
	event_notify(output->wake.fd);
}

void output_set_front(struct output *output, unsigned int id, bool say)
{
	lock_take(&output->lock);
	screen_set_front(&output->screen, id, say);
	lock_give(&output->lock);
	event_notify(output->wake.fd);
}

void output_end(struct output *output, unsigned int id)
{
	lock_take(&output->lock);
	screen_end(&output->screen, id);
	lock_give(&output->lock);
}

/* With the lock held: until nobody is in the middle of a piece. */
static void wait_for_writer(struct output *output)
{
	while (output->writing)
		bell_wait(&output->room, &output->lock);
}

void output_hold(struct output *output)
{
	lock_take(&output->lock);
	wait_for_writer(output);
	output->held = true;
	bell_ring(&output->room);
	lock_give(&output->lock);
	output_drain(output);
}

size_t output_go_on(struct output *output, const char *first)
{
	size_t lost;

	lock_take(&output->lock);
	wait_for_writer(output);
	output->held = false;
	forget_oldest(output, strlen(first));
	ring_put_first(&output->ring, first, strlen(first));
	lost = output->lost;
	output->lost = 0;
	lock_give(&output->lock);
	event_notify(output->wake.fd);
	return lost;
}

void output_add(struct output *output, const char *buf, size_t len)
{
	lock_take(&output->lock);
	screen_break(&output->screen);
	ring_put(&output->ring, (const uint8_t *)buf, len);
	lock_give(&output->lock);
	event_notify(output->wake.fd);
}

size_t output_direct(struct output *output, const char *buf, size_t len)
{
	ssize_t done = sink_try(&output->sink, buf, len);

	if (done >= 0)
		return done;
	if (done != -EINTR && done != -EAGAIN)
		output->broken(output->arg, -done);
	return 0;
}

void output_abandon(struct output *output)
{
	lock_take(&output->lock);
	output->abandoned = true;
	bell_ring(&output->room);
	lock_give(&output->lock);
}

bool output_is_drained(struct output *output)
{
	bool drained;

	lock_take(&output->lock);
	drained = output->abandoned || (!ring_used(&output->ring) &&
					screen_catch_up(&output->screen));
	lock_give(&output->lock);
	return drained;
}

size_t output_count(struct output *output)
{
	size_t count;

	lock_take(&output->lock);
	count = output->ring.head;
	lock_give(&output->lock);
	return count;
}
