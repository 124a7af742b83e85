/*
 * A sum of 64 bits over bytes, which shows damage: a word that is changed always
 * changes it, whatever else happens to that word. It keeps nobody out who means
 * harm.
 */
#ifndef MKVM_CHECKSUM_H
#define MKVM_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Of the @len bytes at @data, that follow on what @sum is the sum of; 0: nothing. */
uint64_t checksum(uint64_t sum, const void *data, size_t len);

#endif
