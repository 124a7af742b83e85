/*
 * Reads what the guest prints for the landmarks of a boot: lines of Linux, the
 * first words of our /init, a prompt. A line counts from its beginning, without
 * the kernel's time stamp and without escape sequences.
 *
 * Landmarks of a boot come in their order. What is printed once a later one
 * has been seen is not the boot: `dmesg` at the prompt repeats all of it.
 */
#include <string.h>

#include "probes/stages/stages.h"

#define ESC 0x1b

static const struct {
	enum stage stage;
	const char *begins;
	const char *ends; /* NULL: the beginning is enough */
} landmarks[] = {
	{ STAGE_KERNEL, "Linux version ", NULL },
	{ STAGE_MEMORY, "Memory: ", "K available" },
	{ STAGE_CPUS, "smp: Brought up ", NULL },
	{ STAGE_UNPACKING, "Unpacking initramfs...", NULL },
	{ STAGE_UNPACKING, "Trying to unpack rootfs image as initramfs...",
	  NULL },
	{ STAGE_UNPACKED, "Freeing initrd memory: ", NULL },
	{ STAGE_KERNEL_DONE, "Freeing unused kernel image", NULL },
	{ STAGE_RUN_INIT, "Run ", " as init process" },
	{ STAGE_INIT, "Mini-KVM guest: ", NULL },
	{ STAGE_PANIC, "Kernel panic - not syncing", NULL },
	{ STAGE_KERNEL_ENDS, "reboot: ", NULL },
};

static bool ends_with(const struct stage_console *console, const char *text)
{
	size_t len = strlen(text);

	return console->len >= len &&
	       !memcmp(console->line + console->len - len, text, len);
}

/* Whether the line up to here makes a landmark, with the byte just added. */
static bool is_landmark(const struct stage_console *console, const char *begins,
			const char *ends)
{
	size_t len = strlen(begins);

	if (console->len < len || memcmp(console->line, begins, len) != 0)
		return false;
	return ends ? ends_with(console, ends) : console->len == len;
}

/* "~ # ", "$ ", "user@host:~$ ", "1k> ": at most one word, and a mark. */
static bool is_prompt(const struct stage_console *console)
{
	size_t len = console->len;
	const char *space;
	char mark;

	if (len < 2 || console->line[len - 1] != ' ')
		return false;
	mark = console->line[len - 2];
	if (mark == '>')
		return len > 2 && memchr(console->line, ' ', len) ==
					  console->line + len - 1;
	if (mark != '#' && mark != '$')
		return false;
	space = memchr(console->line, ' ', len);
	return space == console->line + len - 1 ||
	       space == console->line + len - 3;
}

static void look(struct stage_guest *guest, uint64_t exits)
{
	for (size_t i = 0; i < sizeof(landmarks) / sizeof(landmarks[0]); i++) {
		if (is_landmark(&guest->console, landmarks[i].begins,
				landmarks[i].ends))
			stage_mark(guest, landmarks[i].stage, exits, NULL);
	}
	if (is_prompt(&guest->console))
		stage_mark(guest, STAGE_PROMPT, exits, NULL);
}

static void begin_line(struct stage_console *console)
{
	console->len = 0;
	console->is_cut = false;
	console->state = TEXT;
}

/* Whether the byte is part of what does not count. */
static bool is_skipped(struct stage_console *console, uint8_t byte)
{
	switch (console->state) {
	case STAMP:
		if (byte == ']')
			console->state = TEXT;
		return true;
	case ESCAPE:
		console->state = byte == '[' ? ESCAPE_LIST : TEXT;
		return true;
	case ESCAPE_LIST:
		if (byte >= '@' && byte <= '~')
			console->state = TEXT;
		return true;
	case TEXT:
		break;
	}
	if (byte == ESC)
		console->state = ESCAPE;
	else if (!console->len && byte == '[')
		console->state = STAMP;
	else
		return !console->len && byte == ' ';
	return true;
}

void stage_take_byte(struct stage_guest *guest, uint8_t byte, uint64_t exits)
{
	struct stage_console *console = &guest->console;

	stage_mark(guest, STAGE_BYTE, exits, NULL);
	if (byte == '\n' || byte == '\r') {
		begin_line(console);
		return;
	}
	if (console->is_cut || is_skipped(console, byte))
		return;
	if (console->len == STAGES_LINE_MAX) {
		console->is_cut = true;
		return;
	}
	console->line[console->len++] = (char)byte;
	look(guest, exits);
}
