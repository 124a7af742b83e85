/*
 * The first process: the menu, the commands, and what starts the programs.
 * When it ends, so does the system.
 */
#include <stdbool.h>

#include "lib/string.h"
#include "user/calls.h"
#include "user/line.h"
#include "user/number.h"
#include "user/print.h"
#include "user/text.h"

/* The programs of the menu, by number from 1. */
static const struct {
	const char *name, *what;
} menu[] = {
	{ "table", "multiplication table, 2 to 9" },
	{ "counter", "counter, 0 to 9" },
	{ "echo", "echo, until you quit" },
	{ "fibonacci", "the first 15 Fibonacci numbers" },
	{ "primes", "primes up to 100" },
	{ "calculator", "calculator: + - * /" },
	{ "factorial", "factorials, 0! to 12!" },
	{ "gcd", "greatest common divisor" },
	{ "about", "about this system" },
};

#define MENU_SIZE ((int)(sizeof(menu) / sizeof(menu[0])))

static void print_menu(const char *args)
{
	(void)args;
	for (int i = 0; i < MENU_SIZE; i++)
		print("  %d  %-12s%s\n", i + 1, menu[i].name, menu[i].what);
	print("  0  %-12s%s\n", "exit", "switch off");
}

static void list_processes(const char *args)
{
	static const char *const states[] = { "free", "ready", "running",
					      "waiting", "ended" };
	struct process_info info;

	(void)args;
	print("  PID  PARENT  STATE    TICKS  NAME\n");
	for (int i = 0; process(&info, i) == 0; i++)
		if (info.state != FREE)
			print("%5d  %6d  %-7s  %5u  %s\n", info.pid,
			      info.parent, states[info.state], info.ticks,
			      info.name);
}

static void kill_process(const char *args)
{
	const char *text = args;
	int pid;

	if (number_read(&text, &pid) || *text)
		print("kill: error: '%s' is not a process number; ps lists "
		      "them\n",
		      args);
	else if (kill(pid) < 0)
		print("kill: error: there is no process %d; ps lists them\n",
		      pid);
}

static void print_uptime(const char *args)
{
	struct uptime now;

	(void)args;
	uptime(&now);
	print("up %u.%02u s: %u ticks, %u of them idle\n",
	      now.ticks / TICKS_PER_SECOND, now.ticks % TICKS_PER_SECOND,
	      now.ticks, now.idle);
}

static void print_memory(const char *args)
{
	struct memory_info info;

	(void)args;
	memory(&info);
	print("%u pages of 4 KiB: %u used, %u free\n", info.pages, info.used,
	      info.pages - info.used);
}

static void print_help(const char *args);

static const struct {
	const char *name, *what;
	void (*run)(const char *args);
} commands[] = {
	{ "menu", "the programs", print_menu },
	{ "ps", "the processes, and their CPU time in ticks", list_processes },
	{ "kill", "ends a process: kill PID", kill_process },
	{ "uptime", "time since the start", print_uptime },
	{ "mem", "memory in use", print_memory },
	{ "help", "this list", print_help },
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(const char *args)
{
	(void)args;
	for (unsigned int i = 0; i < NR_COMMANDS; i++)
		print("  %-8s%s\n", commands[i].name, commands[i].what);
	print("A number or a name of the menu starts a program, with & behind "
	      "it in the\nbackground. Arrows, Home and End move in the line "
	      "and in those before it;\nCtrl-C ends the program in front, "
	      "Ctrl-D in an empty line leaves.\n");
}

/* Says how a program in the background ended, one line for each. */
static void report_ended(void)
{
	int pid, status;

	while ((pid = wait(&status, 0)) > 0) {
		print("[%d] ", pid);
		if (status == STATUS_KILLED)
			print("killed\n");
		else if (status == STATUS_FAULT)
			print("ended by a fault\n");
		else
			print("ended, status %d\n", status);
	}
}

/* Copies a string that may be too long, and then is none. */
static bool copy(char *to, const char *from, int size)
{
	int len = strlen(from);

	if (len < size)
		memcpy(to, from, len + 1);
	return len < size;
}

static void start(const char *name, const char *args, bool background)
{
	struct program program;
	int pid = -E_NAME, status;

	if (copy(program.name, name, NAME_SIZE) &&
	    copy(program.args, args, ARGS_SIZE))
		pid = spawn(&program, background ? 0 : SPAWN_FRONT);
	if (pid == -E_MEMORY)
		print("%s: error: no memory for another process\n", name);
	else if (pid < 0)
		print("%s: error: no such command or program; try help\n",
		      name);
	else if (background)
		print("[%d] %s\n", pid, name);
	else
		wait(&status, pid);
}

/* Cuts blanks off both ends of @text; returns its new beginning. */
static char *trim(char *text)
{
	int len = strlen(text);

	while (len && text[len - 1] == ' ')
		text[--len] = 0;
	while (*text == ' ')
		text++;
	return text;
}

/* Runs a line; false if it says that it is time to leave. */
static bool run(char *line)
{
	char *name = trim(line);
	char *args = name;
	bool background = *name && name[strlen(name) - 1] == '&';

	if (background) {
		name[strlen(name) - 1] = 0;
		name = args = trim(name);
	}
	while (*args && *args != ' ')
		args++;
	if (*args)
		*args++ = 0;
	args = trim(args);
	if (!*name)
		return true;
	if (!strcmp(name, "0") || !strcmp(name, "exit"))
		return false;
	for (unsigned int i = 0; i < NR_COMMANDS; i++) {
		if (!strcmp(name, commands[i].name)) {
			commands[i].run(args);
			return true;
		}
	}
	if (name[0] >= '1' && name[0] <= '9' && !name[1])
		start(menu[name[0] - '1'].name, args, background);
	else
		start(name, args, background);
	return true;
}

int main(void)
{
	char line[LINE_SIZE];
	int len;

	print("\n1K OS\n");
	print_menu("");
	print("Type a number, or help.\n");
	do {
		report_ended();
		len = line_read("1k> ", line);
		if (len == LINE_TOO_LONG)
			print("error: the line is too long; %d characters are "
			      "the most\n",
			      LINE_SIZE - 1);
	} while (len != LINE_END && (len < 0 || run(line)));
	print("Goodbye.\n");
	return 0;
}
