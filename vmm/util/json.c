/*
 * JSON, written as it comes. Every level of objects and arrays is a line of
 * its own and indented, but for rows, which stay on one line.
 */
#include "util/json.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "util/utf8.h"

#define FORMAT_BYTES 256
#define REPLACEMENT  "\\ufffd"

void json_begin(struct json *json, FILE *to)
{
	*json = (struct json){ .to = to, .flat = JSON_DEPTH_MAX };
}

void json_quote(FILE *to, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	putc('"', to);
	while (*s) {
		unsigned int len = utf8_length((const char *)s, SIZE_MAX);

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

void json_null(struct json *json, const char *key)
{
	begin_value(json, key);
	fputs("null", json->to);
}

void json_bytes(struct json *json, const char *key, const void *buf, size_t len)
{
	const uint8_t *bytes = buf;

	begin_value(json, key);
	putc('"', json->to);
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] < ' ' || bytes[i] > '~' || bytes[i] == '"' ||
		    bytes[i] == '\\')
			fprintf(json->to, "\\u%04x", bytes[i]);
		else
			putc(bytes[i], json->to);
	}
	putc('"', json->to);
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
