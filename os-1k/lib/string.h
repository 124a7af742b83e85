/* Copying and filling memory, by the names that C has for it. */
#pragma once

#include <stddef.h>

/* From low to high addresses: areas may overlap if @to is the lower one. */
void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
