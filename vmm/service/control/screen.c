/* `screen`: what the guest's text screen shows; `keys`: what is typed at it. */
#include <stdlib.h>
#include <string.h>

#include "core/board.h"
#include "core/board_inner.h"
#include "core/services.h"
#include "core/vm.h"
#include "service/control/control.h"
#include "terminal/console.h"
#include "util/surface.h"

static const char *mode_name(enum surface_mode mode)
{
	static const char *const names[] = {
		[SURFACE_TEXT] = "text",
		[SURFACE_BLANK] = "blank",
		[SURFACE_GRAPHICS] = "graphics",
	};

	return names[mode];
}

static void add_screen(struct json *json, const struct surface *surface)
{
	const unsigned int rows = surface_height(surface);
	char text[SURFACE_TEXT_MAX];

	json_string(json, "mode", mode_name(surface->mode));
	json_number(json, "columns", surface->columns);
	json_number(json, "rows", surface->rows);
	if (surface->has_cursor) {
		json_number(json, "cursor_column", surface->column);
		json_number(json, "cursor_row", surface->row);
	}
	json_array(json, "lines");
	for (unsigned int row = 0; row < rows; row++) {
		surface_text(surface, row, true, text);
		json_string(json, NULL, text);
	}
	json_close(json);
}

static void look(struct ctl_call *call, struct vm *vm, struct surface *surface)
{
	struct json *json;
	bool has;

	if (boards_look_now(vm, surface, &has)) {
		json = ctl_reply(call);
		json_number(json, "guest", vm->config.id + 1);
		add_screen(json, surface);
	} else if (has) {
		ctl_refuse(call, NULL, "there is nothing to be seen on it");
	} else {
		ctl_refuse(call,
			   "it was left out, or not built in: `info` "
			   "lists devices",
			   "the guest has no screen");
	}
}

static void screen(struct ctl_call *call, struct vm *vms, unsigned int nr_vms)
{
	struct surface *surface;

	(void)nr_vms;
	if (!ctl_no_more(call, call->rest))
		return;
	surface = calloc(1, sizeof(*surface));
	if (surface)
		look(call, vms, surface);
	else
		ctl_refuse(call, NULL, "no memory");
	free(surface);
}

static const struct ctl_command screen_row = {
	.name = "screen",
	.args = "",
	.what = "the guest's text screen, as lines",
	.reach = CTL_ONE,
	.run = screen,
};
CTL(screen_row);

/* --- Keys --- */

struct typing {
	struct vm *vm;
	uint8_t keys[KEYS_CHUNK];
	size_t len, taken;
	const char *reader; /* the device that gets them; NULL: nobody yet */
};

static void type(void *arg)
{
	struct typing *typing = arg;
	struct console_guest *guest = typing->vm->config.console;
	const struct board *reader;

	typing->taken = console_type(guest, typing->keys, typing->len);
	reader = console_reader(guest);
	typing->reader = reader ? reader->dev.type->name : NULL;
}

static int hex_of(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = c ? strchr(digits, c | 0x20) : NULL;

	return found ? (int)(found - digits) : -1;
}

/* One key of @text, which is behind it then. False: no such escape. */
static bool take_key(const char **text, uint8_t *key)
{
	static const char names[] = "ntre\\", codes[] = "\n\t\r\033\\";
	const char *at = *text, *name;

	*key = (uint8_t)*at++;
	if (*key == '\\') {
		name = *at ? strchr(names, *at) : NULL;
		if (name) {
			*key = (uint8_t)codes[name - names];
			at++;
		} else if (*at == 'x' && hex_of(at[1]) >= 0 &&
			   hex_of(at[2]) >= 0) {
			*key = (uint8_t)(hex_of(at[1]) << 4 | hex_of(at[2]));
			at += 3;
		} else {
			return false;
		}
	}
	*text = at;
	return true;
}

static bool take_keys(struct ctl_call *call, struct typing *typing)
{
	const char *text = call->rest;

	while (*text && take_key(&text, &typing->keys[typing->len]))
		typing->len++;
	if (*text)
		ctl_refuse(call,
			   "escapes are \\n, \\t, \\r, \\e, \\\\ and \\xHH",
			   "keys: `%.4s` is none", text);
	else if (!typing->len)
		ctl_refuse(call, "such as `keys ls\\n`", "keys: which?");
	return !*text && typing->len;
}

static void keys(struct ctl_call *call, struct vm *vms, unsigned int nr_vms)
{
	struct typing typing = { .vm = vms };
	struct json *json;

	(void)nr_vms;
	if (!take_keys(call, &typing))
		return;
	if (!services_on_main(type, &typing)) {
		ctl_refuse(call, NULL, "the run is ending");
		return;
	}
	json = ctl_reply(call);
	json_number(json, "guest", vms->config.id + 1);
	json_number(json, "keys", typing.len);
	json_number(json, "taken", typing.taken);
	if (typing.reader)
		json_string(json, "reader", typing.reader);
}

static const struct ctl_command keys_row = {
	.name = "keys",
	.args = "TEXT",
	.what = "types TEXT; \\n, \\t, \\e and \\xHH are keys, too",
	.reach = CTL_ONE,
	.run = keys,
};
CTL(keys_row);
