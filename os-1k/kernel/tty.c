/*
 * The tty: what is typed on the serial line or the keyboard waits here for the
 * program in front; what is printed goes to the serial line and the screen.
 * Programs edit their lines themselves (user/line.c), so that what is typed
 * ahead shows up where it is read.
 */
#include <stdarg.h>

#include "kernel/kernel.h"

#define QUEUE_SIZE 1024
#define KEY_MAX	   8 /* bytes that one key sends, and some air */
#define CTRL_C	   3

static char queue[QUEUE_SIZE];
static uint32_t head, tail; /* bytes ever read and ever put */

/* Ctrl-C is for the program in front, but the first process reads it. */
void tty_input(char c)
{
	if (c == CTRL_C && process_front->parent) {
		print("^C\n");
		process_end(process_front, STATUS_KILLED);
		return;
	}
	queue[tail++ % QUEUE_SIZE] = c;
	process_wake(queue);
}

bool tty_has_room(void)
{
	return tail - head <= QUEUE_SIZE - KEY_MAX;
}

int sys_read(void *bytes, uint32_t len)
{
	bool was_full;
	uint32_t n = 0;

	if (current != process_front)
		return -E_FRONT;
	while (head == tail)
		process_block(queue);
	was_full = !tty_has_room();
	while (n < len && head != tail)
		((char *)bytes)[n++] = queue[head++ % QUEUE_SIZE];
	if (was_full) {
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

/* Not all at once: printing is slow, and the clock must not lose a tick. */
int sys_write(void *bytes, uint32_t len)
{
	if (len > WRITE_MAX)
		len = WRITE_MAX;
	for (uint32_t i = 0; i < len; i++)
		put(((char *)bytes)[i]);
	return len;
}

/* At least so many digits. */
static void put_number(uint32_t n, uint32_t base, int digits)
{
	if (digits > 1 || n >= base)
		put_number(n / base, base, digits - 1);
	put("0123456789abcdef"[n % base]);
}

void print(const char *text, ...)
{
	va_list args;

	va_start(args, text);
	for (; *text; text++) {
		if (*text != '%')
			put(*text);
		else if (*++text == 'd')
			put_number(va_arg(args, uint32_t), 10, 1);
		else if (*text == 'x')
			put_number(va_arg(args, uint32_t), 16, 8);
		else
			for (const char *s = va_arg(args, char *); *s; s++)
				put(*s);
	}
	va_end(args);
}
