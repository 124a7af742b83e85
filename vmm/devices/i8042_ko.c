/*
 * --keyboard ko: a terminal at which Korean is typed, in UTF-8, and a keyboard of
 * 106 keys, whose key Hangul takes the guest from Latin letters to Hangul and back.
 * A syllable becomes the keys of its parts as they lie on the Korean standard
 * keyboard (KS X 5002, "dubeolsik"), with that key ahead where the guest has to
 * be taken to the other alphabet; parts alone are typed likewise, and the sign
 * of the won is the key with the backslash (The Unicode Standard, "Hangul
 * Syllable Decomposition").
 *
 * Whether the guest obeys the key cannot be seen: it is believed to begin with
 * Latin letters, and to have been at the key's last word ever since.
 */
#include <errno.h>
#include <linux/input-event-codes.h>
#include <string.h>

#include "i8042.h"
#include "plug.h"
#include "util/log.h"

#define OPTION "--keyboard"

#define SYLLABLE_FIRST 0xac00
#define SYLLABLE_LAST  0xd7a3
#define JAMO_FIRST     0x3131
#define WON	       0x20a9

#define VOWELS 21
#define FINALS 28 /* none is the first */

/* Keys of the leading consonants, of vowels, of what ends a syllable; and of the
 * consonants of the block "Hangul Compatibility Jamo", which has the vowels next. */
static const char leading[] = "rRseEfaqQtTdwWczxvg";
static const char vowels[VOWELS][3] = {
	"k",  "o", "i", "O",  "j",  "p",  "u", "P", "h",  "hk", "ho",
	"hl", "y", "n", "nj", "np", "nl", "b", "m", "ml", "l",
};
static const char finals[FINALS][3] = {
	"",   "r",  "R",  "rt", "s",  "sw", "sg", "e", "f",  "fr",
	"fa", "fq", "ft", "fx", "fv", "fg", "a",  "q", "qt", "t",
	"T",  "d",  "w",  "c",	"z",  "x",  "v",  "g",
};
static const char jamo[][3] = {
	"r",  "R",  "rt", "s",	"sw", "sg", "e", "E", "f", "fr",
	"fa", "fq", "ft", "fx", "fv", "fg", "a", "q", "Q", "qt",
	"t",  "T",  "d",  "w",	"W",  "c",  "z", "x", "v", "g",
};

#define NR_JAMO (sizeof(jamo) / sizeof(jamo[0]))

/* Takes the guest to Hangul, or to Latin letters. */
static unsigned int choose(struct hangul *h, bool on, uint8_t *events)
{
	if (h->on == on)
		return 0;
	h->on = on;
	events[0] = KEY_HANGEUL;
	events[1] = KEY_HANGEUL | KEY_RELEASED;
	return 2;
}

static unsigned int press_all(const char *keys, uint8_t *events)
{
	unsigned int n = 0;

	while (*keys)
		n += keys_press(events + n, *keys++);
	return n;
}

static unsigned int press_syllable(unsigned int number, uint8_t *events)
{
	const char first[] = { leading[number / FINALS / VOWELS], '\0' };
	unsigned int n = press_all(first, events);

	n += press_all(vowels[number / FINALS % VOWELS], events + n);
	return n + press_all(finals[number % FINALS], events + n);
}

static unsigned int press_character(struct hangul *h, uint32_t code,
				    uint8_t *events)
{
	unsigned int n, at = code - JAMO_FIRST;

	if (code == WON)
		return keys_press(events, '\\');
	if (code >= SYLLABLE_FIRST && code <= SYLLABLE_LAST) {
		n = choose(h, true, events);
		return n + press_syllable(code - SYLLABLE_FIRST, events + n);
	}
	if (code < JAMO_FIRST || at >= NR_JAMO + VOWELS)
		return 0;
	n = choose(h, true, events);
	return n + press_all(at < NR_JAMO ? jamo[at] : vowels[at - NR_JAMO],
			     events + n);
}

/* A byte of UTF-8 beyond ASCII. */
static unsigned int take(struct hangul *h, uint8_t byte, uint8_t *events)
{
	if (byte >= 0xc0) {
		h->left = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
		h->code = byte & (0x3f >> h->left);
		return 0;
	}
	if (!h->left)
		return 0;
	h->code = h->code << 6 | (byte & 0x3f);
	if (--h->left)
		return 0;
	return press_character(h, h->code, events);
}

static bool is_letter(uint8_t byte)
{
	return (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
}

unsigned int ko_type(struct hangul *h, struct keys *hands, uint8_t byte,
		     uint8_t *events)
{
	bool alone = !keys_undecided(hands);
	unsigned int n = 0;

	if (alone && byte >= 0x80)
		return take(h, byte, events);
	h->left = 0;
	if (alone && is_letter(byte))
		n = choose(h, false, events);
	return n + keys_type(hands, byte, events + n);
}

/* A keyboard controller of ours in place of the one that is always there. */
static int keyboard_plug(struct plan *plan, const char *arg)
{
	const bool korean = !strcmp(arg, "ko");

	if (!korean && strcmp(arg, "us") != 0) {
		log_error(OPTION " %s: the layouts are us and ko", arg);
		return -EINVAL;
	}
	if (korean && !plan_allows(plan, i8042_device.name)) {
		log_error(OPTION " %s: --no-i8042 takes the keyboard away",
			  arg);
		return -EINVAL;
	}
	if (!korean || plan_add(plan, &i8042_device, &korean, sizeof(korean)))
		return 0;
	return -EINVAL;
}

static const struct plug plug = {
	.option = "--keyboard",
	.arg = "LAYOUT",
	.what = "whose keys the terminal's are: us, or ko, with Hangul",
	.plug = keyboard_plug,
};

PLUG(plug);
