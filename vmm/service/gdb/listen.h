/*
 * Where servers listen. A place is "PORT" of 127.0.0.1, or "unix:PATH"; that of the
 * @nth guest, from 0, is a port @nth above, or has ".N" behind its path.
 */
#ifndef MKVM_GDB_LISTEN_H
#define MKVM_GDB_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

#define LISTEN_NAME_MAX 128

/* Whether @word can be meant as a place, and as nothing else. */
bool listen_is_place(const char *word);

/* 0, or -EINVAL after one message: @place is none. */
int listen_check(const char *place);

/* "127.0.0.1:1234", or the path, in the @size bytes at @name. */
void listen_name(const char *place, unsigned int nth, char *name, size_t size);

/* A socket that listens there, for @guest. A descriptor, or -errno after one
 * message. */
int listen_at(const char *place, unsigned int nth, const char *guest);

/* Closes it, and takes the path away. */
void listen_end(const char *place, unsigned int nth, int fd);

#endif
