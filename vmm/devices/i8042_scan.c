/*
 * The codes of a keyboard's keys, after the IBM PS/2 Technical Reference
 * ("Keyboard": scan code sets 1 to 3) and, for the keys that came later,
 * Microsoft's "Keyboard Scan Code Specification".
 *
 * The table is of set 2, which is what keyboards send unless they are told
 * otherwise; set 1 follows from it as it does in the controller. Left out: the
 * fake shifts (0xe0 0x12) around grey keys, but for Print Screen's own, which
 * drivers know it by.
 */
#include <linux/input-event-codes.h>

#include "i8042.h"

#define CODE	0x0ff
#define CODE_E0 0x100 /* after the prefix 0xe0 */

#define BREAK	    0xf0 /* prefix of a released key */
#define SET_1_BREAK 0x80 /* bit of one in set 1 */

/* Korean keyboards: these have no break code, and do not repeat. */
#define HANJA_CODE   0xf1
#define HANGEUL_CODE 0xf2

#define FAKE_SHIFT   (CODE_E0 | 0x12)
#define PRINT_SCREEN (CODE_E0 | 0x7c)
#define SYSTEM_REQ   0x84	      /* Print Screen with alt */
#define CTRL_BREAK   (CODE_E0 | 0x7e) /* Pause with control */
#define PAUSE_3	     0x62	      /* of set 3 */

/* Set 2; 0: no such key. Print Screen and Pause are more than a code. */
static const uint16_t set_2[KEYS] = {
	[KEY_ESC] = 0x76,
	[KEY_1] = 0x16,
	[KEY_2] = 0x1e,
	[KEY_3] = 0x26,
	[KEY_4] = 0x25,
	[KEY_5] = 0x2e,
	[KEY_6] = 0x36,
	[KEY_7] = 0x3d,
	[KEY_8] = 0x3e,
	[KEY_9] = 0x46,
	[KEY_0] = 0x45,
	[KEY_MINUS] = 0x4e,
	[KEY_EQUAL] = 0x55,
	[KEY_BACKSPACE] = 0x66,
	[KEY_TAB] = 0x0d,
	[KEY_Q] = 0x15,
	[KEY_W] = 0x1d,
	[KEY_E] = 0x24,
	[KEY_R] = 0x2d,
	[KEY_T] = 0x2c,
	[KEY_Y] = 0x35,
	[KEY_U] = 0x3c,
	[KEY_I] = 0x43,
	[KEY_O] = 0x44,
	[KEY_P] = 0x4d,
	[KEY_LEFTBRACE] = 0x54,
	[KEY_RIGHTBRACE] = 0x5b,
	[KEY_ENTER] = 0x5a,
	[KEY_LEFTCTRL] = 0x14,
	[KEY_A] = 0x1c,
	[KEY_S] = 0x1b,
	[KEY_D] = 0x23,
	[KEY_F] = 0x2b,
	[KEY_G] = 0x34,
	[KEY_H] = 0x33,
	[KEY_J] = 0x3b,
	[KEY_K] = 0x42,
	[KEY_L] = 0x4b,
	[KEY_SEMICOLON] = 0x4c,
	[KEY_APOSTROPHE] = 0x52,
	[KEY_GRAVE] = 0x0e,
	[KEY_LEFTSHIFT] = 0x12,
	[KEY_BACKSLASH] = 0x5d,
	[KEY_Z] = 0x1a,
	[KEY_X] = 0x22,
	[KEY_C] = 0x21,
	[KEY_V] = 0x2a,
	[KEY_B] = 0x32,
	[KEY_N] = 0x31,
	[KEY_M] = 0x3a,
	[KEY_COMMA] = 0x41,
	[KEY_DOT] = 0x49,
	[KEY_SLASH] = 0x4a,
	[KEY_RIGHTSHIFT] = 0x59,
	[KEY_KPASTERISK] = 0x7c,
	[KEY_LEFTALT] = 0x11,
	[KEY_SPACE] = 0x29,
	[KEY_CAPSLOCK] = 0x58,
	[KEY_F1] = 0x05,
	[KEY_F2] = 0x06,
	[KEY_F3] = 0x04,
	[KEY_F4] = 0x0c,
	[KEY_F5] = 0x03,
	[KEY_F6] = 0x0b,
	[KEY_F7] = 0x83,
	[KEY_F8] = 0x0a,
	[KEY_F9] = 0x01,
	[KEY_F10] = 0x09,
	[KEY_NUMLOCK] = 0x77,
	[KEY_SCROLLLOCK] = 0x7e,
	[KEY_KP7] = 0x6c,
	[KEY_KP8] = 0x75,
	[KEY_KP9] = 0x7d,
	[KEY_KPMINUS] = 0x7b,
	[KEY_KP4] = 0x6b,
	[KEY_KP5] = 0x73,
	[KEY_KP6] = 0x74,
	[KEY_KPPLUS] = 0x79,
	[KEY_KP1] = 0x69,
	[KEY_KP2] = 0x72,
	[KEY_KP3] = 0x7a,
	[KEY_KP0] = 0x70,
	[KEY_KPDOT] = 0x71,
	[KEY_102ND] = 0x61, /* of European keyboards */
	[KEY_F11] = 0x78,
	[KEY_F12] = 0x07,
	[KEY_RO] = 0x51, /* of Japanese ones, as the next */
	[KEY_HENKAN] = 0x64,
	[KEY_KATAKANAHIRAGANA] = 0x13,
	[KEY_MUHENKAN] = 0x67,
	[KEY_KPENTER] = CODE_E0 | 0x5a,
	[KEY_RIGHTCTRL] = CODE_E0 | 0x14,
	[KEY_KPSLASH] = CODE_E0 | 0x4a,
	[KEY_SYSRQ] = PRINT_SCREEN,
	[KEY_RIGHTALT] = CODE_E0 | 0x11,
	[KEY_HOME] = CODE_E0 | 0x6c,
	[KEY_UP] = CODE_E0 | 0x75,
	[KEY_PAGEUP] = CODE_E0 | 0x7d,
	[KEY_LEFT] = CODE_E0 | 0x6b,
	[KEY_RIGHT] = CODE_E0 | 0x74,
	[KEY_END] = CODE_E0 | 0x69,
	[KEY_DOWN] = CODE_E0 | 0x72,
	[KEY_PAGEDOWN] = CODE_E0 | 0x7a,
	[KEY_INSERT] = CODE_E0 | 0x70,
	[KEY_DELETE] = CODE_E0 | 0x71,
	[KEY_MUTE] = CODE_E0 | 0x23,
	[KEY_VOLUMEDOWN] = CODE_E0 | 0x21,
	[KEY_VOLUMEUP] = CODE_E0 | 0x32,
	[KEY_POWER] = CODE_E0 | 0x37,
	[KEY_PAUSE] = 0x77,
	[KEY_KPCOMMA] = 0x6d,
	[KEY_HANGEUL] = HANGEUL_CODE,
	[KEY_HANJA] = HANJA_CODE,
	[KEY_YEN] = 0x6a,
	[KEY_LEFTMETA] = CODE_E0 | 0x1f,
	[KEY_RIGHTMETA] = CODE_E0 | 0x27,
	[KEY_COMPOSE] = CODE_E0 | 0x2f, /* Menu */
};

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
	[0x58] = 0x14, [0x5d] = 0x5c, [0x61] = 0x13, [0x76] = 0x08,
	[0x77] = 0x76, [0x78] = 0x56, [0x79] = 0x7c, [0x7b] = 0x84,
	[0x7c] = 0x7e, [0x7e] = 0x5f, [0x83] = 0x37,
};

static const uint8_t set_3_e0[128] = {
	[0x11] = 0x39, [0x14] = 0x58, [0x1f] = 0x8b, [0x27] = 0x8c,
	[0x2f] = 0x8d, [0x4a] = 0x77, [0x5a] = 0x79, [0x69] = 0x65,
	[0x6b] = 0x61, [0x6c] = 0x6e, [0x70] = 0x67, [0x71] = 0x64,
	[0x72] = 0x60, [0x74] = 0x6a, [0x75] = 0x63, [0x7a] = 0x6d,
	[0x7c] = 0x57, [0x7d] = 0x6f,
};

/* Keys that send a break code in set 3 by default, and do not repeat: shift,
 * control, alt and Caps Lock on the left, shift on the right. */
static const uint8_t set_3_breaks[] = { 0x11, 0x12, 0x14, 0x19, 0x59 };

/* And those that do neither: Esc, F1 to F12, what is beside them, alt and control
 * on the right, Ins, Home, End, the pages, the keypad but for its +. */
static const uint8_t set_3_makes[] = {
	0x08, 0x07, 0x0f, 0x17, 0x1f, 0x27, 0x2f, 0x37, 0x3f, 0x47, 0x4f,
	0x56, 0x5e, 0x57, 0x5f, 0x62, 0x39, 0x58, 0x67, 0x6e, 0x65, 0x6f,
	0x6d, 0x76, 0x6c, 0x6b, 0x69, 0x77, 0x75, 0x73, 0x72, 0x70, 0x7e,
	0x7d, 0x74, 0x7a, 0x71, 0x84, 0x79, 0x8b, 0x8c, 0x8d,
};

uint8_t scan_translate(uint8_t byte)
{
	if (byte < sizeof(set_1))
		return set_1[byte];
	if (byte == 0x83) /* F7 */
		return 0x41;
	return byte == SYSTEM_REQ ? 0x54 : byte;
}

bool scan_has(unsigned int key)
{
	return key < KEYS && set_2[key];
}

static uint8_t in_set_3(uint16_t code)
{
	uint8_t low = code & CODE;
	uint8_t other = code & CODE_E0 ? set_3_e0[low % 128] : set_3[low];

	return other ? other : low;
}

static void set_all(uint8_t *keys, bool on)
{
	for (size_t i = 0; i < SET_3_BYTES; i++)
		keys[i] = on ? 0xff : 0;
}

static void set_one(uint8_t *keys, uint8_t code, bool on)
{
	uint8_t bit = 1 << code % 8;

	if (on)
		keys[code / 8] |= bit;
	else
		keys[code / 8] &= ~bit;
}

static bool is_set(const uint8_t *keys, uint8_t code)
{
	return keys[code / 8] & 1 << code % 8;
}

void scan_set_all(struct scan *scan, bool repeats, bool breaks)
{
	set_all(scan->repeats, repeats);
	set_all(scan->breaks, breaks);
}

void scan_set_one(struct scan *scan, uint8_t code, bool repeats, bool breaks)
{
	set_one(scan->repeats, code, repeats);
	set_one(scan->breaks, code, breaks);
}

void scan_defaults(struct scan *scan)
{
	scan->set = SCAN_SET_DEFAULT;
	scan_set_all(scan, true, false);
	for (size_t i = 0; i < sizeof(set_3_breaks); i++)
		scan_set_one(scan, set_3_breaks[i], false, true);
	for (size_t i = 0; i < sizeof(set_3_makes); i++)
		set_one(scan->repeats, set_3_makes[i], false);
}

bool scan_repeats(const struct scan *scan, uint8_t key)
{
	if (key == KEY_HANGEUL || key == KEY_HANJA)
		return false;
	if (scan->set < SCAN_SET_LAST)
		return key != KEY_PAUSE;
	return is_set(scan->repeats,
		      key == KEY_PAUSE ? PAUSE_3 : in_set_3(set_2[key]));
}

static unsigned int put_set_1(uint8_t *out, uint16_t code, bool up)
{
	unsigned int n = 0;

	if (code & CODE_E0)
		out[n++] = SCAN_E0;
	out[n++] = scan_translate(code) | (up ? SET_1_BREAK : 0);
	return n;
}

static unsigned int put_set_2(uint8_t *out, uint16_t code, bool up)
{
	unsigned int n = 0;

	if (code & CODE_E0)
		out[n++] = SCAN_E0;
	if (up)
		out[n++] = BREAK;
	out[n++] = code & CODE;
	return n;
}

/* Of set 1 or 2. */
static unsigned int put(const struct scan *scan, uint8_t *out, uint16_t code,
			bool up)
{
	if (code == HANGEUL_CODE || code == HANJA_CODE) {
		out[0] = code;
		return !up;
	}
	return scan->set == 1 ? put_set_1(out, code, up) :
				put_set_2(out, code, up);
}

static unsigned int put_set_3(const struct scan *scan, uint8_t *out,
			      uint8_t code, bool up)
{
	unsigned int n = 0;

	if (up && !is_set(scan->breaks, code))
		return 0;
	if (up)
		out[n++] = BREAK;
	out[n++] = code;
	return n;
}

/* The modifiers that are down, as the guest has been told. */
static uint8_t modifier(uint8_t key)
{
	switch (key) {
	case KEY_LEFTSHIFT:
		return SCAN_LEFT_SHIFT;
	case KEY_RIGHTSHIFT:
		return SCAN_RIGHT_SHIFT;
	case KEY_LEFTCTRL:
		return SCAN_LEFT_CONTROL;
	case KEY_RIGHTCTRL:
		return SCAN_RIGHT_CONTROL;
	case KEY_LEFTALT:
		return SCAN_LEFT_ALT;
	case KEY_RIGHTALT:
		return SCAN_RIGHT_ALT;
	default:
		return 0;
	}
}

/* Press and release at once, with control another key. */
static unsigned int put_pause(const struct scan *scan, uint8_t *out)
{
	static const uint8_t in_1[] = { 0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5 };
	static const uint8_t in_2[] = { 0xe1, 0x14, 0x77, 0xe1,
					0xf0, 0x14, 0xf0, 0x77 };
	const uint8_t *from = scan->set == 1 ? in_1 : in_2;
	unsigned int n = scan->set == 1 ? sizeof(in_1) : sizeof(in_2);

	if (scan->mods & SCAN_CONTROLS) {
		n = put(scan, out, CTRL_BREAK, false);
		return n + put(scan, out + n, CTRL_BREAK, true);
	}
	for (unsigned int i = 0; i < n; i++)
		out[i] = from[i];
	return n;
}

/* The fake shift goes with the key alone, and not when it repeats. */
static unsigned int put_print(struct scan *scan, uint8_t *out, bool up)
{
	uint16_t code = scan->print == PRINT_ALT ? SYSTEM_REQ : PRINT_SCREEN;
	unsigned int n = 0;

	if (!up && !scan->print) {
		scan->print = scan->mods & SCAN_ALTS ? PRINT_ALT :
			      scan->mods	     ? PRINT_BARE :
						       PRINT_SHIFTED;
		if (scan->print == PRINT_ALT)
			code = SYSTEM_REQ;
		if (scan->print == PRINT_SHIFTED)
			n = put(scan, out, FAKE_SHIFT, false);
	}
	n += put(scan, out + n, code, up);
	if (up && scan->print == PRINT_SHIFTED)
		n += put(scan, out + n, FAKE_SHIFT, true);
	if (up)
		scan->print = PRINT_UP;
	return n;
}

unsigned int scan_encode(struct scan *scan, uint8_t key, bool up, uint8_t *out)
{
	if (up)
		scan->mods &= ~modifier(key);
	else
		scan->mods |= modifier(key);
	if (scan->set == SCAN_SET_LAST)
		return put_set_3(
			scan, out,
			key == KEY_PAUSE ? PAUSE_3 : in_set_3(set_2[key]), up);
	if (key == KEY_PAUSE)
		return up ? 0 : put_pause(scan, out);
	if (key == KEY_SYSRQ)
		return put_print(scan, out, up);
	return put(scan, out, set_2[key], up);
}

bool scan_is_possible(const struct scan *scan)
{
	return scan->set >= 1 && scan->set <= SCAN_SET_LAST &&
	       scan->print <= PRINT_ALT;
}
