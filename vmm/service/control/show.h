/* What `kvm-vmm ctl` shows people: an answer, whatever members it has, as lines and
 * tables. All of it comes from a run that may have been taken over: nothing that a
 * terminal would obey gets through. */
#ifndef MKVM_CONTROL_SHOW_H
#define MKVM_CONTROL_SHOW_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "util/json_read.h"

/* The members of @object, "ok" aside. */
void show_object(FILE *to, const struct json_value *object);

/* What @value says, as json_text() has it, with '?' for what controls; as wide as it
 * looks in characters. */
size_t show_text(const struct json_value *value, char *buf, size_t size);

/* "128 MiB", "1:02:03": for @size bytes at @buf. */
void show_bytes(uint64_t bytes, char *buf, size_t size);
void show_ms(uint64_t ms, char *buf, size_t size);

#endif
