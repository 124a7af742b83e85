/*
 * Reads JSON (RFC 8259) that lies in memory as a whole, without taking any: values are
 * pieces of the text. What was checked once can be walked without a care; the text
 * may be anybody's.
 */
#ifndef MKVM_JSON_READ_H
#define MKVM_JSON_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum json_kind {
	JSON_NONE, /* there is none */
	JSON_OBJECT,
	JSON_ARRAY,
	JSON_STRING,
	JSON_NUMBER,
	JSON_BOOL,
	JSON_NULL,
};

struct json_value {
	enum json_kind kind;
	const char *at; /* its first byte, in the text */
	size_t len;
};

/* Whether the @len bytes at @text are one value, blanks around it aside, no deeper than
 * JSON_DEPTH_MAX of json.h; it is @value then. Strings are valid UTF-8. */
bool json_read(const char *text, size_t len, struct json_value *value);

/* Likewise, an object, on one line that ends with a newline. */
bool json_is_line(const char *text, size_t len);

/* Whether the object, which was checked, has a member @key that is true. */
bool json_is_true(const char *text, size_t len, const char *key);

/* Walks what was checked: *@at is NULL at first. The next member of an object with its
 * @key, or element of an array, whose @key has the kind JSON_NONE. False: no more. */
bool json_next(const struct json_value *of, const char **at,
	       struct json_value *key, struct json_value *value);

/* The member @key of the object @of; its kind is JSON_NONE if there is none. */
struct json_value json_member(const struct json_value *of, const char *key);

/* A string without quotation marks and escapes, or the text of another value, cut
 * to @size bytes with the NUL; its length. A NUL in it becomes a blank. */
size_t json_text(const struct json_value *value, char *buf, size_t size);

/* A number without sign and fraction; 0 for what is none, or too large. */
uint64_t json_uint(const struct json_value *value);

#endif
