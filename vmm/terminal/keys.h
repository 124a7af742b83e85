/*
 * What was typed for one guest and not taken yet, and who takes it. Any thread
 * may call keys_ask() and keys_ask_more(), the main thread the rest.
 */
#ifndef MKVM_KEYS_H
#define MKVM_KEYS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/ring.h"

struct board;

#define KEYS_CHUNK 4096 /* bytes; so many are read at once */

/* In front of what keys are typed. */
enum keys_place {
	KEYS_ANYWHERE, /* no guest's screen was ever shown */
	KEYS_AT_LINE,  /* serial output */
	KEYS_AT_SCREEN,
};

struct keys {
	_Atomic(struct board *) last; /* who has asked last; NULL: nobody yet */
	_Atomic(struct board *) keyboard, line; /* the one, and the others */
	_Atomic(struct board *) quiet; /* has a key lent while nobody asks */
	bool lent;		       /* it has the first of those typed */
	atomic_bool asked;  /* somebody waits for keys: no need to tell again */
	struct ring *typed; /* NULL: never any */
};

/* Whether there is room for a chunk. */
bool keys_room(const struct keys *keys);

/* Keys for the guest; there is room. */
void keys_put(struct keys *keys, const uint8_t *buf, size_t len);

/* What was typed for @from is for @keys, behind what that has, as far as there is
 * room. They may be the same: all stays where it is. */
void keys_move(struct keys *keys, struct keys *from);

/*
 * Nobody has asked: offers the first key by @input to the keyboard that may be
 * read nevertheless, and keeps it until somebody has. As @input, or 0.
 */
ssize_t keys_lend(struct keys *keys,
		  ssize_t (*input)(struct board *board, const uint8_t *buf,
				   size_t len));

/* @board has asked: if it has the first key already, that is its. */
void keys_settle(struct keys *keys, const struct board *board);

/*
 * Who takes what is typed in such a place: whoever has asked last, or, once the
 * screen was shown, whom the place belongs to if he has asked. NULL: nobody.
 */
struct board *keys_reader(const struct keys *keys, enum keys_place place);

/* @board asks, or asks for more: whether the main thread has to be told. */
bool keys_ask(struct keys *keys, struct board *board);
bool keys_ask_more(struct keys *keys, struct board *board);

#endif
