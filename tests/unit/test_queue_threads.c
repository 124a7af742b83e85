/* objects: virtio/queue.o virtio/chain.o virtio/split.o virtio/packed.o virtio/event_idx.o virtio/status.o virtio/saved.o */
/* objects: util/event.o util/log.o util/sink.o util/lock.o */
/*
 * A driver and a device that run at the same time on one ring: each sleeps only
 * when the other is to wake it, so one wake-up that is lost is the end of both.
 * guest/threads has the same program with ThreadSanitizer.
 */
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "device.h"
#include "queue_driver.h"

#define REQUESTS 20000

static const struct device_type no_device = { .name = "none" };
DEVICE(no_device);

static struct rig rig;
static struct driver driver;
static int kick_fd, interrupt_fd;
static unsigned int slowness; /* how far the device lets things pile up */

static void signal_fd(int fd)
{
	assert_int_equal(eventfd_write(fd, 1), 0);
}

static void wait_fd(int fd)
{
	eventfd_t count;

	assert_int_equal(eventfd_read(fd, &count), 0);
}

static void interrupt(struct virtio *v, unsigned int queue)
{
	(void)v;
	assert_int_equal(queue, 0);
	signal_fd(interrupt_fd);
}

/* Adds up what it reads, and writes the sum. */
static uint32_t serve(const struct virtio_chain *chain)
{
	uint32_t sum = 0;

	for (unsigned int i = 0; i < chain->nr_out; i++)
		sum += *(const uint32_t *)chain->iov[i].iov_base;
	memcpy(chain->iov[chain->nr_out].iov_base, &sum, sizeof(sum));
	return sizeof(sum);
}

static void *device(void *arg)
{
	static struct virtio_chain chain;
	unsigned int nr = 0;

	(void)arg;
	while (nr < REQUESTS) {
		wait_fd(kick_fd);
		while (queue_next(&rig.virtio, 0, &chain)) {
			queue_done(&rig.virtio, 0, &chain, serve(&chain));
			if (++nr % slowness == 0)
				queue_tell(&rig.virtio, 0);
		}
		queue_tell(&rig.virtio, 0);
	}
	return NULL;
}

/* Number @nr: two words whose sum is asked for. */
static void request(uint32_t nr)
{
	const uint64_t at = DATA + nr % 256 * 16;
	const uint32_t words[] = { nr, 3 * nr, 0 };
	const struct request req = {
		.nr_out = 2,
		.nr_in = 1,
		.parts = { { at, 4 }, { at + 4, 4 }, { at + 8, 4 } },
		.in_table = driver.features & F_INDIRECT
	};

	memcpy(rig.ram + at, words, sizeof(words));
	driver_add(&driver, &req);
	driver_show(&driver);
	if (driver_needs_kick(&driver))
		signal_fd(kick_fd);
}

/* Sleeps until something came back, as Linux's drivers do. */
static void wait_for_some(void)
{
	const bool event = driver.features & F_EVENT_IDX;

	driver_wish(&driver, event ? WANT_NEXT : WANT_ALL);
	while (!driver_sees(&driver))
		wait_fd(interrupt_fd);
	if (!event || driver.features & F_PACKED)
		driver_wish(&driver, WANT_NONE);
}

static void get_all(uint32_t *got)
{
	uint32_t name, written, sum;

	while (driver_get(&driver, &name, &written)) {
		assert_int_equal(written, sizeof(sum));
		memcpy(&sum, rig.ram + DATA + *got % 256 * 16 + 8, sizeof(sum));
		assert_int_equal(sum, 4 * *got);
		++*got;
	}
}

static void run(uint64_t features, unsigned int size)
{
	pthread_t thread;
	uint32_t put = 0, got = 0;

	rig_open(&rig);
	rig.virtio.interrupt = interrupt;
	driver_open(&driver, &rig, features, size);
	kick_fd = eventfd(0, EFD_CLOEXEC);
	interrupt_fd = eventfd(0, EFD_CLOEXEC);
	assert_int_equal(pthread_create(&thread, NULL, device, NULL), 0);
	while (got < REQUESTS) {
		while (put < REQUESTS && put - got < 200 && driver.room >= 3)
			request(put++);
		if (!driver_sees(&driver))
			wait_for_some();
		get_all(&got);
	}
	signal_fd(kick_fd);
	pthread_join(thread, NULL);
	assert_int_equal(rig.virtio.status, 0xf);
	assert_int_equal(rig.virtio.counts[0].chains, REQUESTS);
	close(kick_fd);
	close(interrupt_fd);
	rig_close(&rig);
}

static void runs(uint64_t features)
{
	static const unsigned int sizes[] = { 4, 256 };

	for (size_t i = 0; i < 2; i++) {
		for (slowness = 1; slowness <= 8; slowness += 7) {
			run(features, sizes[i]);
			run(features | F_INDIRECT, sizes[i]);
		}
	}
}

static void wakes_by_flags(void **state)
{
	(void)state;
	runs(0);
}

static void wakes_by_the_event_index(void **state)
{
	(void)state;
	runs(F_EVENT_IDX);
}

static void wakes_when_packed(void **state)
{
	(void)state;
	runs(F_PACKED);
}

static void wakes_by_a_place_when_packed(void **state)
{
	(void)state;
	runs(F_PACKED | F_EVENT_IDX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wakes_by_flags),
		cmocka_unit_test(wakes_by_the_event_index),
		cmocka_unit_test(wakes_when_packed),
		cmocka_unit_test(wakes_by_a_place_when_packed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
