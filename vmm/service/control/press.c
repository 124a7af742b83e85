/*
 * `press`: keys of the guest's keyboard, as somebody at a display of its own presses
 * them, which `keys` cannot say: control, alt and delete together, the Hangul key.
 * And `mouse`, for the other hand. Keys are called as in <linux/input-event-codes.h>.
 */
#include <limits.h>
#include <linux/input-event-codes.h>
#include <stdlib.h>
#include <string.h>

#include "core/board.h"
#include "core/vm.h"
#include "device.h"
#include "service/control/control.h"

#define HELD_MAX 8    /* at once */
#define WORD_MAX 16   /* letters of a name */
#define BUTTONS	 7    /* all of them, added up */
#define FAR_MAX	 2000 /* counts of the mouse, either way */

#define KEY(word, code)    \
	{                  \
		word, code \
	}

static const struct {
	char name[WORD_MAX];
	uint8_t code;
} names[] = {
	KEY("esc", KEY_ESC),
	KEY("minus", KEY_MINUS),
	KEY("equal", KEY_EQUAL),
	KEY("backspace", KEY_BACKSPACE),
	KEY("tab", KEY_TAB),
	KEY("leftbrace", KEY_LEFTBRACE),
	KEY("rightbrace", KEY_RIGHTBRACE),
	KEY("enter", KEY_ENTER),
	KEY("ctrl", KEY_LEFTCTRL),
	KEY("leftctrl", KEY_LEFTCTRL),
	KEY("semicolon", KEY_SEMICOLON),
	KEY("apostrophe", KEY_APOSTROPHE),
	KEY("grave", KEY_GRAVE),
	KEY("shift", KEY_LEFTSHIFT),
	KEY("leftshift", KEY_LEFTSHIFT),
	KEY("backslash", KEY_BACKSLASH),
	KEY("comma", KEY_COMMA),
	KEY("dot", KEY_DOT),
	KEY("slash", KEY_SLASH),
	KEY("rightshift", KEY_RIGHTSHIFT),
	KEY("kpasterisk", KEY_KPASTERISK),
	KEY("alt", KEY_LEFTALT),
	KEY("leftalt", KEY_LEFTALT),
	KEY("space", KEY_SPACE),
	KEY("capslock", KEY_CAPSLOCK),
	KEY("f1", KEY_F1),
	KEY("f2", KEY_F2),
	KEY("f3", KEY_F3),
	KEY("f4", KEY_F4),
	KEY("f5", KEY_F5),
	KEY("f6", KEY_F6),
	KEY("f7", KEY_F7),
	KEY("f8", KEY_F8),
	KEY("f9", KEY_F9),
	KEY("f10", KEY_F10),
	KEY("f11", KEY_F11),
	KEY("f12", KEY_F12),
	KEY("numlock", KEY_NUMLOCK),
	KEY("scrolllock", KEY_SCROLLLOCK),
	KEY("kp0", KEY_KP0),
	KEY("kp1", KEY_KP1),
	KEY("kp2", KEY_KP2),
	KEY("kp3", KEY_KP3),
	KEY("kp4", KEY_KP4),
	KEY("kp5", KEY_KP5),
	KEY("kp6", KEY_KP6),
	KEY("kp7", KEY_KP7),
	KEY("kp8", KEY_KP8),
	KEY("kp9", KEY_KP9),
	KEY("kpminus", KEY_KPMINUS),
	KEY("kpplus", KEY_KPPLUS),
	KEY("kpdot", KEY_KPDOT),
	KEY("kpenter", KEY_KPENTER),
	KEY("kpslash", KEY_KPSLASH),
	KEY("102nd", KEY_102ND),
	KEY("rightctrl", KEY_RIGHTCTRL),
	KEY("sysrq", KEY_SYSRQ),
	KEY("rightalt", KEY_RIGHTALT),
	KEY("home", KEY_HOME),
	KEY("up", KEY_UP),
	KEY("pageup", KEY_PAGEUP),
	KEY("left", KEY_LEFT),
	KEY("right", KEY_RIGHT),
	KEY("end", KEY_END),
	KEY("down", KEY_DOWN),
	KEY("pagedown", KEY_PAGEDOWN),
	KEY("insert", KEY_INSERT),
	KEY("delete", KEY_DELETE),
	KEY("pause", KEY_PAUSE),
	KEY("hangeul", KEY_HANGEUL),
	KEY("hanja", KEY_HANJA),
	KEY("leftmeta", KEY_LEFTMETA),
	KEY("rightmeta", KEY_RIGHTMETA),
	KEY("compose", KEY_COMPOSE),
};

/* Letters and digits, by where they lie. */
static unsigned int code_of_character(char c)
{
	static const struct {
		char keys[11];
		uint8_t first;
	} rows[] = {
		{ "1234567890", KEY_1 },
		{ "qwertyuiop", KEY_Q },
		{ "asdfghjkl", KEY_A },
		{ "zxcvbnm", KEY_Z },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *at = strchr(rows[i].keys, c);

		if (at)
			return rows[i].first + (at - rows[i].keys);
	}
	return 0;
}

/* The key called by the @len letters at @word; 0: none is. */
static unsigned int code_of(const char *word, size_t len)
{
	if (len == 1)
		return code_of_character(*word);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i].name) == len &&
		    !memcmp(names[i].name, word, len))
			return names[i].code;
	return 0;
}

/* "ctrl+alt+delete", or more of such words. All are known before one is pressed. */
static unsigned int take_chord(const char **rest, uint8_t *codes)
{
	unsigned int n = 0, code;

	for (;; ++*rest) {
		size_t len = strcspn(*rest, "+ ");

		code = n < HELD_MAX ? code_of(*rest, len) : 0;
		if (!code)
			return 0;
		codes[n++] = code;
		*rest += len;
		if (**rest != '+')
			break;
	}
	*rest += strspn(*rest, " ");
	return n;
}

static bool press_chord(struct vm *vm, const uint8_t *codes, unsigned int n)
{
	bool has = true;

	for (unsigned int i = 0; i < n; i++)
		has &= boards_key(vm, codes[i], true);
	while (n--)
		has &= boards_key(vm, codes[n], false);
	return has;
}

static void no_such_device(struct ctl_call *call, const char *what)
{
	ctl_refuse(call,
		   "it was left out, or not built in: `info` lists devices",
		   "the guest has no %s", what);
}

static void press(struct ctl_call *call, struct vm *vms, unsigned int nr_vms)
{
	uint8_t codes[HELD_MAX];
	const char *rest = call->rest;
	unsigned int n = 0;
	struct json *json;

	(void)nr_vms;
	while (*rest && (n = take_chord(&rest, codes)))
		;
	if (!n) {
		ctl_refuse(call, "such as `press ctrl+alt+delete f1 a`",
			   "press: `%.16s` is no key", rest);
		return;
	}
	for (rest = call->rest; *rest;) {
		n = take_chord(&rest, codes);
		if (!press_chord(vms, codes, n)) {
			no_such_device(call, "keyboard");
			return;
		}
	}
	json = ctl_reply(call);
	json_number(json, "guest", vms->config.id + 1);
}

/* A number with a sign, perhaps, and the blanks behind it. */
static bool take_signed(const char **rest, int *number)
{
	const char *at = *rest + (**rest == '-');
	uint64_t size;

	if (!ctl_number(&at, FAR_MAX, &size))
		return false;
	*number = **rest == '-' ? -(int)size : (int)size;
	*rest = at;
	return true;
}

static void mouse(struct ctl_call *call, struct vm *vms, unsigned int nr_vms)
{
	const char *rest = call->rest;
	uint64_t buttons = 0;
	int dx, dy, wheel = 0;
	struct json *json;

	(void)nr_vms;
	if (!take_signed(&rest, &dx) || !take_signed(&rest, &dy) ||
	    (*rest && !ctl_number(&rest, BUTTONS, &buttons)) ||
	    (*rest && !take_signed(&rest, &wheel)) || *rest) {
		ctl_refuse(call,
			   "buttons are 1, 2 and 4, left, right and middle: "
			   "`mouse 10 -5 1`",
			   "mouse: give how far to the right and down, "
			   "buttons, and turns of the wheel");
		return;
	}
	if (!boards_pointer(vms, dx, dy, wheel, buttons)) {
		no_such_device(call, "mouse");
		return;
	}
	json = ctl_reply(call);
	json_number(json, "guest", vms->config.id + 1);
}

static const struct ctl_command press_row = {
	.name = "press",
	.args = "KEY[+KEY]...",
	.what = "presses keys together, and lets them go: ctrl+alt+delete",
	.reach = CTL_ONE,
	.run = press,
};
CTL(press_row);

static const struct ctl_command mouse_row = {
	.name = "mouse",
	.args = "RIGHT DOWN [BUTTONS [WHEEL]]",
	.what = "moves the mouse, and has these buttons down",
	.reach = CTL_ONE,
	.run = mouse,
};
CTL(mouse_row);
