/* Keysyms as keys: see keys.h. The names are those of X11/keysymdef.h. */
#include "backends/vnc/keys.h"

#include <ctype.h>
#include <linux/input-event-codes.h>
#define XK_KOREAN
#include <rfb/keysym.h>
#include <stddef.h>
#include <string.h>

/* Characters of neighbouring keys, without and with shift. */
static const struct {
	uint16_t first;
	const char *plain, *shifted;
} runs[] = {
	{ KEY_1, "1234567890-=", "!@#$%^&*()_+" },
	{ KEY_Q, "qwertyuiop[]", "QWERTYUIOP{}" },
	{ KEY_A, "asdfghjkl;'`", "ASDFGHJKL:\"~" },
	{ KEY_BACKSLASH, "\\zxcvbnm,./", "|ZXCVBNM<>?" },
};

static const struct {
	uint32_t keysym;
	uint16_t code;
} others[] = {
	{ XK_Return, KEY_ENTER },
	{ XK_BackSpace, KEY_BACKSPACE },
	{ XK_Tab, KEY_TAB },
	{ 0xfe20 /* ISO_Left_Tab */, KEY_TAB },
	{ XK_Escape, KEY_ESC },
	{ XK_Shift_L, KEY_LEFTSHIFT },
	{ XK_Shift_R, KEY_RIGHTSHIFT },
	{ XK_Control_L, KEY_LEFTCTRL },
	{ XK_Control_R, KEY_RIGHTCTRL },
	{ XK_Alt_L, KEY_LEFTALT },
	{ XK_Meta_L, KEY_LEFTALT },
	{ XK_Alt_R, KEY_RIGHTALT },
	{ XK_Meta_R, KEY_RIGHTALT },
	{ 0xfe03 /* ISO_Level3_Shift */, KEY_RIGHTALT },
	{ XK_Super_L, KEY_LEFTMETA },
	{ XK_Super_R, KEY_RIGHTMETA },
	{ XK_Menu, KEY_COMPOSE },
	{ XK_Caps_Lock, KEY_CAPSLOCK },
	{ XK_Num_Lock, KEY_NUMLOCK },
	{ XK_Scroll_Lock, KEY_SCROLLLOCK },
	{ XK_Print, KEY_SYSRQ },
	{ XK_Pause, KEY_PAUSE },
	{ XK_Insert, KEY_INSERT },
	{ XK_Delete, KEY_DELETE },
	{ XK_Home, KEY_HOME },
	{ XK_End, KEY_END },
	{ XK_Page_Up, KEY_PAGEUP },
	{ XK_Page_Down, KEY_PAGEDOWN },
	{ XK_Up, KEY_UP },
	{ XK_Down, KEY_DOWN },
	{ XK_Left, KEY_LEFT },
	{ XK_Right, KEY_RIGHT },
	{ XK_F11, KEY_F11 },
	{ XK_F12, KEY_F12 },
	{ XK_KP_Enter, KEY_KPENTER },
	{ XK_KP_Add, KEY_KPPLUS },
	{ XK_KP_Subtract, KEY_KPMINUS },
	{ XK_KP_Multiply, KEY_KPASTERISK },
	{ XK_KP_Divide, KEY_KPSLASH },
	{ XK_KP_Decimal, KEY_KPDOT },
	{ XK_KP_Delete, KEY_KPDOT },
	{ XK_KP_0, KEY_KP0 },
	{ XK_KP_1, KEY_KP1 },
	{ XK_KP_2, KEY_KP2 },
	{ XK_KP_3, KEY_KP3 },
	{ XK_KP_4, KEY_KP4 },
	{ XK_KP_5, KEY_KP5 },
	{ XK_KP_6, KEY_KP6 },
	{ XK_KP_7, KEY_KP7 },
	{ XK_KP_8, KEY_KP8 },
	{ XK_KP_9, KEY_KP9 },
	{ XK_KP_Insert, KEY_KP0 },
	{ XK_KP_End, KEY_KP1 },
	{ XK_KP_Down, KEY_KP2 },
	{ XK_KP_Page_Down, KEY_KP3 },
	{ XK_KP_Left, KEY_KP4 },
	{ XK_KP_Begin, KEY_KP5 },
	{ XK_KP_Right, KEY_KP6 },
	{ XK_KP_Home, KEY_KP7 },
	{ XK_KP_Up, KEY_KP8 },
	{ XK_KP_Page_Up, KEY_KP9 },
	{ XK_Hangul, KEY_HANGEUL },
	{ XK_Hangul_Hanja, KEY_HANJA },
};

static struct vnc_key find_character(char c)
{
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		const char *plain = strchr(runs[i].plain, c);
		const char *shifted = strchr(runs[i].shifted, c);
		const size_t at = plain ? plain - runs[i].plain :
					  shifted - runs[i].shifted;

		if (plain || shifted)
			return (struct vnc_key){
				.code = runs[i].first + at,
				.shift = !plain,
				.is_plain = true,
				.is_letter = isalpha((unsigned char)c),
			};
	}
	return (struct vnc_key){ 0 };
}

struct vnc_key vnc_key_of(uint32_t keysym)
{
	if (keysym == ' ')
		return (struct vnc_key){ .code = KEY_SPACE };
	if (keysym > ' ' && keysym < 0x7f)
		return find_character(keysym);
	if (keysym >= XK_F1 && keysym <= XK_F10)
		return (struct vnc_key){ .code = KEY_F1 + keysym - XK_F1 };
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (others[i].keysym == keysym)
			return (struct vnc_key){ .code = others[i].code };
	return (struct vnc_key){ 0 };
}
