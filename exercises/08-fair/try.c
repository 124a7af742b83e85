/*
 * Runs in the place of the shell: starts programs that always want the CPU, and
 * prints how many ticks each got while TICKS passed; three times.
 */
#include "user/calls.h"
#include "user/print.h"
#include "user/text.h"

#include "names.h"

#define PROCESSES 16

static const char *const names[] = { NAMES };
#define NR (sizeof(names) / sizeof(names[0]))

static unsigned int before[NR];

static unsigned int ticks_of(const char *name)
{
	struct process_info info = { 0 };

	for (int i = 0; i < PROCESSES; i++)
		if (process(&info, i) == 0 && info.state != FREE &&
		    !strcmp(info.name, name))
			return info.ticks;
	return 0;
}

static void begin(const char *name, const char *args)
{
	struct program program = { 0 };

	memcpy(program.name, name, strlen(name));
	memcpy(program.args, args, strlen(args));
	print("spawn %d\n", spawn(&program, 0) > 0);
}

/* Waits, and prints what each process got meanwhile. */
static void measure(const char *what)
{
	struct uptime from, to;
	unsigned int i, used[NR];

	for (i = 0; i < NR; i++)
		before[i] = ticks_of(names[i]);
	uptime(&from);
	sleep(TICKS);
	uptime(&to);
	for (i = 0; i < NR; i++)
		used[i] = ticks_of(names[i]) - before[i];
	print("%s", what); /* takes its time, and so comes last */
	for (i = 0; i < NR; i++)
		print(" %u", used[i]);
	print(" %u\n", to.ticks - from.ticks);
}

/* names: three from the beginning, one that sleeps first, one that comes late. */
int main(void)
{
	begin(names[3], "n");
	for (int i = 0; i < 3; i++)
		begin(names[i], "");
	measure("first");
	begin(names[4], "");
	measure("late");
	sleep(NAP - 2 * TICKS + 2);
	measure("woken");
	return 0;
}
