/*
 * A line of input, edited as it is typed. Draws with printable characters and
 * backspaces alone, which every terminal and the kernel's screen understand.
 */
#include "user/line.h"

#include <stdbool.h>

#include "lib/string.h"
#include "user/calls.h"
#include "user/print.h"
#include "user/text.h"

#define HISTORY 16

#define CTRL(letter) ((letter)&0x1f)
#define ESC	     '\033'
#define RUBOUT	     0x7f

/* Keys of more than one byte: the last byte of what they send, and this. */
#define MOVE	   0x100
#define KEY_UP	   (MOVE | 'A')
#define KEY_DOWN   (MOVE | 'B')
#define KEY_RIGHT  (MOVE | 'C')
#define KEY_LEFT   (MOVE | 'D')
#define KEY_END	   (MOVE | 'F')
#define KEY_HOME   (MOVE | 'H')
#define KEY_DELETE (MOVE | '3') /* the number before the ~ */

struct line {
	char *buf;
	int len, at;   /* at: the cursor's place */
	bool too_long; /* more was typed than fits */
	int age;       /* of the line of history that is shown; 0: none */
};

static char history[HISTORY][LINE_SIZE];
static int remembered; /* lines ever; the newest is number remembered - 1 */

/* Enter may be \r, \n or both; here it is \n. */
static int read_byte(void)
{
	static bool after_return;
	bool skip = after_return;
	char c;

	if (read(&c, 1) != 1)
		return CTRL('D');
	after_return = c == '\r';
	if (c == '\n' && skip)
		return read_byte();
	return c == '\r' ? '\n' : (unsigned char)c;
}

/* A byte, or MOVE with what tells the key: ESC [ A, ESC O P, ESC [ 3 ~. */
static int read_key(void)
{
	int c = read_byte(), number = 0;

	if (c != ESC)
		return c;
	c = read_byte();
	if (c == '[' || c == 'O')
		c = read_byte();
	for (; c >= '0' && c <= '9'; c = read_byte())
		number = c;
	return MOVE | (c == '~' ? number : c);
}

static void move_to(struct line *l, int to)
{
	while (l->at > to) {
		print("\b");
		l->at--;
	}
	print_bytes(l->buf + l->at, to - l->at);
	l->at = to;
}

/* Puts @n characters in the place of @old at @from; the cursor goes behind. */
static void replace(struct line *l, int from, int old, const char *text, int n)
{
	int len = l->len - old + n;

	if (from < 0 || from + old > l->len)
		return;
	if (len >= LINE_SIZE) {
		l->too_long = true;
		return;
	}
	move_to(l, from);
	memmove(l->buf + from + n, l->buf + from + old, l->len - from - old);
	memcpy(l->buf + from, text, n);
	print_bytes(l->buf + from, len - from);
	for (l->at = len; l->at < l->len; l->at++)
		print(" ");
	l->len = len;
	move_to(l, from + n);
}

/* Shows the line that is @age old; 0 is the new, empty one. */
static void recall(struct line *l, int age)
{
	const char *text = "";

	if (age < 0 || age > HISTORY || age > remembered)
		return;
	if (age)
		text = history[(remembered - age) % HISTORY];
	l->age = age;
	replace(l, 0, l->len, text, strlen(text));
}

static void remember(const char *text)
{
	char *last = history[(remembered + HISTORY - 1) % HISTORY];

	if (*text && strcmp(text, last))
		memcpy(history[remembered++ % HISTORY], text, strlen(text) + 1);
}

static void edit(struct line *l, int key)
{
	char c = key;

	switch (key) {
	case '\b':
	case RUBOUT:
		replace(l, l->at - 1, 1, "", 0);
		break;
	case KEY_DELETE:
	case CTRL('D'):
		replace(l, l->at, 1, "", 0);
		break;
	case CTRL('U'):
		replace(l, 0, l->at, "", 0);
		break;
	case KEY_LEFT:
		move_to(l, l->at - (l->at > 0));
		break;
	case KEY_RIGHT:
		move_to(l, l->at + (l->at < l->len));
		break;
	case KEY_HOME:
	case CTRL('A'):
		move_to(l, 0);
		break;
	case KEY_END:
	case CTRL('E'):
		move_to(l, l->len);
		break;
	case KEY_UP:
		recall(l, l->age + 1);
		break;
	case KEY_DOWN:
		recall(l, l->age - 1);
		break;
	default:
		if (key >= ' ' && key < RUBOUT)
			replace(l, l->at, 0, &c, 1);
	}
}

int line_read(const char *prompt, char *buf)
{
	struct line l = { .buf = buf };
	int key;

	print("%s", prompt);
	while ((key = read_key()) != '\n') {
		if (key == CTRL('C')) {
			print("^C\n");
			buf[0] = 0;
			return 0;
		}
		if (key == CTRL('D') && !l.len) {
			print("\n");
			return LINE_END;
		}
		edit(&l, key);
	}
	move_to(&l, l.len);
	print("\n");
	buf[l.len] = 0;
	remember(buf);
	return l.too_long ? LINE_TOO_LONG : l.len;
}
