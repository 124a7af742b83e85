/* Text put together piece by piece, in a buffer that is never overrun. */
#include "util/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ESC 0x1b
#define DEL 0x7f

void text_init(struct text *text, char *buf, size_t size)
{
	*text = (struct text){ .buf = buf, .size = size };
	buf[0] = '\0';
}

void text_add(struct text *text, const char *fmt, ...)
{
	size_t room = text->size - text->len;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(text->buf + text->len, room, fmt, args);
	va_end(args);
	if (len > 0)
		text->len += (size_t)len < room ? (size_t)len : room - 1;
}

void text_pad(struct text *text, size_t column)
{
	const char *line = strrchr(text->buf, '\n');
	size_t start = line ? (size_t)(line + 1 - text->buf) : 0;
	size_t used = text->len - start;

	if (used < column)
		text_add(text, "%*s", (int)(column - used), "");
}

void text_byte(struct text *text, uint8_t c)
{
	static const char names[][2] = {
		{ '\0', '0' }, { '\a', 'a' }, { '\b', 'b' },  { '\t', 't' },
		{ '\n', 'n' }, { '\v', 'v' }, { '\f', 'f' },  { '\r', 'r' },
		{ ESC, 'e' },  { '"', '"' },  { '\\', '\\' }, { '\'', '\'' },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (c == (uint8_t)names[i][0]) {
			text_add(text, "\\%c", names[i][1]);
			return;
		}
	}
	text_add(text, c < ' ' || c >= DEL ? "\\x%02x" : "%c", c);
}
