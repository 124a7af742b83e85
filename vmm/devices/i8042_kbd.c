/*
 * The keyboard of the i8042 device, after the IBM PS/2 Technical Reference
 * ("Keyboard": commands, scan code sets 1 to 3).
 *
 * Keys wait as keys and become codes when they are sent, in the set that is
 * chosen then. No command throws away what was typed, unlike a real
 * keyboard's, and answers do not break into the code of a key. Left out:
 * typematic repeat (a terminal repeats by itself), the lights, which show
 * nowhere, and the fake shifts (0xe0 0x12) around grey keys.
 */
#include "i8042.h"
#include "saved.h"

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

#define SCAN_SET_DEFAULT 2
#define SCAN_SET_LAST	 3

#define ANSWER_LONGEST 3

/* Set 2 to set 1, where the codes of both are below 0x80. */
static const uint8_t set_1[128] = {
	0xff, 0x43, 0x41, 0x3f, 0x3d, 0x3b, 0x3c, 0x58, /* 0x00 */
	0x64, 0x44, 0x42, 0x40, 0x3e, 0x0f, 0x29, 0x59, /* 0x08 */
	0x65, 0x38, 0x2a, 0x70, 0x1d, 0x10, 0x02, 0x5a, /* 0x10 */
	0x66, 0x71, 0x2c, 0x1f, 0x1e, 0x11, 0x03, 0x5b, /* 0x18 */
	0x67, 0x2e, 0x2d, 0x20, 0x12, 0x05, 0x04, 0x5c, /* 0x20 */
	0x68, 0x39, 0x2f, 0x21, 0x14, 0x13, 0x06, 0x5d, /* 0x28 */
	0x69, 0x31, 0x30, 0x23, 0x22, 0x15, 0x07, 0x5e, /* 0x30 */
	0x6a, 0x72, 0x32, 0x24, 0x16, 0x08, 0x09, 0x5f, /* 0x38 */
	0x6b, 0x33, 0x25, 0x17, 0x18, 0x0b, 0x0a, 0x60, /* 0x40 */
	0x6c, 0x34, 0x35, 0x26, 0x27, 0x19, 0x0c, 0x61, /* 0x48 */
	0x6d, 0x73, 0x28, 0x74, 0x1a, 0x0d, 0x62, 0x6e, /* 0x50 */
	0x3a, 0x36, 0x1c, 0x1b, 0x75, 0x2b, 0x63, 0x76, /* 0x58 */
	0x55, 0x56, 0x77, 0x78, 0x79, 0x7a, 0x0e, 0x7b, /* 0x60 */
	0x7c, 0x4f, 0x7d, 0x4b, 0x47, 0x7e, 0x7f, 0x6f, /* 0x68 */
	0x52, 0x53, 0x50, 0x4c, 0x4d, 0x48, 0x01, 0x45, /* 0x70 */
	0x57, 0x4e, 0x51, 0x4a, 0x37, 0x49, 0x46, 0x54, /* 0x78 */
};

/* Keys whose code in set 3 is another than in set 2; 0: the same. */
static const uint8_t set_3[256] = {
	[0x01] = 0x47, [0x03] = 0x27, [0x04] = 0x17, [0x05] = 0x07,
	[0x06] = 0x0f, [0x07] = 0x5e, [0x09] = 0x4f, [0x0a] = 0x3f,
	[0x0b] = 0x2f, [0x0c] = 0x1f, [0x11] = 0x19, [0x14] = 0x11,
	[0x5d] = 0x5c, [0x76] = 0x08, [0x78] = 0x56, [0x79] = 0x7c,
	[0x7b] = 0x84, [0x7c] = 0x7e, [0x83] = 0x37,
};

static const uint8_t set_3_e0[128] = {
	[0x4a] = 0x77, [0x5a] = 0x79, [0x69] = 0x65, [0x6b] = 0x61,
	[0x6c] = 0x6e, [0x70] = 0x67, [0x71] = 0x64, [0x72] = 0x60,
	[0x74] = 0x6a, [0x75] = 0x63, [0x7a] = 0x6d, [0x7d] = 0x6f,
};

/* Keys that send a break code in set 3 by default: shift, control, ... */
static const uint8_t set_3_breaks[] = { 0x11, 0x12, 0x14, 0x19, 0x59 };

uint8_t scan_translate(uint8_t byte)
{
	if (byte < sizeof(set_1))
		return set_1[byte];
	if (byte == 0x83) /* F7 */
		return 0x41;
	return byte == 0x84 ? 0x54 : byte; /* alt and Print Screen */
}

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

static void set_all_makes(struct keyboard *k, bool make)
{
	for (size_t i = 0; i < sizeof(k->makes); i++)
		k->makes[i] = make ? 0xff : 0;
}

static void set_make(struct keyboard *k, uint8_t code, bool make)
{
	uint8_t bit = 1 << code % 8;

	if (make)
		k->makes[code / 8] |= bit;
	else
		k->makes[code / 8] &= ~bit;
}

static void set_defaults(struct keyboard *k)
{
	k->scan_set = SCAN_SET_DEFAULT;
	set_all_makes(k, true);
	for (size_t i = 0; i < sizeof(set_3_breaks); i++)
		set_make(k, set_3_breaks[i], false);
}

static void choose_set(struct keyboard *k, uint8_t set)
{
	if (set > SCAN_SET_LAST) {
		answer(k, KBD_NACK);
		return;
	}
	answer(k, KBD_ACK);
	if (set)
		k->scan_set = set;
	else
		answer(k, k->scan_set);
}

static void take_argument(struct keyboard *k, uint8_t arg)
{
	uint8_t command = k->arg_of;

	k->arg_of = 0;
	switch (command) {
	case KBD_SCAN_SET:
		choose_set(k, arg);
		return;
	case KBD_KEY_TYPEMATIC:
	case KBD_KEY_MAKE:
		set_make(k, arg, true);
		break;
	case KBD_KEY_MAKE_BREAK:
		set_make(k, arg, false);
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
	case KBD_ALL_MAKE:
		set_all_makes(k, true);
		break;
	case KBD_ALL_MAKE_BREAK:
	case KBD_ALL_BOTH:
		set_all_makes(k, false);
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

static void add_code(struct keyboard *k, uint8_t byte)
{
	k->code[k->code_len++] = byte;
}

static void encode_set_1(struct keyboard *k, uint16_t key)
{
	uint8_t code = scan_translate(key & KEY_CODE);

	if (key & KEY_E0)
		add_code(k, SCAN_E0);
	add_code(k, key & KEY_BREAK ? code | SET_1_BREAK : code);
}

static void encode_set_2(struct keyboard *k, uint16_t key)
{
	if (key & KEY_E0)
		add_code(k, SCAN_E0);
	if (key & KEY_BREAK)
		add_code(k, SCAN_BREAK);
	add_code(k, key & KEY_CODE);
}

static void encode_set_3(struct keyboard *k, uint16_t key)
{
	uint8_t code = key & KEY_CODE;
	uint8_t other = key & KEY_E0 ? set_3_e0[code % 128] : set_3[code];

	if (other)
		code = other;
	if (!(key & KEY_BREAK)) {
		add_code(k, code);
	} else if (!(k->makes[code / 8] & 1 << code % 8)) {
		add_code(k, SCAN_BREAK);
		add_code(k, code);
	}
}

/* Turns the oldest key that waits into its code, which may be empty. */
static void encode_key(struct keyboard *k)
{
	uint16_t key = k->events[k->events_head];

	k->events_head = (k->events_head + 1) % KBD_EVENTS;
	k->nr_events--;
	k->code_at = k->code_len = 0;
	switch (k->scan_set) {
	case 1:
		encode_set_1(k, key);
		break;
	case 2:
		encode_set_2(k, key);
		break;
	default:
		encode_set_3(k, key);
	}
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

static void put_events(struct keyboard *k, const uint16_t *events,
		       unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		k->events[(k->events_head + k->nr_events++) % KBD_EVENTS] =
			events[i];
}

size_t kbd_type(struct keyboard *kbd, const uint8_t *buf, size_t len)
{
	uint16_t events[KEYS_PER_BYTE];
	size_t taken = 0;
	unsigned int n;

	while (taken < len && KBD_EVENTS - kbd->nr_events >= KEYS_PER_BYTE) {
		n = keys_type(&kbd->hands, buf[taken++], events);
		put_events(kbd, events, n);
	}
	return taken;
}

bool kbd_undecided(const struct keyboard *kbd)
{
	return keys_undecided(&kbd->hands);
}

/* There is room: kbd_type() had it when it took the escape character. */
void kbd_decide(struct keyboard *kbd)
{
	uint16_t events[KEYS_PER_BYTE];
	unsigned int n = keys_decide(&kbd->hands, events);

	put_events(kbd, events, n);
}

/* Whoever is in an escape sequence had the room for what it becomes, less the key
 * Escape that came before it. */
bool kbd_is_possible(const struct keyboard *kbd)
{
	unsigned int room = kbd_undecided(kbd) ? KEYS_PER_BYTE - 2 : 0;

	return ARE_BOOLS(&kbd->scanning) && kbd->answers_head < KBD_ANSWERS &&
	       kbd->nr_answers <= KBD_ANSWERS &&
	       kbd->events_head < KBD_EVENTS &&
	       kbd->nr_events <= KBD_EVENTS - room &&
	       kbd->code_len <= sizeof(kbd->code) &&
	       kbd->code_at <= kbd->code_len && kbd->scan_set >= 1 &&
	       kbd->scan_set <= SCAN_SET_LAST && keys_are_possible(&kbd->hands);
}

void kbd_init(struct keyboard *kbd)
{
	set_defaults(kbd);
	kbd->scanning = true;
}
