/*
 * Keys as a US keyboard has them: a client sends the character that its own keyboard
 * made, and some no Shift. So that is pressed where the character takes it, and let
 * go where it does not. The mouse is moved by as much as the pointer was.
 */
#include "backends/vnc/person.h"

#include <linux/input-event-codes.h>

#include "backends/screen/link.h"
#include "backends/vnc/keys.h"

/* RFC 6143, "PointerEvent". */
#define RFB_LEFT   0x01
#define RFB_MIDDLE 0x02
#define RFB_RIGHT  0x04
#define RFB_UP	   0x08 /* of the wheel */
#define RFB_DOWN   0x10

/* As in vmm/include/device.h. */
#define LEFT   1
#define RIGHT  2
#define MIDDLE 4

static bool caps; /* the guest's Caps Lock, as far as it was pressed here */
static int last_x, last_y;
static unsigned int last_buttons;

static bool has_shift(const struct person *p)
{
	return p->down[KEY_LEFTSHIFT] || p->down[KEY_RIGHTSHIFT];
}

/* Both of them, as they are held, or the left one if none is. */
static void set_shift(const struct person *p, bool down)
{
	if (p->down[KEY_RIGHTSHIFT])
		link_key(KEY_RIGHTSHIFT, down);
	if (p->down[KEY_LEFTSHIFT] || !p->down[KEY_RIGHTSHIFT])
		link_key(KEY_LEFTSHIFT, down);
}

static void press(struct person *p, struct vnc_key key)
{
	const bool shift = key.shift != (key.is_letter && caps);
	const bool other = key.is_plain && shift != has_shift(p);

	if (other)
		set_shift(p, shift);
	link_key(key.code, true);
	if (other)
		set_shift(p, !shift);
	if (key.code == KEY_CAPSLOCK && !p->down[KEY_CAPSLOCK])
		caps = !caps;
}

/* The key that @keysym went down with: another character may be let go. */
static unsigned int code_of(const struct person *p, uint32_t keysym)
{
	for (unsigned int code = 0; code < PERSON_KEYS; code++)
		if (p->down[code] && p->made_by[code] == keysym)
			return code;
	return vnc_key_of(keysym).code;
}

void person_key(struct person *p, bool down, uint32_t keysym)
{
	const struct vnc_key key = vnc_key_of(keysym);
	const unsigned int code = down ? key.code : code_of(p, keysym);

	if (!code || code >= PERSON_KEYS)
		return;
	if (down)
		press(p, key);
	else
		link_key(code, false);
	p->down[code] = down;
	p->made_by[code] = keysym;
}

static unsigned int buttons_of(unsigned int rfb)
{
	return (rfb & RFB_LEFT ? LEFT : 0) | (rfb & RFB_RIGHT ? RIGHT : 0) |
	       (rfb & RFB_MIDDLE ? MIDDLE : 0);
}

void person_pointer(unsigned int buttons, int x, int y)
{
	const unsigned int begun = buttons & ~last_buttons;
	const int wheel = !!(begun & RFB_DOWN) - !!(begun & RFB_UP);

	if (x != last_x || y != last_y || wheel ||
	    buttons_of(buttons) != buttons_of(last_buttons))
		link_pointer(x - last_x, y - last_y, wheel,
			     buttons_of(buttons));
	last_x = x;
	last_y = y;
	last_buttons = buttons;
}

void person_leaves(struct person *p)
{
	for (unsigned int code = 0; code < PERSON_KEYS; code++) {
		if (p->down[code])
			link_key(code, false);
		p->down[code] = 0;
	}
	if (buttons_of(last_buttons))
		link_pointer(0, 0, 0, 0);
	last_buttons = 0;
}
