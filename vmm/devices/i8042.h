/*
 * Between the parts of the i8042 device: the controller (i8042.c), the
 * keyboard at its first port (i8042_kbd.c) with its codes (i8042_scan.c), the mouse
 * at its second (i8042_mouse.c), and the hands on the keyboard, which press what the host's terminal says was typed
 * (i8042_keys.c).
 */
#ifndef MKVM_I8042_H
#define MKVM_I8042_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device.h"

/* Keys are numbered as in <linux/input-event-codes.h>. */
#define KEYS	     128
#define KEY_RELEASED 0x80 /* of an event: the key goes up */

#define SCAN_E0		 0xe0
#define SCAN_BREAK	 0xf0 /* prefix of a released key in sets 2 and 3 */
#define SET_1_BREAK	 0x80 /* bit of a released key in set 1 */
#define SCAN_SET_DEFAULT 2
#define SCAN_SET_LAST	 3
#define SCAN_LONGEST	 8  /* bytes of a key: Pause */
#define SET_3_BYTES	 32 /* a bit for each of its codes */

/* Modifiers that are down. */
#define SCAN_LEFT_SHIFT	   0x01
#define SCAN_RIGHT_SHIFT   0x02
#define SCAN_LEFT_CONTROL  0x04
#define SCAN_RIGHT_CONTROL 0x08
#define SCAN_LEFT_ALT	   0x10
#define SCAN_RIGHT_ALT	   0x20
#define SCAN_CONTROLS	   (SCAN_LEFT_CONTROL | SCAN_RIGHT_CONTROL)
#define SCAN_ALTS	   (SCAN_LEFT_ALT | SCAN_RIGHT_ALT)

/* Print Screen is up, or how it went down. */
enum {
	PRINT_UP = 0,
	PRINT_SHIFTED,
	PRINT_BARE,
	PRINT_ALT,
};

/* How keys become codes. */
struct scan {
	uint8_t set; /* 1-3 */
	uint8_t mods, print;
	/* Set 3: keys that repeat, and that send a break code. */
	uint8_t repeats[SET_3_BYTES], breaks[SET_3_BYTES];
};

/* Set 2, and the kinds of keys of set 3, as after a reset. */
void scan_defaults(struct scan *scan);

/* Of set 3, all keys or the one with @code. */
void scan_set_all(struct scan *scan, bool repeats, bool breaks);
void scan_set_one(struct scan *scan, uint8_t code, bool repeats, bool breaks);

/* Is there a key number @key on the keyboard? */
bool scan_has(unsigned int key);

/* Does @key repeat while it is down, if it is there? */
bool scan_repeats(const struct scan *scan, uint8_t key);

/* The code of @key, which is there, at @out, room for SCAN_LONGEST; returns its
 * length, which may be 0. */
unsigned int scan_encode(struct scan *scan, uint8_t key, bool up, uint8_t *out);

/* The code of set 1 for one of set 2, as keyboard and controller do it. */
uint8_t scan_translate(uint8_t byte);

bool scan_is_possible(const struct scan *scan);

/* The most that one host byte becomes: Hangul, and three keys with shift. */
#define KEYS_PER_BYTE 14
#define KEYS_DECIDED  8 /* an escape sequence: alt, control, shift and a key */

/* --keyboard ko: what is known of the guest's alphabet, and of a character. */
struct hangul {
	bool on;
	uint8_t left;  /* bytes of the character that are still to come */
	uint32_t code; /* what there is of it */
};

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
unsigned int keys_type(struct keys *keys, uint8_t byte, uint8_t *events);

/* The same for a terminal at which Korean is typed: i8042_ko.c, or i8042_ko_none.c. */
unsigned int ko_type(struct hangul *h, struct keys *hands, uint8_t byte,
		     uint8_t *events);

/* The key or keys for an ASCII character; as keys_type(). */
unsigned int keys_press(uint8_t *events, uint8_t byte);

/* True while an escape sequence has begun, or the key Escape was hit. */
bool keys_undecided(const struct keys *keys);

/* Nothing has followed: it was a key. As keys_type(). */
unsigned int keys_decide(struct keys *keys, uint8_t *events);

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

/* Interrupt lines */
enum {
	PIN_KBD = 0, /* IRQ1 */
	PIN_AUX = 1, /* IRQ12 */
};

/* Status register */
#define STATUS_OBF     0x01 /* output buffer full: port 0x60 has a byte */
#define STATUS_SYS     0x04 /* the self-test has passed */
#define STATUS_CMD     0x08 /* the last write was to 0x64 */
#define STATUS_UNLOCK  0x10 /* keyboard not locked */
#define STATUS_AUX     0x20 /* the byte comes from the auxiliary port */
#define STATUS_TIMEOUT 0x40 /* nobody answered; the byte is 0xfe */

/* Command byte */
#define CB_KBD_INT 0x01
#define CB_AUX_INT 0x02
#define CB_SYS	   0x04
#define CB_KBD_OFF 0x10
#define CB_AUX_OFF 0x20
#define CB_XLATE   0x40
#define CB_MASK	   0x77
#define CB_BIOS	   (CB_KBD_INT | CB_SYS | CB_AUX_OFF | CB_XLATE)

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
#define KBD_EVENTS  38

struct keyboard {
	uint8_t answers[KBD_ANSWERS]; /* to commands; they go first */
	unsigned int answers_head, nr_answers;
	uint8_t events[KBD_EVENTS]; /* keys that wait to be reported */
	unsigned int events_head, nr_events;
	uint8_t code[SCAN_LONGEST]; /* the key being reported */
	unsigned int code_at, code_len;

	bool scanning;		/* keys are reported */
	uint8_t arg_of;		/* command that waits for its argument, or 0 */
	uint8_t last;		/* byte sent, for RESEND */
	uint8_t rate;		/* of repeating, as TYPEMATIC has it */
	uint8_t repeating;	/* the key that does; 0: none */
	uint8_t held[KEYS / 8]; /* bit n: somebody holds key n down */
	struct scan scan;
	struct keys hands;
	struct hangul hangul;
};

#define MOUSE_LONGEST 5 /* bytes of an answer: READ's, with the wheel */

struct mouse {
	uint8_t answers[MOUSE_LONGEST]; /* to a command, or a packet */
	uint8_t answers_at, nr_answers;
	uint8_t last[MOUSE_LONGEST], nr_last; /* for RESEND */

	bool enabled, remote, wrap, scaled;
	bool wrong;	/* the last byte made no sense */
	uint8_t arg_of; /* command that waits for its argument, or 0 */
	uint8_t id, rate, resolution;
	uint8_t rates[2]; /* the last but one and the last that were set */

	uint8_t buttons;       /* that are down: POINTER_ bits */
	uint8_t latched;       /* that went down since the last packet */
	uint8_t reported;      /* as the last packet had them */
	int16_t dx, dy, wheel; /* since then: to the right, down, away */
	uint64_t next_ns;      /* no packet before then */
};

/* What the controller's timer runs for. */
enum due {
	DUE_ESCAPE, /* nothing has followed an escape character */
	DUE_LEND,   /* a key is lent, or lent again */
	DUE_REPEAT, /* the key that is held down */
	DUE_SAMPLE, /* the mouse may send a packet */
	NR_DUE,
};

struct i8042 {
	struct board *board;
	bool has_mouse;
	bool korean; /* the terminal's user */

	/* What is remembered of it begins here. */
	uint8_t status;	 /* all bits; OBF, AUX and TIMEOUT go with `data` */
	uint8_t command; /* command byte */
	uint8_t output;	 /* output port, interrupt pins aside */
	uint8_t data;	 /* output buffer */
	uint8_t arg_of;	 /* controller command that waits for data, or 0 */
	bool level[DEV_IRQS_MAX];
	struct queue answers; /* the controller's own */
	struct keyboard kbd;
	struct mouse mouse;

	bool claimed; /* the guest has switched it on, or read what was lent */
	bool lent;    /* a key that the console still has */
	uint64_t lend_ns; /* when it may be lent; 0: nothing was typed */
	uint8_t polls;	  /* looks at an empty buffer in a row */
	bool listening;	  /* as of the last access */
	bool refused;	  /* input() left something behind */

	uint64_t due_ns[NR_DUE]; /* 0: never */
	uint64_t deadline_ns;	 /* the first of them */
};

/*
 * So many looks at an empty buffer, with no command in between, make a
 * polling reader: every command that has an answer has it at once.
 */
#define POLLS_TO_LISTEN 16

/* i8042.c: the output buffer, the lines and the console follow from what has
 * happened; the buffer and the lines alone, for who is called by the console. */
void i8042_update(struct i8042 *c);
void i8042_fill(struct i8042 *c);

/* Its line falls, and rises again if there is reason to. */
void i8042_interrupt_again(struct i8042 *c);

/* i8042_input.c: asks for the console if the guest listens. To be called last: the
 * board may answer with input() at once. */
void i8042_update_input(struct i8042 *c);

/* What is due first; 0: nothing. */
uint64_t i8042_first_due(const struct i8042 *c);

/* Members of the device. */
size_t i8042_input(void *dev, const uint8_t *buf, size_t len);
void i8042_key(void *dev, unsigned int code, bool down);
void i8042_timer(void *dev);

/* i8042_mouse.c, or i8042_mouse_none.c. A byte from the controller; false: there is
 * no mouse. */
bool mouse_receive(struct i8042 *c, uint8_t byte);

/* The next byte for the controller. False: there is none, before *@due_ns if that
 * is not 0. */
bool mouse_send(struct i8042 *c, uint8_t *byte, uint64_t *due_ns);

void mouse_pointer(void *dev, int dx, int dy, int wheel, unsigned int buttons);

/* Whether a mouse can be so. */
bool mouse_is_possible(const struct mouse *mouse);

/* Power-on state: @c is zeroed, but for its board. */
void mouse_init(struct i8042 *c);

/* i8042_input.c: @what is due at @ns; 0: not any more. */
void i8042_set_due(struct i8042 *c, enum due what, uint64_t ns);

/* The device, for an option that makes one. */
extern const struct device_type i8042_device;

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

/* Host bytes: takes as many of the @len at @buf as there is room for. @korean:
 * they are typed as on a Korean keyboard. */
size_t kbd_type(struct keyboard *kbd, const uint8_t *buf, size_t len,
		bool korean);

/* Has an escape sequence begun, or the key Escape been hit? */
bool kbd_undecided(const struct keyboard *kbd);

/* It was the key; nothing has followed. */
void kbd_decide(struct keyboard *kbd);

/* Somebody presses key @key or lets it go; one that the keyboard has not, or that
 * is so already, changes nothing. One that there is no room for is not felt. */
void kbd_press(struct keyboard *kbd, unsigned int key, bool down);

/* How long after it went down, or came last, the key repeats that is held; 0: none
 * does. */
uint64_t kbd_repeat_delay_ns(const struct keyboard *kbd);
uint64_t kbd_repeat_period_ns(const struct keyboard *kbd);

/* That time has passed. */
void kbd_repeat(struct keyboard *kbd);

/* Whether a keyboard can be so. */
bool kbd_is_possible(const struct keyboard *kbd);
bool keys_are_possible(const struct keys *keys);

#endif
