/* Reading JSON: a cursor that goes over the text, and never behind its end. */
#include "util/json_read.h"

#include <string.h>

#include "util/json.h"
#include "util/utf8.h"

struct cursor {
	const char *at, *end;
};

static void skip_blanks(struct cursor *c)
{
	while (c->at < c->end && memchr(" \t\n\r", *c->at, 4))
		c->at++;
}

static char peek(const struct cursor *c)
{
	return c->at < c->end ? *c->at : '\0';
}

static bool take(struct cursor *c, char wanted)
{
	if (peek(c) != wanted || c->at == c->end)
		return false;
	c->at++;
	return true;
}

static bool take_word(struct cursor *c, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(c->end - c->at) < len || memcmp(c->at, word, len) != 0)
		return false;
	c->at += len;
	return true;
}

/* --- Numbers and strings --- */

static bool take_digits(struct cursor *c)
{
	const char *from = c->at;

	while (peek(c) >= '0' && peek(c) <= '9')
		c->at++;
	return c->at > from;
}

static bool take_number(struct cursor *c)
{
	take(c, '-');
	if (!take(c, '0') && !take_digits(c))
		return false;
	if (take(c, '.') && !take_digits(c))
		return false;
	if (!take(c, 'e') && !take(c, 'E'))
		return true;
	if (!take(c, '+'))
		take(c, '-');
	return take_digits(c);
}

static int hex_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool take_escape(struct cursor *c)
{
	if (!take(c, 'u')) {
		if (c->at == c->end || !*c->at || !strchr("\"\\/bfnrt", *c->at))
			return false;
		c->at++;
		return true;
	}
	for (int i = 0; i < 4; i++, c->at++)
		if (hex_of(peek(c)) < 0)
			return false;
	return true;
}

static bool take_string(struct cursor *c)
{
	if (!take(c, '"'))
		return false;
	while (c->at < c->end && *c->at != '"') {
		unsigned int len;

		if ((unsigned char)*c->at < ' ')
			return false;
		if (take(c, '\\')) {
			if (!take_escape(c))
				return false;
			continue;
		}
		len = utf8_length(c->at, (size_t)(c->end - c->at));
		if (!len)
			return false;
		c->at += len;
	}
	return take(c, '"');
}

/* --- Values --- */

static enum json_kind kind_of(char first)
{
	switch (first) {
	case '{':
		return JSON_OBJECT;
	case '[':
		return JSON_ARRAY;
	case '"':
		return JSON_STRING;
	case 't':
	case 'f':
		return JSON_BOOL;
	case 'n':
		return JSON_NULL;
	default:
		return JSON_NUMBER;
	}
}

static bool take_simple(struct cursor *c)
{
	switch (kind_of(peek(c))) {
	case JSON_STRING:
		return take_string(c);
	case JSON_BOOL:
		return take_word(c, "true") || take_word(c, "false");
	case JSON_NULL:
		return take_word(c, "null");
	default:
		return take_number(c);
	}
}

/* A member's key and colon. */
static bool take_key(struct cursor *c)
{
	skip_blanks(c);
	if (!take_string(c))
		return false;
	skip_blanks(c);
	return take(c, ':');
}

/* Behind a value: closes what ends here. False: that is no JSON. Another value is to
 * come if *@more. */
static bool close_levels(struct cursor *c, const char *ends,
			 unsigned int *depth, bool *more)
{
	for (*more = false; *depth; --*depth) {
		skip_blanks(c);
		*more = take(c, ',');
		if (*more)
			return ends[*depth - 1] != '}' || take_key(c);
		if (!take(c, ends[*depth - 1]))
			return false;
	}
	return true;
}

/* Without recursion: the text may be an enemy's. */
static bool take_value(struct cursor *c)
{
	char ends[JSON_DEPTH_MAX];
	unsigned int depth = 0;
	bool more = true;

	while (more) {
		bool object;

		skip_blanks(c);
		object = peek(c) == '{';
		if (!object && peek(c) != '[') {
			if (!take_simple(c))
				return false;
		} else {
			if (depth == JSON_DEPTH_MAX)
				return false;
			c->at++;
			ends[depth++] = object ? '}' : ']';
			skip_blanks(c);
			if (peek(c) != ends[depth - 1]) {
				if (object && !take_key(c))
					return false;
				continue;
			}
			c->at++;
			depth--;
		}
		if (!close_levels(c, ends, &depth, &more))
			return false;
	}
	return true;
}

/* The value that begins at @c; it is one. */
static struct json_value value_at(struct cursor *c)
{
	struct json_value value;

	skip_blanks(c);
	value.kind = kind_of(peek(c));
	value.at = c->at;
	take_value(c);
	value.len = (size_t)(c->at - value.at);
	return value;
}

bool json_read(const char *text, size_t len, struct json_value *value)
{
	struct cursor c = { text, text + len };

	if (!take_value(&c))
		return false;
	skip_blanks(&c);
	if (c.at != c.end)
		return false;
	c.at = text;
	*value = value_at(&c);
	return true;
}

bool json_is_line(const char *text, size_t len)
{
	struct json_value value;

	return len && memchr(text, '\n', len) == text + len - 1 &&
	       json_read(text, len, &value) && value.kind == JSON_OBJECT;
}

bool json_is_true(const char *text, size_t len, const char *key)
{
	struct cursor c = { text, text + len };
	struct json_value whole = value_at(&c);
	struct json_value value = json_member(&whole, key);

	return value.kind == JSON_BOOL && *value.at == 't';
}

bool json_next(const struct json_value *of, const char **at,
	       struct json_value *key, struct json_value *value)
{
	struct cursor c = { *at ? *at : of->at + 1, of->at + of->len };

	*key = (struct json_value){ .kind = JSON_NONE };
	if (of->kind != JSON_OBJECT && of->kind != JSON_ARRAY)
		return false;
	skip_blanks(&c);
	take(&c, ',');
	skip_blanks(&c);
	if (c.at >= c.end || *c.at == '}' || *c.at == ']')
		return false;
	if (of->kind == JSON_OBJECT) {
		*key = value_at(&c);
		skip_blanks(&c);
		take(&c, ':');
	}
	*value = value_at(&c);
	*at = c.at;
	return true;
}

/* Whether the string is @text, which has nothing to escape. */
static bool is_text(const struct json_value *string, const char *text)
{
	size_t len = strlen(text);

	return string->len == len + 2 && !memcmp(string->at + 1, text, len);
}

struct json_value json_member(const struct json_value *of, const char *key)
{
	struct json_value name, value;
	const char *at = NULL;

	while (json_next(of, &at, &name, &value))
		if (name.kind == JSON_STRING && is_text(&name, key))
			return value;
	return (struct json_value){ .kind = JSON_NONE };
}

/* --- What a string says --- */

static unsigned int hex4(const char *at)
{
	unsigned int code = 0;

	for (int i = 0; i < 4; i++)
		code = code << 4 | (unsigned int)hex_of(at[i]);
	return code;
}

/* The character behind a backslash; *@at is behind it then. */
static unsigned int unescape(const char **at)
{
	static const char names[] = "bfnrt", codes[] = "\b\f\n\r\t";
	const char name = *(*at)++;
	const char *known = strchr(names, name);
	unsigned int code;

	if (name != 'u')
		return known ? (unsigned char)codes[known - names] :
			       (unsigned char)name;
	code = hex4(*at);
	*at += 4;
	/* A pair of surrogates; half of one is no character. */
	if (code >= 0xd800 && code < 0xdc00 && (*at)[0] == '\\' &&
	    (*at)[1] == 'u' && hex4(*at + 2) >> 10 == 0xdc00 >> 10) {
		code = 0x10000 + ((code & 0x3ff) << 10) +
		       (hex4(*at + 2) & 0x3ff);
		*at += 6;
	}
	return code >> 11 == 0xd800 >> 11 ? 0xfffd : code;
}

size_t json_text(const struct json_value *value, char *buf, size_t size)
{
	bool quoted = value->kind == JSON_STRING;
	const char *at = value->at + quoted;
	const char *end = value->at + value->len - quoted;
	size_t len = 0;

	while (value->kind != JSON_NONE && at < end) {
		char bytes[UTF8_MAX];
		size_t count = 1;

		bytes[0] = *at++;
		if (quoted && bytes[0] == '\\')
			count = utf8_put(unescape(&at), bytes);
		if (count == 1 && !bytes[0])
			bytes[0] = ' ';
		if (len + count >= size)
			break;
		memcpy(buf + len, bytes, count);
		len += count;
	}
	buf[len] = '\0';
	return len;
}

uint64_t json_uint(const struct json_value *value)
{
	uint64_t sum = 0;

	if (value->kind != JSON_NUMBER)
		return 0;
	for (size_t i = 0; i < value->len; i++) {
		unsigned int digit = (unsigned int)(value->at[i] - '0');

		if (digit > 9 || sum > (UINT64_MAX - digit) / 10)
			return 0;
		sum = sum * 10 + digit;
	}
	return sum;
}
