/* An answer for people: see show.h. */
#include "service/control/show.h"

#include <string.h>

#include "util/utf8.h"

#define TEXT_MAX    1024 /* of one value */
#define COLUMNS_MAX 16
#define KEY_WIDTH   16

/* Likewise the other control characters that Unicode has, 80 to 9f. */
static bool is_control(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	return *s < ' ' || *s == 0x7f || (*s == 0xc2 && s[1] < 0xa0);
}

size_t show_text(const struct json_value *value, char *buf, size_t size)
{
	size_t len = json_text(value, buf, size), width = 0;

	for (size_t i = 0; i < len; width++) {
		unsigned int bytes = utf8_length(buf + i, len - i);

		if (!bytes)
			bytes = 1;
		if (is_control(buf + i))
			memset(buf + i, '?', bytes);
		i += bytes;
	}
	return width;
}

void show_bytes(uint64_t bytes, char *buf, size_t size)
{
	static const char units[][4] = { "B", "KiB", "MiB", "GiB", "TiB" };
	unsigned int unit = 0;

	while (unit < 4 && bytes >= 1024 && bytes % 1024 == 0) {
		bytes /= 1024;
		unit++;
	}
	snprintf(buf, size, "%llu %s", (unsigned long long)bytes, units[unit]);
}

void show_ms(uint64_t ms, char *buf, size_t size)
{
	unsigned long long s = ms / 1000;

	if (s < 60)
		snprintf(buf, size, "%llu.%llu s", s,
			 (unsigned long long)ms % 1000 / 100);
	else
		snprintf(buf, size, "%llu:%02llu:%02llu", s / 3600, s / 60 % 60,
			 s % 60);
}

static bool is_list(enum json_kind kind)
{
	return kind == JSON_ARRAY || kind == JSON_OBJECT;
}

/* What is in a list, in one line. */
static size_t show_inline(const struct json_value *value, char *buf,
			  size_t size)
{
	struct json_value key, item;
	const char *at = NULL;
	size_t len = 0, width = 0;

	if (!is_list(value->kind))
		return show_text(value, buf, size);
	buf[0] = '\0';
	while (len + 2 < size && json_next(value, &at, &key, &item)) {
		if (len) {
			buf[len++] = ' ';
			width++;
		}
		if (key.kind == JSON_STRING) {
			width += show_text(&key, buf + len, size - len);
			len = strlen(buf);
			if (len + 2 < size)
				buf[len++] = '=';
			width++;
		}
		width += show_text(&item, buf + len, size - len);
		len += strlen(buf + len);
	}
	return width;
}

/* --- Tables --- */

struct column {
	struct json_value key;
	size_t width;
};

struct table {
	struct column columns[COLUMNS_MAX];
	unsigned int nr;
};

static struct column *column_of(struct table *table,
				const struct json_value *key)
{
	for (unsigned int i = 0; i < table->nr; i++)
		if (table->columns[i].key.len == key->len &&
		    !memcmp(table->columns[i].key.at, key->at, key->len))
			return &table->columns[i];
	if (table->nr == COLUMNS_MAX)
		return NULL;
	table->columns[table->nr].key = *key;
	table->columns[table->nr].width = key->len - 2;
	return &table->columns[table->nr++];
}

static void measure_row(struct table *table, const struct json_value *row)
{
	struct json_value key, value;
	const char *at = NULL;
	char text[TEXT_MAX];

	while (json_next(row, &at, &key, &value)) {
		struct column *column = column_of(table, &key);
		size_t width = show_inline(&value, text, sizeof(text));

		if (column && width > column->width)
			column->width = width;
	}
}

static void print_cell(FILE *to, const char *text, size_t width, size_t wanted)
{
	fputs(text, to);
	for (; wanted && width < wanted + 2; width++)
		putc(' ', to);
}

static void print_row(FILE *to, const struct table *table,
		      const struct json_value *row)
{
	char text[TEXT_MAX];

	for (unsigned int i = 0; i < table->nr; i++) {
		const struct column *column = &table->columns[i];
		struct json_value key, value, found = { JSON_NONE, NULL, 0 };
		const char *at = NULL;

		while (json_next(row, &at, &key, &value))
			if (key.len == column->key.len &&
			    !memcmp(key.at, column->key.at, key.len))
				found = value;
		print_cell(to, text, show_inline(&found, text, sizeof(text)),
			   i + 1 < table->nr ? column->width : 0);
	}
	putc('\n', to);
}

static void print_table(FILE *to, const struct json_value *rows)
{
	struct table table = { .nr = 0 };
	struct json_value key, row;
	char text[TEXT_MAX];
	const char *at = NULL;

	while (json_next(rows, &at, &key, &row))
		measure_row(&table, &row);
	for (unsigned int i = 0; i < table.nr; i++)
		print_cell(to, text,
			   show_text(&table.columns[i].key, text, sizeof(text)),
			   i + 1 < table.nr ? table.columns[i].width : 0);
	putc('\n', to);
	for (at = NULL; json_next(rows, &at, &key, &row);)
		print_row(to, &table, &row);
}

/* --- Members --- */

static void print_lines(FILE *to, const struct json_value *lines)
{
	struct json_value key, line;
	char text[TEXT_MAX];
	const char *at = NULL;

	while (json_next(lines, &at, &key, &line)) {
		show_text(&line, text, sizeof(text));
		fprintf(to, "%s\n", text);
	}
}

static void print_member(FILE *to, const char *name,
			 const struct json_value *value)
{
	struct json_value key, first = { JSON_NONE, NULL, 0 };
	const char *at = NULL;
	char text[TEXT_MAX];

	if (value->kind == JSON_ARRAY)
		json_next(value, &at, &key, &first);
	if (first.kind == JSON_OBJECT) {
		fprintf(to, "\n%s\n", name);
		print_table(to, value);
	} else if (first.kind == JSON_STRING && !strcmp(name, "lines")) {
		print_lines(to, value);
	} else {
		show_inline(value, text, sizeof(text));
		fprintf(to, "%-*s %s\n", KEY_WIDTH, name, text);
	}
}

void show_object(FILE *to, const struct json_value *object)
{
	struct json_value key, value;
	const char *at = NULL;
	char name[64];

	while (json_next(object, &at, &key, &value)) {
		show_text(&key, name, sizeof(name));
		if (strcmp(name, "ok") != 0)
			print_member(to, name, &value);
	}
}
