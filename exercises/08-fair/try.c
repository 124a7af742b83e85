/*
 * Runs in the place of the shell: starts programs that always want the CPU, and
 * counts how many ticks each gets while TICKS pass; three times. And how long a
 * short sleep takes, at best of some: whoever has just worked may have to wait.
 * Printing takes its time, and so it comes last.
 */
#include "user/calls.h"
#include "user/print.h"
#include "user/text.h"

#include "names.h"

#define PROCESSES 16
#define PHASES	  3
#define SHORT	  4 /* ticks */
#define SLEEPS	  8

static const char *const names[] = { NAMES };
#define NR (sizeof(names) / sizeof(names[0]))

static unsigned int ticks[PHASES][2][NR]; /* before, and after */

static void look(unsigned int *to)
{
	struct process_info info = { 0 };

	for (int i = 0; i < PROCESSES; i++) {
		if (process(&info, i) < 0 || info.state == FREE)
			continue;
		for (unsigned int n = 0; n < NR; n++)
			if (!strcmp(info.name, names[n]))
				to[n] = info.ticks;
	}
}

/* All at one time: between two ticks. A machine that was late has many at once. */
static void count(unsigned int *to)
{
	struct uptime from, now;

	do {
		uptime(&from);
		look(to);
		uptime(&now);
	} while (from.ticks != now.ticks);
}

static void measure(int phase)
{
	count(ticks[phase][0]);
	sleep(TICKS);
	count(ticks[phase][1]);
}

/* Whether a process has been seen at work; once may be when it went to sleep. */
static bool runs(const char *name)
{
	struct process_info info = { 0 };

	for (int i = 0; i < PROCESSES; i++)
		if (process(&info, i) == 0 && info.state != FREE &&
		    !strcmp(info.name, name))
			return info.ticks > 1;
	return false;
}

static void begin(const char *name, const char *args)
{
	struct program program = { 0 };

	memcpy(program.name, name, strlen(name));
	memcpy(program.args, args, strlen(args));
	spawn(&program, 0);
}

static unsigned int shortest_sleep(void)
{
	struct uptime from, to;
	unsigned int best = -1;

	for (int i = 0; i < SLEEPS; i++) {
		uptime(&from);
		sleep(SHORT);
		uptime(&to);
		if (to.ticks - from.ticks < best)
			best = to.ticks - from.ticks;
	}
	return best;
}

/* names: three from the beginning, one that sleeps first, one that comes late. */
int main(void)
{
	static const char *const phases[] = { "first", "late", "woken" };
	unsigned int best;

	begin(names[3], "n");
	for (int i = 0; i < 3; i++)
		begin(names[i], "");
	measure(0);
	begin(names[4], "");
	measure(1);
	for (int i = 0; i < NAP && !runs(names[3]); i++)
		sleep(1);
	measure(2);
	best = shortest_sleep();
	for (int phase = 0; phase < PHASES; phase++) {
		print("%s", phases[phase]);
		for (unsigned int n = 0; n < NR; n++)
			print(" %u", ticks[phase][1][n] - ticks[phase][0][n]);
		print("\n");
	}
	print("sleep %u\n", best);
	return 0;
}
