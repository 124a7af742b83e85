/* objects: */
/*
 * vmctl of the guests, of which two run at once: one that has asked for the guest to be
 * saved, and the one that watches, which is woken when it was restored. They have one
 * hypercall port, and that has one result, so each may take the other's.
 *
 * vmctl has no C library: what is here in place of its vmctl.h is the port and the
 * kernel, and the other one, which comes in between.
 */
#define VMCTL_H
#include <asm/unistd.h>

#define EXIT_FAILED 70
#define STDOUT	    1

static long call(long number, long a, long b, long c);
static long call4(long number, long a, long b, long c, long d);
static void end(int status) __attribute__((noreturn));
static void say(int fd, const char *text);
static void fail(int status, const char *text) __attribute__((noreturn));
static int open_ports(void);
static void hypercall(unsigned char function, int argument);
static unsigned int result4(void);
void save(void) __attribute__((noreturn));
void freshen_now(void) __attribute__((noreturn));
void watch(void) __attribute__((noreturn));

#include "initramfs/vmctl_saved.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#undef fail /* it is vmctl's */

#define ENDED	  1000 /* longjmp()'s, above any status */
#define OTHERS	  14 /* accesses of the one that watches: OUT is 0, IN its size */
#define WALL_TIME 1234567890123456789ULL

/* The port, as devices/hypercall.c has it, and the machine behind it. */
static struct {
	uint64_t result;
	bool is_random;
	unsigned int random;
	unsigned int restores;
	uint8_t saved; /* what HC_SAVE is to give */
} hc;

/* What the other one does, as watch() and freshen() have it, of which the first part
 * comes before access number `at[0]` of ours, and the rest before `at[1]`. */
static const uint8_t others[OTHERS] = {
	HC_RESTORES, 0, HC_RESTORES, 0, HC_WALL_TIME, 0, 0,
	HC_RANDOM,   0, 0,	     0, HC_COPY,      0, 0,
};
static struct {
	unsigned int at[2], split;
	unsigned int accesses;
} turn;

static jmp_buf way_out;
static const char *said;

static void access_out(uint8_t function)
{
	hc.is_random = function == HC_RANDOM;
	hc.result = 0;
	switch (function) {
	case HC_SAVE:
		hc.result = hc.saved;
		hc.restores += hc.saved == HC_RESTORED;
		break;
	case HC_RESTORES:
		hc.result = hc.restores;
		break;
	case HC_WALL_TIME:
		hc.result = WALL_TIME;
		break;
	}
}

static unsigned int access_in(void)
{
	unsigned int val = hc.result;

	hc.result >>= 32;
	return hc.is_random ? ++hc.random : val;
}

static void others_turn(unsigned int from, unsigned int to)
{
	for (unsigned int i = from; i < to; i++) {
		if (others[i])
			access_out(others[i]);
		else
			access_in();
	}
}

/* Before each access of ours. Nobody wakes the other one before the guest is saved. */
static void let_others(void)
{
	if (turn.accesses == turn.at[0])
		others_turn(0, turn.split);
	if (turn.accesses == turn.at[1])
		others_turn(turn.split, OTHERS);
	turn.accesses++;
}

static void hypercall(unsigned char function, int argument)
{
	(void)argument;
	let_others();
	access_out(function);
}

static unsigned int result4(void)
{
	let_others();
	return access_in();
}

static long call(long number, long a, long b, long c)
{
	(void)a;
	(void)b;
	(void)c;
	return number == __NR_open ? 3 : 0;
}

static long call4(long number, long a, long b, long c, long d)
{
	(void)d;
	return call(number, a, b, c);
}

static void end(int status)
{
	longjmp(way_out, ENDED + status);
}

static void say(int fd, const char *text)
{
	assert_int_equal(fd, STDOUT);
	said = text;
}

static void fail(int status, const char *text)
{
	said = text;
	end(status);
}

static int open_ports(void)
{
	return 1;
}

/* What `vmctl save` says, in a guest that was restored so often before. */
static const char *what_it_says(uint8_t saved, unsigned int restores)
{
	hc.saved = saved;
	hc.restores = restores;
	turn.accesses = 0;
	said = "nothing";
	if (!setjmp(way_out))
		save();
	return said;
}

static void nobody_else(void)
{
	turn.at[0] = turn.at[1] = ~0U;
}

static void says_what_became_of_it(void **state)
{
	(void)state;
	nobody_else();
	for (unsigned int restores = 0; restores < 4; restores++) {
		assert_string_equal(what_it_says(HC_SAVED, restores),
				    "saved\n");
		assert_string_equal(what_it_says(HC_RESTORED, restores),
				    "restored\n");
		assert_memory_equal(what_it_says(HC_UNSAVED, restores),
				    "not saved", 9);
	}
}

/* How many accesses it makes up to the one that saves the guest, and in all. */
static unsigned int count(uint8_t saved)
{
	nobody_else();
	what_it_says(saved, 0);
	return turn.accesses;
}

/* Wherever the other one comes in between, in one piece or in two. */
static void who_was_restored_never_says_saved(void **state)
{
	const unsigned int all = count(HC_RESTORED) + OTHERS;

	(void)state;
	for (unsigned int restores = 0; restores < 3; restores++)
		for (turn.split = 0; turn.split <= OTHERS; turn.split++)
			for (turn.at[0] = 0; turn.at[0] < all; turn.at[0]++)
				for (turn.at[1] = turn.at[0]; turn.at[1] < all;
				     turn.at[1]++)
					assert_string_equal(
						what_it_says(HC_RESTORED,
							     restores),
						"restored\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_became_of_it),
		cmocka_unit_test(who_was_restored_never_says_saved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
