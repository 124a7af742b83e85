/*
 * Characters from scan codes of set 1.
 */
#ifndef EXERCISE_KEYS_H
#define EXERCISE_KEYS_H

#include <stdint.h>

/* No key is down, no lock is on. Called first. */
void keys_reset(void);

/* The keyboard has sent @code: the character that this gives, or 0 for none. */
char keys_code(uint8_t code);

#endif
