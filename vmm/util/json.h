/*
 * Writes JSON (RFC 8259) to a stream, one value after the other: commas,
 * indentation and quotation are looked after here. What is opened last is
 * closed first; nobody checks that keys differ.
 */
#ifndef MKVM_JSON_H
#define MKVM_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_DEPTH_MAX 16

struct json {
	FILE *to;
	unsigned int depth;
	unsigned int flat;	    /* depth from which all is on one line */
	char close[JSON_DEPTH_MAX]; /* what ends each level */
	bool filled;		    /* the level at hand has a value already */
};

/* Starts a document on @to, whose errors are the caller's to look for. */
void json_begin(struct json *json, FILE *to);

/*
 * A value with its @key, or with NULL as an element of an array or as the
 * document itself. A row is an object on one line.
 */
void json_object(struct json *json, const char *key);
void json_row(struct json *json, const char *key);
void json_array(struct json *json, const char *key);
void json_number(struct json *json, const char *key, uint64_t value);
void json_bool(struct json *json, const char *key, bool value);

void json_null(struct json *json, const char *key);

/* The @len bytes at @buf, each as the character of its number: nothing is lost. */
void json_bytes(struct json *json, const char *key, const void *buf,
		size_t len);

/* Any bytes up to the NUL: those that are no UTF-8 become U+FFFD. */
void json_string(struct json *json, const char *key, const char *value);

/* printf() into a string; at most 255 bytes. */
void json_format(struct json *json, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Closes what was opened last; the document ends with a newline. */
void json_close(struct json *json);

/* @text in quotation marks, as a JSON string. */
void json_quote(FILE *to, const char *text);

#endif
