/*
 * Asks for its name in every way; a line for each. It runs as the first program,
 * in the place of the shell, and once more under another name.
 */
#include "user/calls.h"
#include "user/print.h"
#include "user/text.h"

#include "names.h"

#define SYS_NAME  10
#define SIZE	  32
#define NO_PAGE	  ((char *)0x10000000)
#define STACK_END ((char *)0x7ffff000)
#define KERNEL	  ((char *)0x80001000)

static char buffer[SIZE + 1]; /* and a 0 that stays */
static const char text[SIZE] = "in what is read-only";

/* Calls with @size bytes of a buffer full of '#', and shows what is there. */
static void ask(const char *what, int size)
{
	int i, result;

	for (i = 0; i < SIZE; i++)
		buffer[i] = '#';
	result = call(SYS_NAME, buffer, size);
	for (i = 0; i < SIZE; i++)
		if (!buffer[i])
			buffer[i] = '0';
	print("%s %d %s\n", what, result, buffer);
}

static void ask_wrongly(void)
{
	print("none %d\n", call(SYS_NAME, 0, SIZE));
	print("nopage %d\n", call(SYS_NAME, NO_PAGE, SIZE));
	print("kernel %d\n", call(SYS_NAME, KERNEL, SIZE));
	print("readonly %d\n", call(SYS_NAME, text, SIZE));
	print("half %d\n", call(SYS_NAME, STACK_END - 4, SIZE));
	print("huge %d\n", call(SYS_NAME, buffer, -1));
	print("text %s\n", text);
}

int main(const char *args)
{
	struct program second = { .name = SECOND, .args = "second" };
	struct uptime now = { 0 };
	int status;

	if (*args) {
		ask("second", SIZE);
		return 0;
	}
	ask("own", SIZE);
	wait(&status, spawn(&second, 0));
	ask("cut", 4);
	ask("exact", 6);
	ask("less", 5);
	ask("one", 1);
	ask("zero", 0);
	ask_wrongly();
	print("unknown %d %d\n", call(11, 0, 0), call(-1, 0, 0));
	print("others %d %d\n", uptime(&now), call(SYS_UPTIME, text, 0));
	return 0;
}
