/*
 * Between the parts of the i8042 device: the controller (i8042.c), the
 * keyboard at its first port (i8042_kbd.c), and the hands on that keyboard,
 * which press what the host's terminal says was typed (i8042_keys.c).
 */
#ifndef MKVM_I8042_H
#define MKVM_I8042_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device.h"

/* A key going down or up: its code in scan code set 2, and how it is sent. */
#define KEY_CODE  0x0ff
#define KEY_E0	  0x100 /* after the prefix 0xe0 */
#define KEY_BREAK 0x200 /* released */

#define SCAN_E0	    0xe0
#define SCAN_BREAK  0xf0 /* prefix of a released key in sets 2 and 3 */
#define SET_1_BREAK 0x80 /* bit of a released key in set 1 */

/* The most that one host byte becomes: alt, control, shift and a key. */
#define KEYS_PER_BYTE 8

/* How far the hands are in an escape sequence. */
struct keys {
	uint8_t state;
	uint8_t params[2];
	uint8_t semicolons; /* seen, 2 for any more */
};

/*
 * The next host byte, of what a terminal sends; the keys that are pressed and
 * released for it go to @events, room for KEYS_PER_BYTE. Returns how many.
 */
unsigned int keys_type(struct keys *keys, uint8_t byte, uint16_t *events);

/* True while an escape sequence has begun, or the key Escape was hit. */
bool keys_undecided(const struct keys *keys);

/* Nothing has followed: it was a key. As keys_type(). */
unsigned int keys_decide(struct keys *keys, uint16_t *events);

/* Controller commands, to port 0x64 */
enum {
	CMD_READ_CB = 0x20,
	CMD_WRITE_CB = 0x60,
	CMD_AUX_OFF = 0xa7,
	CMD_AUX_ON = 0xa8,
	CMD_AUX_TEST = 0xa9,
	CMD_SELF_TEST = 0xaa,
	CMD_KBD_TEST = 0xab,
	CMD_KBD_OFF = 0xad,
	CMD_KBD_ON = 0xae,
	CMD_READ_INPUT = 0xc0,
	CMD_READ_OUTPUT = 0xd0,
	CMD_WRITE_OUTPUT = 0xd1,
	CMD_WRITE_KBD_BUF = 0xd2, /* as if the keyboard had sent it */
	CMD_WRITE_AUX_BUF = 0xd3, /* as if the mouse had */
	CMD_WRITE_AUX = 0xd4,
	CMD_A20_OFF = 0xdd, /* not IBM's: what AT chip sets added */
	CMD_A20_ON = 0xdf,
	CMD_READ_TEST = 0xe0,
	CMD_PULSE = 0xf0, /* to 0xff: a 0 bit pulses that output pin low */
};

#define QUEUE_SIZE 16

/* Answers of the controller. */
struct queue {
	uint16_t items[QUEUE_SIZE]; /* byte, and STATUS_ bits << 8 */
	unsigned int head, len;
};

static inline unsigned int queue_room(const struct queue *q)
{
	return QUEUE_SIZE - q->len;
}

/* The caller has made sure of the room. */
static inline void queue_put(struct queue *q, uint16_t item)
{
	q->items[(q->head + q->len++) % QUEUE_SIZE] = item;
}

static inline uint16_t queue_get(struct queue *q)
{
	uint16_t item = q->items[q->head];

	q->head = (q->head + 1) % QUEUE_SIZE;
	q->len--;
	return item;
}

static inline bool queue_is_possible(const struct queue *q)
{
	return q->head < QUEUE_SIZE && q->len <= QUEUE_SIZE;
}

#define KBD_ANSWERS 16 /* bytes */
#define KBD_EVENTS  32

struct keyboard {
	uint8_t answers[KBD_ANSWERS]; /* to commands; they go first */
	unsigned int answers_head, nr_answers;
	uint16_t events[KBD_EVENTS]; /* keys that wait to be reported */
	unsigned int events_head, nr_events;
	uint8_t code[3]; /* the key being reported, in the set chosen */
	unsigned int code_at, code_len;

	bool scanning;	   /* keys are reported */
	uint8_t arg_of;	   /* command that waits for its argument, or 0 */
	uint8_t scan_set;  /* 1-3 */
	uint8_t last;	   /* byte sent, for RESEND */
	uint8_t makes[32]; /* bit n: key n of set 3 sends no break code */
	struct keys hands;
};

struct i8042 {
	struct board *board;

	/* What is remembered of it begins here. */
	uint8_t status;	 /* all bits; OBF, AUX and TIMEOUT go with `data` */
	uint8_t command; /* command byte */
	uint8_t output;	 /* output port, interrupt pins aside */
	uint8_t data;	 /* output buffer */
	uint8_t arg_of;	 /* controller command that waits for data, or 0 */
	bool level[DEV_IRQS_MAX];
	struct queue answers; /* the controller's own */
	struct keyboard kbd;

	bool claimed; /* the guest has switched it on, or read what was lent */
	bool lent;    /* a key that the console still has */
	uint64_t lend_ns; /* when it may be lent; 0: nothing was typed */
	uint8_t polls;	  /* looks at an empty buffer in a row */
	bool listening;	  /* as of the last access */
	bool refused;	  /* input() left something behind */
	bool deciding;	  /* the timer runs for an escape character */
};

/* Power-on state: @kbd is zeroed. */
void kbd_init(struct keyboard *kbd);

/*
 * A byte from the controller, a command or its argument. The answer waits to
 * be sent; false when it could not because earlier ones were never read.
 */
bool kbd_receive(struct keyboard *kbd, uint8_t byte);

/* The next byte for the controller. False: there is none. */
bool kbd_send(struct keyboard *kbd, uint8_t *byte);

/* Is @byte the command that switches scanning on? */
bool kbd_is_enable(uint8_t byte);

/* Are keys reported? */
bool kbd_is_scanning(const struct keyboard *kbd);

/* True when no key waits to be reported. */
bool kbd_is_idle(const struct keyboard *kbd);

/* Host bytes: takes as many of the @len at @buf as there is room for. */
size_t kbd_type(struct keyboard *kbd, const uint8_t *buf, size_t len);

/* Has an escape sequence begun, or the key Escape been hit? */
bool kbd_undecided(const struct keyboard *kbd);

/* It was the key; nothing has followed. */
void kbd_decide(struct keyboard *kbd);

/* Whether a keyboard can be so. */
bool kbd_is_possible(const struct keyboard *kbd);
bool keys_are_possible(const struct keys *keys);

/* The code of set 1 for one of set 2, as keyboard and controller do it. */
uint8_t scan_translate(uint8_t byte);

#endif
