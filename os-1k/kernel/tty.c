/*
 * The tty: what is typed on the serial line or the keyboard waits here for the
 * program in front; what is printed goes to the serial line and the screen.
 * Programs edit their lines themselves (lib/line.c), so that typing ahead
 * shows up where it is read.
 */
#include "kernel/kernel.h"
#include "lib/format.h"

#define QUEUE_SIZE 1024
#define KEY_MAX	   8 /* bytes that one key sends, and some air */
#define CTRL_C	   3

static char queue[QUEUE_SIZE];
static unsigned int head, tail; /* bytes ever read and ever put */
static bool stalled;		/* a device was told to wait */
static bool after_return;

/* Ctrl-C is for the program in front, but the first process reads it. */
void tty_input(char c)
{
	if (c == CTRL_C && process_front->parent) {
		print("^C\n");
		process_end(process_front, STATUS_KILLED);
		return;
	}
	/* Enter may be \r, \n or both. */
	if (c != '\n' || !after_return)
		queue[tail++ % QUEUE_SIZE] = c == '\r' ? '\n' : c;
	after_return = c == '\r';
	process_wake(queue);
}

bool tty_has_room(void)
{
	stalled = tail - head > QUEUE_SIZE - KEY_MAX;
	return !stalled;
}

int tty_read(char *buf, int len)
{
	int n = 0;

	while (head == tail)
		process_block(queue);
	while (n < len && head != tail)
		buf[n++] = queue[head++ % QUEUE_SIZE];
	if (stalled && tty_has_room()) {
		keyboard_interrupt();
		serial_interrupt();
	}
	return n;
}

static void put(char c)
{
	serial_put(c);
	screen_put(c);
}

void tty_write(const char *buf, int len)
{
	while (len--)
		put(*buf++);
}

void print(const char *text, ...)
{
	va_list args;

	va_start(args, text);
	format(put, text, args);
	va_end(args);
}
