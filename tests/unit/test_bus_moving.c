/* objects: core/bus.o core/bus_moving.o util/lock.o util/log.o util/sink.o */
/*
 * Claims that move: on and off, who has an address that several want, and
 * threads that access one while another moves it. guest/threads runs this with
 * ThreadSanitizer as well.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

#include "core/bus.h"

#define NR_READERS 3
#define NR_MOVES   2000
#define WINDOW	   0x100

/* Answers with its name, in each byte, and keeps what was written last. */
struct echo {
	uint8_t name;
	unsigned int range, size;
	uint64_t off, val;
	unsigned int count;
};

static uint64_t echo_read(void *dev, unsigned int range, uint64_t off,
			  unsigned int size)
{
	struct echo *e = dev;

	e->range = range;
	e->off = off;
	e->size = size;
	e->count++;
	return 0x0101010101010101 * e->name;
}

static void echo_write(void *dev, unsigned int range, uint64_t off,
		       unsigned int size, uint64_t val)
{
	struct echo *e = dev;

	echo_read(dev, range, off, size);
	e->val = val;
}

static const struct device_type echo = {
	.name = "echo",
	.ranges = { { .reach = DEV_BEGUN } },
	.width = 4,
	.read = echo_read,
	.write = echo_write,
};

/* Three of them: a fixed one at 0x20-0x23, and two that move. */
struct machine {
	struct bus bus;
	struct echo echoes[3];
	struct device devs[3];
	struct bus_moving moving[2];
};

static void build(struct machine *m)
{
	*m = (struct machine){ 0 };
	bus_init(&m->bus, "address");
	for (unsigned int i = 0; i < 3; i++) {
		m->echoes[i].name = i + 1;
		m->devs[i].type = &echo;
		m->devs[i].state = &m->echoes[i];
	}
	bus_claim(&m->bus, 0x20, 4, &m->devs[0], 0);
	assert_int_equal(bus_freeze(&m->bus), 0);
	bus_add_moving(&m->bus, &m->moving[0], &m->devs[1], 5);
	bus_add_moving(&m->bus, &m->moving[1], &m->devs[2], 0);
}

static void is_where_it_was_moved_to(void **state)
{
	struct machine m;

	(void)state;
	build(&m);
	assert_int_equal(bus_read(&m.bus, 0x10, 4), 0xffffffff);
	bus_move(&m.bus, &m.moving[0], 0x10, 8);
	assert_int_equal(bus_read(&m.bus, 0x14, 4), 0x02020202);
	assert_int_equal(m.echoes[1].off, 4);
	assert_int_equal(m.echoes[1].range, 5);
	assert_string_equal(bus_owner(&m.bus, 0x17), "echo");
	assert_null(bus_owner(&m.bus, 0x18));
	bus_move(&m.bus, &m.moving[0], 0x4000000000, 8);
	assert_int_equal(bus_read(&m.bus, 0x14, 4), 0xffffffff);
	bus_write(&m.bus, 0x4000000002, 2, 0xabcd);
	assert_int_equal(m.echoes[1].off, 2);
	assert_int_equal(m.echoes[1].val, 0xabcd);
	bus_move(&m.bus, &m.moving[0], 0, 0);
	assert_int_equal(bus_read(&m.bus, 0, 1), 0xff);
	assert_int_equal(bus_read(&m.bus, 0x4000000002, 2), 0xffff);
}

static void the_first_has_it(void **state)
{
	struct machine m;

	(void)state;
	build(&m);
	bus_move(&m.bus, &m.moving[1], 0x10, 0x20);
	bus_move(&m.bus, &m.moving[0], 0x18, 8);
	assert_int_equal(bus_read(&m.bus, 0x10, 1), 3);
	assert_int_equal(bus_read(&m.bus, 0x18, 1), 2); /* added first */
	assert_int_equal(bus_read(&m.bus, 0x20, 1), 1); /* fixed */
	assert_int_equal(bus_read(&m.bus, 0x24, 1), 3);
	assert_int_equal(m.echoes[2].off, 0x14);
	/* What lies across their borders goes to each, in pieces. */
	assert_int_equal(bus_read(&m.bus, 0x16, 4), 0x02020303);
	assert_int_equal(bus_read(&m.bus, 0x1e, 4), 0xffff0202);
	assert_int_equal(bus_read(&m.bus, 0x22, 4), 0x03030101);
	bus_move(&m.bus, &m.moving[0], 0x18, 0);
	assert_int_equal(bus_read(&m.bus, 0x18, 1), 3);
	assert_int_equal(bus_read(&m.bus, 0x1d, 4), 0xff030303);
}

static void splits_at_both_ends(void **state)
{
	struct machine m;

	(void)state;
	build(&m);
	bus_move(&m.bus, &m.moving[0], 0x40, 8);
	assert_int_equal(bus_read(&m.bus, 0x3e, 4), 0x0202ffff);
	assert_int_equal(bus_read(&m.bus, 0x46, 4), 0xffff0202);
	assert_true(bus_read(&m.bus, 0x40, 8) == 0x0202020202020202);
	assert_int_equal(m.echoes[1].size, 4);
	bus_move(&m.bus, &m.moving[0], UINT64_MAX - 3, 4);
	assert_int_equal(bus_read(&m.bus, UINT64_MAX, 1), 2);
	bus_move(&m.bus, &m.moving[0], UINT64_MAX - 3, 8); /* wraps */
	assert_int_equal(bus_read(&m.bus, UINT64_MAX, 1), 0xff);
}

struct race {
	struct machine m;
	atomic_bool over;
	atomic_uint answers;
};

/* Whether each byte is one device's or nobody's: an access to nobody is one of
 * single bytes, and may find somebody half way. */
static bool is_answer(uint32_t val)
{
	for (; val; val >>= 8)
		if ((val & 0xff) != 0xff && (val & 0xff) != 2 &&
		    (val & 0xff) != 3)
			return false;
	return true;
}

static void *reads(void *arg)
{
	struct race *race = arg;
	uint64_t addr = 0x1000;
	unsigned int wrong = 0;

	while (!atomic_load(&race->over)) {
		uint32_t val = bus_read(&race->m.bus, addr, 4);

		wrong += !is_answer(val);
		if (val != 0xffffffff)
			atomic_fetch_add(&race->answers, 1);
		addr = 0x1000 + (addr + 4) % (3 * WINDOW);
	}
	return (void *)(uintptr_t)wrong;
}

static void *moves(void *arg)
{
	struct race *race = arg;

	for (unsigned int i = 0; i < NR_MOVES || !race->answers; i++) {
		struct bus_moving *moving = &race->m.moving[i % 2];

		bus_move(&race->m.bus, moving, 0x1000 + i % 3 * WINDOW,
			 i % 5 ? WINDOW : 0);
	}
	atomic_store(&race->over, true);
	return NULL;
}

static void moves_while_others_read(void **state)
{
	static struct race race;
	pthread_t mover, readers[NR_READERS];
	void *wrong;

	(void)state;
	build(&race.m);
	for (unsigned int i = 0; i < NR_READERS; i++)
		assert_int_equal(
			pthread_create(&readers[i], NULL, reads, &race), 0);
	assert_int_equal(pthread_create(&mover, NULL, moves, &race), 0);
	pthread_join(mover, NULL);
	for (unsigned int i = 0; i < NR_READERS; i++) {
		pthread_join(readers[i], &wrong);
		assert_null(wrong);
	}
	assert_true(race.m.echoes[1].off < WINDOW);
	assert_true(race.m.echoes[2].off < WINDOW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_where_it_was_moved_to),
		cmocka_unit_test(the_first_has_it),
		cmocka_unit_test(splits_at_both_ends),
		cmocka_unit_test(moves_while_others_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
