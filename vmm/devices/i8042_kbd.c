/*
 * The keyboard of the i8042 device, after the IBM PS/2 Technical Reference
 * ("Keyboard": commands, scan code sets 1 to 3).
 *
 * Keys wait as keys and become codes when they are sent, in the set that is
 * chosen then. No command throws away what was typed, unlike a real
 * keyboard's, and answers do not break into the code of a key. What a terminal
 * types is pressed and let go at once; a key that somebody holds repeats, by the
 * keyboard's own clock. Left out: the lights, which show nowhere, and the code
 * for keys that came too fast.
 */
#include "i8042.h"
#include "saved.h"
#include "util/clock.h"

/* Commands */
enum {
	KBD_SET_LEDS = 0xed, /* the first command; one argument byte */
	KBD_ECHO = 0xee,
	KBD_SCAN_SET = 0xf0, /* one argument byte: 0 asks, 1-3 sets */
	KBD_IDENTIFY = 0xf2,
	KBD_TYPEMATIC = 0xf3, /* one argument byte */
	KBD_ENABLE = 0xf4,
	KBD_DISABLE = 0xf5,
	KBD_DEFAULTS = 0xf6,
	KBD_ALL_TYPEMATIC = 0xf7, /* all keys, of set 3 only */
	KBD_ALL_MAKE_BREAK = 0xf8,
	KBD_ALL_MAKE = 0xf9,
	KBD_ALL_BOTH = 0xfa,	  /* typematic, make and break */
	KBD_KEY_TYPEMATIC = 0xfb, /* one key; its code follows */
	KBD_KEY_MAKE_BREAK = 0xfc,
	KBD_KEY_MAKE = 0xfd,
	KBD_RESEND = 0xfe,
	KBD_RESET = 0xff,
};

#define KBD_ACK	   0xfa
#define KBD_NACK   0xfe /* "resend" */
#define KBD_BAT_OK 0xaa
#define KBD_ID_1   0xab
#define KBD_ID_2   0x83

/* The argument of TYPEMATIC, which a timer of 4.17 ms counts */
#define RATE_MASK	0x7f
#define RATE_DEFAULT	0x2b /* after 500 ms, 10.9 a second */
#define RATE_DELAY(val) (((val) >> 5 & 3) + 1)
#define RATE_B(val)	((val) >> 3 & 3)
#define RATE_A(val)	((val)&7)
#define DELAY_NS	(250 * NS_PER_MS)
#define RATE_TICK_NS	4170000ULL

#define ANSWER_LONGEST 3

static unsigned int answers_room(const struct keyboard *k)
{
	return KBD_ANSWERS - k->nr_answers;
}

/* The caller has made sure of the room. */
static void answer(struct keyboard *k, uint8_t byte)
{
	k->answers[(k->answers_head + k->nr_answers++) % KBD_ANSWERS] = byte;
}

static uint8_t take_answer(struct keyboard *k)
{
	uint8_t byte = k->answers[k->answers_head];

	k->answers_head = (k->answers_head + 1) % KBD_ANSWERS;
	k->nr_answers--;
	return byte;
}

static void set_defaults(struct keyboard *k)
{
	scan_defaults(&k->scan);
	k->rate = RATE_DEFAULT;
	k->repeating = 0;
}

static void choose_set(struct keyboard *k, uint8_t set)
{
	if (set > SCAN_SET_LAST) {
		answer(k, KBD_NACK);
		return;
	}
	answer(k, KBD_ACK);
	if (set)
		k->scan.set = set;
	else
		answer(k, k->scan.set);
}

static void take_argument(struct keyboard *k, uint8_t arg)
{
	uint8_t command = k->arg_of;

	k->arg_of = 0;
	switch (command) {
	case KBD_SCAN_SET:
		choose_set(k, arg);
		return;
	case KBD_TYPEMATIC:
		k->rate = arg & RATE_MASK;
		break;
	case KBD_KEY_TYPEMATIC:
		scan_set_one(&k->scan, arg, true, false);
		break;
	case KBD_KEY_MAKE:
		scan_set_one(&k->scan, arg, false, false);
		break;
	case KBD_KEY_MAKE_BREAK:
		scan_set_one(&k->scan, arg, false, true);
		break;
	}
	answer(k, KBD_ACK);
}

static void identify(struct keyboard *k)
{
	answer(k, KBD_ACK);
	answer(k, KBD_ID_1);
	answer(k, KBD_ID_2);
}

static void reset(struct keyboard *k)
{
	set_defaults(k);
	k->scanning = true;
	answer(k, KBD_ACK);
	answer(k, KBD_BAT_OK);
}

/* Commands whose answer is not a mere ACK; false: it is not one of them. */
static bool special_command(struct keyboard *k, uint8_t command)
{
	switch (command) {
	case KBD_ECHO:
		answer(k, KBD_ECHO);
		return true;
	case KBD_RESEND:
		answer(k, k->last);
		return true;
	case KBD_IDENTIFY:
		identify(k);
		return true;
	case KBD_RESET:
		reset(k);
		return true;
	}
	if (command >= KBD_SET_LEDS && command != 0xef && command != 0xf1)
		return false;
	answer(k, KBD_NACK);
	return true;
}

static void take_command(struct keyboard *k, uint8_t command)
{
	k->arg_of = 0;
	if (special_command(k, command))
		return;
	switch (command) {
	case KBD_SET_LEDS:
	case KBD_SCAN_SET:
	case KBD_TYPEMATIC:
	case KBD_KEY_TYPEMATIC ... KBD_KEY_MAKE:
		k->arg_of = command;
		break;
	case KBD_ENABLE:
		k->scanning = true;
		break;
	case KBD_DISABLE:
		k->scanning = false;
		set_defaults(k);
		break;
	case KBD_DEFAULTS:
		set_defaults(k);
		break;
	case KBD_ALL_TYPEMATIC:
	case KBD_ALL_BOTH:
		scan_set_all(&k->scan, true, command == KBD_ALL_BOTH);
		break;
	case KBD_ALL_MAKE:
	case KBD_ALL_MAKE_BREAK:
		scan_set_all(&k->scan, false, command == KBD_ALL_MAKE_BREAK);
		break;
	}
	answer(k, KBD_ACK);
}

/*
 * It takes no byte while its queue could not hold the answer, so an answer is
 * whole or is a request to send the byte again.
 */
bool kbd_receive(struct keyboard *kbd, uint8_t byte)
{
	if (answers_room(kbd) <= ANSWER_LONGEST) {
		if (answers_room(kbd))
			answer(kbd, KBD_NACK);
		return false;
	}
	if (kbd->arg_of && byte < KBD_SET_LEDS)
		take_argument(kbd, byte);
	else
		take_command(kbd, byte);
	return true;
}

bool kbd_is_enable(uint8_t byte)
{
	return byte == KBD_ENABLE;
}

bool kbd_is_scanning(const struct keyboard *kbd)
{
	return kbd->scanning;
}

bool kbd_is_idle(const struct keyboard *kbd)
{
	return !kbd->nr_events;
}

/* Turns the oldest key that waits into its code, which may be empty. */
static void encode_key(struct keyboard *k)
{
	uint8_t event = k->events[k->events_head];

	k->events_head = (k->events_head + 1) % KBD_EVENTS;
	k->nr_events--;
	k->code_at = 0;
	k->code_len = scan_encode(&k->scan, event & ~KEY_RELEASED,
				  event & KEY_RELEASED, k->code);
}

bool kbd_send(struct keyboard *kbd, uint8_t *byte)
{
	bool within = kbd->code_at && kbd->code_at < kbd->code_len;

	if (!within && kbd->nr_answers) {
		*byte = take_answer(kbd);
	} else {
		while (kbd->code_at == kbd->code_len && kbd->nr_events &&
		       kbd->scanning && !kbd->arg_of)
			encode_key(kbd);
		if (kbd->code_at == kbd->code_len)
			return false;
		*byte = kbd->code[kbd->code_at++];
	}
	kbd->last = *byte;
	return true;
}

static void put_events(struct keyboard *k, const uint8_t *events,
		       unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		k->events[(k->events_head + k->nr_events++) % KBD_EVENTS] =
			events[i];
}

static unsigned int count_held(const struct keyboard *k)
{
	unsigned int n = 0;

	for (size_t i = 0; i < sizeof(k->held); i++)
		n += __builtin_popcount(k->held[i]);
	return n;
}

/* Keys that are held can always be let go. */
static bool has_room(const struct keyboard *k, unsigned int n)
{
	return KBD_EVENTS - k->nr_events >= n + count_held(k);
}

size_t kbd_type(struct keyboard *kbd, const uint8_t *buf, size_t len,
		bool korean)
{
	uint8_t events[KEYS_PER_BYTE];
	size_t taken = 0;
	unsigned int n;

	while (taken < len && has_room(kbd, KEYS_PER_BYTE)) {
		n = korean ? ko_type(&kbd->hangul, &kbd->hands, buf[taken++],
				     events) :
			     keys_type(&kbd->hands, buf[taken++], events);
		put_events(kbd, events, n);
	}
	return taken;
}

bool kbd_undecided(const struct keyboard *kbd)
{
	return keys_undecided(&kbd->hands);
}

/* There is room: kbd_type() had it when it took the escape character, and
 * kbd_press() leaves it. */
void kbd_decide(struct keyboard *kbd)
{
	uint8_t events[KEYS_PER_BYTE];
	unsigned int n = keys_decide(&kbd->hands, events);

	put_events(kbd, events, n);
}

static bool is_held(const struct keyboard *k, uint8_t key)
{
	return k->held[key / 8] & 1 << key % 8;
}

static void release(struct keyboard *k, uint8_t key)
{
	uint8_t event = key | KEY_RELEASED;

	k->held[key / 8] &= ~(1 << key % 8);
	put_events(k, &event, 1);
	if (k->repeating == key)
		k->repeating = 0;
}

void kbd_press(struct keyboard *kbd, unsigned int key, bool down)
{
	unsigned int room = 2 + (kbd_undecided(kbd) ? KEYS_DECIDED : 0);
	uint8_t event = key;

	if (!scan_has(key) || is_held(kbd, key) == down)
		return;
	if (!down) {
		release(kbd, key);
	} else if (kbd->scanning && has_room(kbd, room)) {
		put_events(kbd, &event, 1);
		kbd->held[key / 8] |= 1 << key % 8;
		kbd->repeating = scan_repeats(&kbd->scan, key) ? key : 0;
	}
}

uint64_t kbd_repeat_delay_ns(const struct keyboard *kbd)
{
	return kbd->repeating ? RATE_DELAY(kbd->rate) * DELAY_NS : 0;
}

uint64_t kbd_repeat_period_ns(const struct keyboard *kbd)
{
	uint64_t ticks = (8 + RATE_A(kbd->rate)) << RATE_B(kbd->rate);

	return kbd->repeating ? ticks * RATE_TICK_NS : 0;
}

/* A guest that is behind gets no more of them. */
void kbd_repeat(struct keyboard *kbd)
{
	if (kbd->repeating && kbd->scanning && kbd_is_idle(kbd) &&
	    has_room(kbd, 1 + KEYS_DECIDED))
		put_events(kbd, &kbd->repeating, 1);
}

static bool events_are_possible(const struct keyboard *k)
{
	for (unsigned int i = 0; i < k->nr_events; i++)
		if (!scan_has(k->events[(k->events_head + i) % KBD_EVENTS] &
			      ~KEY_RELEASED))
			return false;
	return !k->repeating || scan_has(k->repeating);
}

/* Whoever is in an escape sequence had the room for what it becomes, less the key
 * Escape that came before it. */
bool kbd_is_possible(const struct keyboard *kbd)
{
	unsigned int room = kbd_undecided(kbd) ? KEYS_DECIDED - 2 : 0;

	return ARE_BOOLS(&kbd->scanning, &kbd->hangul.on) &&
	       kbd->hangul.left <= 3 && kbd->answers_head < KBD_ANSWERS &&
	       kbd->nr_answers <= KBD_ANSWERS &&
	       kbd->events_head < KBD_EVENTS && kbd->nr_events <= KBD_EVENTS &&
	       has_room(kbd, room) && events_are_possible(kbd) &&
	       has_only(kbd->rate, RATE_MASK) &&
	       kbd->code_len <= sizeof(kbd->code) &&
	       kbd->code_at <= kbd->code_len && scan_is_possible(&kbd->scan) &&
	       keys_are_possible(&kbd->hands);
}

void kbd_init(struct keyboard *kbd)
{
	set_defaults(kbd);
	kbd->scanning = true;
}
