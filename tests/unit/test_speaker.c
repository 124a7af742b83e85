/* objects: devices/pit.o devices/pit_counter.o devices/speaker.o */
/* objects: devices/speaker_plug.o devices/wav.o */
/* objects: core/plan.o core/feature.o util/log.o util/sink.o */
/*
 * What is recorded of the speaker: the file, where there is sound in it and at which
 * pitch; and the clocks at which the timer's outputs change.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/plan.h"
#include "devices/pit_counter.h"
#include "devices/wav.h"
#include "fake_board.h"
#include "util/stash.h"

#define MS	    1000000ULL
#define SECOND	    1000000000ULL
#define HEADER	    72
#define SAMPLES_MAX (10 * WAV_HZ)

struct world {
	struct board board;
	char path[64];
	const struct plan *plan;

	uint8_t header[HEADER];
	int16_t samples[SAMPLES_MAX];
	size_t nr;
};

TABLE_DECLARE(plug, plug);

static int plug_sound(struct plan *plan, const char *path)
{
	const struct plug *const *row;

	TABLE_FOREACH(plug, row)
		if (!strcmp((*row)->option, "--sound"))
			return (*row)->plug(plan, path);
	return -ENOENT;
}

static struct plan *plan_for(unsigned int copy, const char *const *without)
{
	const struct plan_guest guest = { .copy = copy, .without = without };

	return plan_new(&guest);
}

static struct world *open_world(void)
{
	struct world *w = calloc(1, sizeof(*w));
	struct plan *plan = plan_for(0, NULL);
	int fd;

	assert_non_null(w);
	snprintf(w->path, sizeof(w->path), "/tmp/mkvm-sound-XXXXXX");
	fd = mkstemp(w->path);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(plug_sound(plan, w->path), 0);
	w->plan = plan;
	fake_config = plan->devices[0].config;
	fake_board_open_type(&w->board, plan->devices[0].type);
	fake_config = NULL;
	plan->devices[0].made = true;
	return w;
}

static uint32_t word(const uint8_t *at)
{
	return at[0] | at[1] << 8 | at[2] << 16 | (uint32_t)at[3] << 24;
}

/* The file as it is now: one that any player takes. */
static void look(struct world *w)
{
	int fd = open(w->path, O_RDONLY);
	struct stat st;
	ssize_t len;

	assert_true(fd >= 0);
	assert_int_equal(read(fd, w->header, HEADER), HEADER);
	len = read(fd, w->samples, sizeof(w->samples));
	assert_true(len >= 0);
	w->nr = len / sizeof(w->samples[0]);
	assert_int_equal(fstat(fd, &st), 0);
	close(fd);
	assert_memory_equal(w->header, "RIFF", 4);
	assert_memory_equal(w->header + 8, "WAVEfmt \x10\0\0\0\1\0\1\0", 16);
	assert_int_equal(word(w->header + 24), WAV_HZ);
	assert_int_equal(word(w->header + 28), 2 * WAV_HZ);
	assert_memory_equal(w->header + 32,
			    "\2\0\x10\0LIST\x14\0\0\0INFOISFT\x8\0\0\0"
			    "kvm-vmm\0data",
			    36);
	assert_int_equal(word(w->header + HEADER - 4), st.st_size - HEADER);
	assert_int_equal(word(w->header + 4), st.st_size - 8);
}

static void close_world(struct world *w)
{
	fake_board_close(&w->board);
	unlink(w->path);
	plan_free((struct plan *)w->plan);
	free(w);
}

static void out(struct world *w, uint16_t port, uint8_t val)
{
	fake_out(&w->board, port, 1, val);
}

static void set_tone(struct world *w, uint16_t count)
{
	out(w, 0x43, 0xb6);
	out(w, 0x42, count & 0xff);
	out(w, 0x42, count >> 8);
}

static void run_to(struct world *w, uint64_t ns)
{
	fake_run_until(&w->board, ns);
}

/* How often it goes from below zero to above, of samples @from to @to. */
static unsigned int rises(const struct world *w, size_t from, size_t to)
{
	unsigned int n = 0;
	bool low = false;

	assert_true(to <= w->nr);
	for (size_t i = from; i < to; i++) {
		if (w->samples[i] < -1000)
			low = true;
		else if (w->samples[i] > 1000 && low) {
			low = false;
			n++;
		}
	}
	return n;
}

static bool is_silent(const struct world *w, size_t from, size_t to)
{
	for (size_t i = from; i < to && i < w->nr; i++)
		if (w->samples[i])
			return false;
	return true;
}

/* A second of silence, a second of 440 Hz, and nothing any more. */
static void tone(void **state)
{
	struct world *w = open_world();

	(void)state;
	look(w);
	assert_int_equal(w->nr, 0);
	set_tone(w, PIT_HZ / 440);
	run_to(w, SECOND);
	out(w, 0x61, 3);
	run_to(w, 2 * SECOND);
	out(w, 0x61, 0);
	run_to(w, 9 * SECOND);
	assert_int_equal(w->board.deadline_ns, 0); /* nothing ticks */
	look(w);
	assert_true(is_silent(w, 0, WAV_HZ - 1));
	assert_in_range(rises(w, WAV_HZ, 2 * WAV_HZ), 438, 440);
	assert_in_range(w->nr, 2 * WAV_HZ, 2 * WAV_HZ + WAV_HZ / 4);
	assert_int_equal(w->samples[w->nr - 1], 0);
	close_world(w);
}

/* What a program that is killed leaves: all but the last quarter of a second. */
static void whole_at_any_time(void **state)
{
	struct world *w = open_world();

	(void)state;
	set_tone(w, 1193);
	out(w, 0x61, 3);
	for (unsigned int i = 1; i <= 40; i++) {
		run_to(w, i * 70 * MS);
		look(w);
		assert_true(w->nr + WAV_HZ / 4 + WAV_BUFFER >=
			    (size_t)i * 70 * WAV_HZ / 1000);
	}
	assert_in_range(rises(w, 0, WAV_HZ), 998, 1001);
	close_world(w);
}

/* Another pitch takes over at the end of a half wave, without a word at 0x61. */
static void tunes(void **state)
{
	static const unsigned int pitches[] = { 262, 294, 330, 1000, 4000 };
	struct world *w = open_world();

	(void)state;
	out(w, 0x61, 3);
	for (unsigned int i = 0; i < 5; i++) {
		run_to(w, i * SECOND);
		set_tone(w, PIT_HZ / pitches[i]);
	}
	run_to(w, 5 * SECOND);
	out(w, 0x61, 0);
	run_to(w, 6 * SECOND);
	look(w);
	for (unsigned int i = 0; i < 5; i++)
		assert_in_range(rises(w, i * WAV_HZ, (i + 1) * WAV_HZ),
				pitches[i] - 3, pitches[i] + 3);
	close_world(w);
}

/* Bit 1 alone, by hand, with the gate shut: the oldest way. */
static void by_hand(void **state)
{
	struct world *w = open_world();

	(void)state;
	set_tone(w, 1000);
	for (unsigned int i = 0; i < 200; i++) {
		out(w, 0x61, i % 2 ? 0 : 2);
		run_to(w, (i + 1) * 5 * MS);
	}
	look(w);
	assert_in_range(rises(w, 0, w->nr), 98, 100);
	close_world(w);
}

/* Pulses too short to be samples: their width is what is heard. */
static void widths(void **state)
{
	struct world *w = open_world();
	int loud, sum = 0;

	(void)state;
	out(w, 0x61, 3);
	set_tone(w, 20); /* 60 kHz */
	run_to(w, SECOND);
	out(w, 0x61, 0);
	run_to(w, 2 * SECOND);
	look(w);
	loud = w->samples[4];
	assert_in_range(loud, 6000, 9000); /* half, and going */
	for (unsigned int i = 0; i < 1000; i++)
		sum += w->samples[WAV_HZ / 2 + i];
	assert_in_range(abs(sum / 1000), 0, 50);
	close_world(w);
}

/* A level that stays is silence: it takes neither room nor time. */
static void stays(void **state)
{
	struct world *w = open_world();

	(void)state;
	out(w, 0x43, 0xb0); /* mode 0 */
	out(w, 0x42, 10);
	out(w, 0x42, 0);
	out(w, 0x61, 3);
	run_to(w, 2 * SECOND);
	assert_int_equal(w->board.deadline_ns, 0);
	out(w, 0x61, 3);
	run_to(w, 3599 * SECOND);
	out(w, 0x61, 3);
	look(w);
	assert_true(w->nr < WAV_HZ);
	assert_true(w->samples[100] > 1000);
	assert_int_equal(w->samples[w->nr - 1], 0);
	close_world(w);
}

/* An hour is all there is. */
static void full(void **state)
{
	struct world *w = open_world();
	struct stat st;

	(void)state;
	set_tone(w, 1193);
	run_to(w, 3599 * SECOND + SECOND / 2);
	out(w, 0x61, 3);
	run_to(w, 3603 * SECOND);
	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(st.st_size, HEADER + 2 * WAV_SAMPLES_MAX);
	out(w, 0x61, 0);
	out(w, 0x61, 3);
	run_to(w, 9999 * SECOND);
	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(st.st_size, HEADER + 2 * WAV_SAMPLES_MAX);
	close_world(w);
}

/* Its own file again, no other's, no other thing, and not twice at once. */
static void files(void **state)
{
	static const char *const without[] = { "pit", NULL };
	struct world *w = open_world();
	struct plan *plan = plan_for(0, NULL), *copy = plan_for(1, NULL),
		    *mute = plan_for(0, without);
	char other[] = "/tmp/mkvm-other-XXXXXX";
	int fd = mkstemp(other);

	(void)state;
	assert_true(fd >= 0 && write(fd, "RIFFhello", 9) == 9);
	close(fd);
	assert_int_equal(plug_sound(plan, other), -EINVAL);
	assert_int_equal(plug_sound(plan, "/dev/null"), -EINVAL);
	assert_int_equal(plug_sound(plan, "/tmp"), -EINVAL);
	assert_int_equal(plug_sound(plan, "/none/such.wav"), -EINVAL);
	assert_int_equal(plug_sound(plan, w->path), -EINVAL);
	assert_int_equal(plug_sound(mute, other), -EINVAL);
	assert_int_equal(plug_sound(copy, w->path), 0);
	assert_int_equal(*(const int *)copy->devices[0].config, -1);
	plan_free(copy);
	fake_board_close(&w->board);
	assert_int_equal(plug_sound(plan, w->path), 0);
	plan_free(plan);
	plan_free(mute);
	unlink(other);
	unlink(w->path);
	plan_free((struct plan *)w->plan);
	free(w);
}

/* Restored at another time: that is where the recording begins. A machine that is
 * reset goes on with the one it has. */
static void restored(void **state)
{
	struct world *w = open_world();
	const struct device_type *type = w->board.type;
	struct stash in = { 0 }, out_of = { 0 };

	(void)state;
	type->save(w->board.dev, &out_of);
	w->board.now_ns = 5 * SECOND;
	in = out_of;
	assert_true(type->restored(w->board.dev, &in));
	set_tone(w, 1193);
	out(w, 0x61, 3);
	run_to(w, 6 * SECOND);
	stash_free(&out_of);
	out_of = (struct stash){ 0 };
	type->save(w->board.dev, &out_of);
	in = out_of;
	assert_true(type->restored(w->board.dev, &in));
	run_to(w, 7 * SECOND);
	out(w, 0x61, 0);
	run_to(w, 8 * SECOND);
	look(w);
	assert_in_range(w->nr, 2 * WAV_HZ, 2 * WAV_HZ + WAV_HZ / 4);
	assert_in_range(rises(w, 0, 2 * WAV_HZ), 1990, 2010);
	stash_free(&out_of);
	close_world(w);
}

/* Between one clock and the next change, OUT is what it was. */
static void edges(void **state)
{
	unsigned int seed = 1;

	(void)state;
	for (unsigned int turn = 0; turn < 4000; turn++) {
		struct counter c = { .gate = true };
		int64_t t = 1000, edge;
		bool level;

		counter_program(&c, 0x30 | (rand_r(&seed) % 6) << 1, t);
		for (unsigned int i = 0; i < 6; i++) {
			switch (rand_r(&seed) % 4) {
			case 0:
				counter_set_gate(&c, rand_r(&seed) % 2, t);
				break;
			case 1:
				counter_write(&c, rand_r(&seed) % 7, t);
				counter_write(&c, rand_r(&seed) % 20 ? 0 : 1,
					      t);
				break;
			}
			edge = counter_edge(&c, t);
			level = counter_out(&c, t);
			assert_true(edge > t);
			for (int64_t at = t; at < edge && at < t + 300; at++)
				assert_int_equal(counter_out(&c, at), level);
			t += 1 + rand_r(&seed) % 40;
			counter_follow(&c, t);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tone),	    cmocka_unit_test(whole_at_any_time),
		cmocka_unit_test(tunes),    cmocka_unit_test(by_hand),
		cmocka_unit_test(widths),   cmocka_unit_test(stays),
		cmocka_unit_test(full),	    cmocka_unit_test(files),
		cmocka_unit_test(restored), cmocka_unit_test(edges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
