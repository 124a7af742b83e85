/*
 * JSON, written as it comes. Every level of objects and arrays is a line of
 * its own and indented, but for rows, which stay on one line.
 */
#include "util/json.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#define FORMAT_BYTES 256
#define REPLACEMENT  "\\ufffd"

void json_begin(struct json *json, FILE *to)
{
	*json = (struct json){ .to = to, .flat = JSON_DEPTH_MAX };
}

/* Bytes of the UTF-8 sequence at @s, 1 to 4; 0: it is none. RFC 3629. */
static unsigned int utf8_length(const unsigned char *s)
{
	/* First bytes, how many follow, and the range of the second one, which
	 * leaves out overlong forms, surrogates and what is beyond Unicode. */
	static const struct {
		unsigned char first, last, follow, low, high;
	} forms[] = {
		{ 0xc2, 0xdf, 1, 0x80, 0xbf }, { 0xe0, 0xe0, 2, 0xa0, 0xbf },
		{ 0xe1, 0xec, 2, 0x80, 0xbf }, { 0xed, 0xed, 2, 0x80, 0x9f },
		{ 0xee, 0xef, 2, 0x80, 0xbf }, { 0xf0, 0xf0, 3, 0x90, 0xbf },
		{ 0xf1, 0xf3, 3, 0x80, 0xbf }, { 0xf4, 0xf4, 3, 0x80, 0x8f },
	};

	if (*s < 0x80)
		return 1;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (*s < forms[i].first || *s > forms[i].last)
			continue;
		if (s[1] < forms[i].low || s[1] > forms[i].high)
			return 0;
		for (unsigned int n = 2; n <= forms[i].follow; n++)
			if ((s[n] & 0xc0) != 0x80)
				return 0;
		return 1 + forms[i].follow;
	}
	return 0;
}

void json_quote(FILE *to, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	putc('"', to);
	while (*s) {
		unsigned int len = utf8_length(s);

		if (!len)
			fputs(REPLACEMENT, to);
		else if (*s < ' ' || *s == 0x7f)
			fprintf(to, "\\u%04x", *s);
		else if (*s == '"' || *s == '\\')
			fprintf(to, "\\%c", *s);
		else
			fwrite(s, 1, len, to);
		s += len ? len : 1;
	}
	putc('"', to);
}

/* What stands before a value: a comma, a new line, its key. */
static void begin_value(struct json *json, const char *key)
{
	bool one_line = json->depth >= json->flat;

	if (json->filled)
		fputs(one_line ? ", " : ",", json->to);
	if (json->depth && !one_line)
		fprintf(json->to, "\n%*s", (int)json->depth * 2, "");
	json->filled = true;
	if (!key)
		return;
	json_quote(json->to, key);
	fputs(": ", json->to);
}

static void open_level(struct json *json, const char *key, const char *ends)
{
	begin_value(json, key);
	assert(json->depth < JSON_DEPTH_MAX);
	putc(ends[0], json->to);
	json->close[json->depth++] = ends[1];
	json->filled = false;
}

void json_object(struct json *json, const char *key)
{
	open_level(json, key, "{}");
}

void json_row(struct json *json, const char *key)
{
	open_level(json, key, "{}");
	if (json->flat > json->depth)
		json->flat = json->depth;
}

void json_array(struct json *json, const char *key)
{
	open_level(json, key, "[]");
}

void json_close(struct json *json)
{
	bool one_line = json->depth >= json->flat;

	assert(json->depth);
	if (json->flat == json->depth)
		json->flat = JSON_DEPTH_MAX;
	json->depth--;
	if (json->filled && !one_line)
		fprintf(json->to, "\n%*s", (int)json->depth * 2, "");
	putc(json->close[json->depth], json->to);
	json->filled = true;
	if (!json->depth)
		putc('\n', json->to);
}

void json_number(struct json *json, const char *key, uint64_t value)
{
	begin_value(json, key);
	fprintf(json->to, "%llu", (unsigned long long)value);
}

void json_bool(struct json *json, const char *key, bool value)
{
	begin_value(json, key);
	fputs(value ? "true" : "false", json->to);
}

void json_string(struct json *json, const char *key, const char *value)
{
	begin_value(json, key);
	json_quote(json->to, value);
}

void json_format(struct json *json, const char *key, const char *fmt, ...)
{
	char text[FORMAT_BYTES];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	json_string(json, key, text);
}
