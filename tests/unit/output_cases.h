/*
 * Guest output on its way to stdout, for every form of batching: each case has
 * the list of features to go without as its state. In place of stdout is a
 * pipe, or a function of the case; threads play the vCPUs.
 */
#ifndef MKVM_OUTPUT_CASES_H
#define MKVM_OUTPUT_CASES_H

#define _GNU_SOURCE /* pipe2(), F_SETPIPE_SZ */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "terminal/output.h"

#define GUARD_NS   60000000000ULL /* for a case that would hang */
#define NR_VCPUS   4
#define PER_VCPU   50000 /* bytes; together more than the ring holds */
#define PIPE_BYTES 4096
#define SEQUENCE   64 /* of a vCPU's bytes: its number and one of so many */

static struct event_loop loop;
static struct output output;
static struct event_source guard, done;
static uint8_t have[NR_VCPUS * PER_VCPU]; /* what has reached stdout */
static size_t len;
static size_t wanted;		 /* bytes after which a case has ended */
static const char *during_write; /* what a guest prints meanwhile */
static ssize_t (*write_for_case)(const void *buf, size_t size);
static void (*drained_for_case)(void);
static int broken_by;
static bool too_late;

static ssize_t keep(const void *buf, size_t size)
{
	assert_true(size <= sizeof(have) - len);
	memcpy(have + len, buf, size);
	len += size;
	return size;
}

/* In place of the C library's. */
ssize_t write(int fd, const void *buf, size_t size)
{
	if (fd != output.out.fd || !write_for_case)
		return syscall(SYS_write, fd, buf, size);
	return write_for_case(buf, size);
}

static void put(const char *text)
{
	output_put(&output, 0, text, strlen(text));
}

static void on_drained(void *arg)
{
	(void)arg;
	if (drained_for_case)
		drained_for_case();
}

static void on_broken(void *arg, int err)
{
	(void)arg;
	broken_by = err;
}

static void on_guard(void *arg, uint32_t events)
{
	(void)arg;
	(void)events;
	too_late = true;
}

static bool drained(void *arg)
{
	(void)arg;
	return too_late || output_is_drained(&output);
}

static void on_done(void *arg, uint32_t events)
{
	(void)arg;
	(void)events;
	event_ack(done.fd);
}

static bool finished(void *arg)
{
	return too_late || (len == wanted && drained(arg));
}

static void begin(void **state, enum screen_mode mode, unsigned int nr_guests)
{
	static const char *const names[] = { "one", "two" };
	const struct screen_config config = { .mode = mode,
					      .names = names,
					      .nr_guests = nr_guests };

	len = wanted = 0;
	broken_by = 0;
	too_late = false;
	during_write = NULL;
	write_for_case = NULL;
	drained_for_case = NULL;
	output = (struct output){ .drained = on_drained, .broken = on_broken };
	assert_int_equal(event_init(&loop), 0);
	assert_int_equal(output_init(&output, &loop, &config, *state), 0);
	guard = (struct event_source){ event_timer_fd(), on_guard, NULL };
	done = (struct event_source){ event_fd(), on_done, NULL };
	assert_int_equal(event_add(&loop, &guard, EPOLLIN), 0);
	assert_int_equal(event_add(&loop, &done, EPOLLIN), 0);
	event_arm(guard.fd, GUARD_NS, 0);
}

static void end(void)
{
	assert_false(too_late);
	output_free(&output);
	event_free(&loop);
	close(guard.fd);
	close(done.fd);
}

static bool is_woken(void)
{
	struct pollfd wake = { .fd = output.wake.fd, .events = POLLIN };

	return poll(&wake, 1, 0) == 1;
}

/* --- A guest that prints while something is being written. --------------- */

static ssize_t write_and_print(const void *buf, size_t size)
{
	const char *text = during_write;

	during_write = NULL;
	keep(buf, size);
	if (text)
		put(text);
	return size;
}

/* The next one comes while the main thread looks by itself. */
static void print_once_more(void)
{
	if (len == strlen("legend a"))
		put(" b");
}

static void test_busy_during_the_first_write(void **state)
{
	begin(state, SCREEN_RAW, 1);
	write_for_case = write_and_print;
	drained_for_case = print_once_more;
	put("legend");
	during_write = " a";
	/* As terminal/output.c leaves it for its own words. */
	output_batch_tick(&output.batch, false);
	wanted = strlen("legend a b");
	event_run(&loop, finished, NULL);
	assert_memory_equal(have, "legend a b", len);
	end();
}

static ssize_t write_and_go_on(const void *buf, size_t size)
{
	during_write = len < wanted - 1 ? "x" : NULL;
	return write_and_print(buf, size);
}

/* However fast it is, the main thread has signals to hear, too. */
static void test_guest_that_never_stops(void **state)
{
	begin(state, SCREEN_RAW, 1);
	write_for_case = write_and_go_on;
	wanted = 100;
	put("x");
	for (unsigned int turn = 1; turn < 10; turn++) {
		output_drain(&output);
		assert_int_equal(len, turn);
	}
	event_run(&loop, finished, NULL);
	assert_int_equal(len, wanted);
	end();
}

/* --- A stdout that refuses. ---------------------------------------------- */

/* It polls ready, and takes nothing, or little, or is interrupted. */
static ssize_t write_unwillingly(const void *buf, size_t size)
{
	static const int refusals[] = { EAGAIN, EAGAIN, EINTR, 0, EINTR, 0, 0 };
	static unsigned int turn;

	errno = refusals[turn++ % (sizeof(refusals) / sizeof(refusals[0]))];
	if (errno)
		return -1;
	return keep(buf, size < 3 ? size : 3);
}

static void test_refusals(void **state)
{
	static const char text[] = "a line end needs room for two\r\n";

	begin(state, SCREEN_RAW, 1);
	write_for_case = write_unwillingly;
	for (unsigned int i = 0; i < 3; i++)
		put(text);
	wanted = 3 * strlen(text);
	event_run(&loop, finished, NULL);
	for (unsigned int i = 0; i < 3; i++)
		assert_memory_equal(have + i * strlen(text), text,
				    strlen(text));
	assert_false(output.waits);
	assert_false(output.ticking && !output_batch_is_open(&output.batch));
	end();
}

static ssize_t write_in_vain(const void *buf, size_t size)
{
	(void)buf;
	(void)size;
	errno = ENOSPC;
	return -1;
}

static void test_broken(void **state)
{
	begin(state, SCREEN_RAW, 1);
	write_for_case = write_in_vain;
	put("lost");
	event_run(&loop, finished, NULL);
	output_drain(&output);
	assert_int_equal(broken_by, ENOSPC);
	put("lost, too");
	assert_true(output_is_drained(&output));
	end();
}

/* --- vCPUs that print more than the ring holds. --------------------------- */

struct printer {
	pthread_t thread;
	unsigned int id;
};

/* Bytes of a vCPU say whose they are and count; some are messages' turn. */
static void *print_all(void *arg)
{
	struct printer *printer = arg;

	for (unsigned int i = 0; i < PER_VCPU; i++) {
		uint8_t byte = printer->id * SEQUENCE + i % SEQUENCE;

		output_put(&output, 0, &byte, 1);
		if (i % 1000 == 999)
			output_break(&output);
	}
	return NULL;
}

static int pipe_fds[2];
static sem_t full; /* the pipe is, for the first time */
static bool told;

static void tell_reader(void)
{
	if (!output.waits || told)
		return;
	told = true;
	sem_post(&full);
}

/* Reads nothing at all until the pipe is full. */
static void *read_all(void *arg)
{
	ssize_t got;

	(void)arg;
	while (sem_wait(&full))
		continue;
	while (len < wanted) {
		got = read(pipe_fds[0], have + len, wanted - len);
		if (got <= 0)
			break;
		len += got;
	}
	event_notify(done.fd);
	return NULL;
}

static _Atomic unsigned int nr_printing;

static bool all_written(void *arg)
{
	return too_late || (!nr_printing && drained(arg));
}

static void *print_and_tell(void *arg)
{
	print_all(arg);
	nr_printing--;
	event_notify(done.fd);
	return NULL;
}

static void check_sequences(void)
{
	unsigned int counts[NR_VCPUS] = { 0 };

	for (size_t i = 0; i < len; i++) {
		unsigned int id = have[i] / SEQUENCE;

		assert_int_equal(have[i] % SEQUENCE, counts[id]++ % SEQUENCE);
	}
	for (unsigned int id = 0; id < NR_VCPUS; id++)
		assert_int_equal(counts[id], PER_VCPU);
}

static void test_nothing_lost(void **state)
{
	struct printer printers[NR_VCPUS];
	pthread_t reader;

	begin(state, SCREEN_RAW, 1);
	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	fcntl(pipe_fds[1], F_SETFL, O_NONBLOCK);
	fcntl(pipe_fds[1], F_SETPIPE_SZ, PIPE_BYTES);
	output.sink.fd = output.out.fd = pipe_fds[1];
	output.sink.is_own = true; /* output_free() closes it */
	wanted = sizeof(have);
	drained_for_case = tell_reader;
	told = false;
	nr_printing = NR_VCPUS;
	sem_init(&full, 0, 0);
	pthread_create(&reader, NULL, read_all, NULL);
	for (unsigned int id = 0; id < NR_VCPUS; id++) {
		printers[id].id = id;
		pthread_create(&printers[id].thread, NULL, print_and_tell,
			       &printers[id]);
	}
	event_run(&loop, all_written, NULL);
	output_abandon(&output); /* none of them waits for ever */
	for (unsigned int id = 0; id < NR_VCPUS; id++)
		pthread_join(printers[id].thread, NULL);
	end();
	sem_post(&full);
	pthread_join(reader, NULL);
	close(pipe_fds[0]);
	sem_destroy(&full);
	assert_int_equal(len, wanted);
	check_sequences();
}

/* --- The screen's own words. ---------------------------------------------- */

/* A line of guest one that takes this much with its name in front. */
#define LINE 1024

static void put_lines(unsigned int nr)
{
	char line[LINE - sizeof("one | ") + 1];

	memset(line, '.', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	while (nr--)
		output_put(&output, 0, line, sizeof(line));
}

/*
 * The ring was too full for what a guest left when it ended: nobody prints any
 * more, and yet it is written. The first lines move the ring's end, so that
 * what is in it then is written in whole pieces, and the rest is another one.
 */
static void test_end_in_a_full_ring(void **state)
{
	static const char rest[] = "two | left\n";
	unsigned int nr = 49, before = (RING_SIZE + 4096) / LINE - nr;

	begin(state, SCREEN_LINES, 2);
	write_for_case = keep;
	put_lines(before);
	event_run(&loop, drained, NULL);
	output_put(&output, 1, "left", 4);
	put_lines(nr);
	assert_int_equal(ring_used(&output.ring), nr * LINE);
	output_end(&output, 1);
	assert_int_equal(output.screen.nr_ending, 1);
	event_run(&loop, drained, NULL);
	assert_int_equal(len, (before + nr) * LINE + strlen(rest));
	assert_memory_equal(have + len - strlen(rest), rest, strlen(rest));
	end();
}

/* --- Who wakes the main thread. -------------------------------------------- */

/* The first byte does; with batching, no other until a tick finds nothing. */
static void check_wakes(void **state, bool batched)
{
	begin(state, SCREEN_RAW, 1);
	write_for_case = keep;
	for (unsigned int i = 0; i < 5; i++) {
		put("x");
		assert_int_equal(is_woken(), !batched || i == 0);
		event_ack(output.wake.fd);
		output_drain(&output);
		assert_int_equal(len, i + 1);
	}
	assert_int_equal(output.ticking, batched);
	assert_int_equal(output.tick.fd >= 0, batched);
	end();
}

#define OUTPUT_CASES(without)                                                 \
	cmocka_unit_test_prestate(test_busy_during_the_first_write, without), \
		cmocka_unit_test_prestate(test_guest_that_never_stops,        \
					  without),                           \
		cmocka_unit_test_prestate(test_refusals, without),            \
		cmocka_unit_test_prestate(test_broken, without),              \
		cmocka_unit_test_prestate(test_nothing_lost, without),        \
		cmocka_unit_test_prestate(test_end_in_a_full_ring, without)

#endif
