/*
 * Rules for Linux that stays silent. All of it is read in guest RAM, where the
 * kernel lies unpacked once it has begun, whatever file it came from: the zero
 * page and the command line (boot.rst), its version, and of its consoles the
 * structures with their names (include/linux/console.h).
 */
#define _GNU_SOURCE /* memmem() */
#include <asm/bootparam.h>
#include <string.h>

#include "probes/report/rules/quiet.h"
#include "memory_seen.h"

#define ZERO_PAGE   0x7000     /* boot/linux.c */
#define MAGIC	    0x53726448 /* "HdrS" */
#define WORDS_MAX   2048
#define KERNEL_FROM 0x100000
#define KERNEL_TO   0x4000000 /* where one lies that says nothing of that */
#define NAME_BYTES  16	      /* of struct console, a function behind them */
#define PANIC_SHOWN 100	      /* characters of a message that are shown */

/* A kernel's address: the upper half, in 32 bits the upper quarter. */
#define HIGH_64 0xffff800000000000
#define HIGH_32 0xc0000000

static const char banner[] = "Linux version ";
static const char panic[] = "Kernel panic - not syncing: ";
static const char printk[] = "Kernel command line: %s\n";
static const char tty[] = "/dev/tty";

/* The @len bytes at @what in the kernel's memory, from @from on; or NULL. */
static const uint8_t *find(const struct linux_seen *l, const uint8_t *from,
			   const void *what, size_t len)
{
	return from < l->end ? memmem(from, l->end - from, what, len) : NULL;
}

static const uint8_t *find_text(const struct linux_seen *l, const char *text)
{
	return find(l, l->start, text, strlen(text));
}

/* Where the kernel may be: as its header says, or in the first 64 MiB. */
static void find_range(struct linux_seen *l, const struct memory *mem,
		       const struct setup_header *header)
{
	uint64_t start = KERNEL_FROM, end = KERNEL_TO;

	if (header->pref_address >= KERNEL_FROM && header->init_size) {
		start = header->pref_address;
		end = start + header->init_size;
	}
	if (end > mem->low_size)
		end = mem->low_size;
	if (start < end) {
		l->start = mem->base + start;
		l->end = mem->base + end;
	}
}

void linux_look(struct linux_seen *l, const struct memory *mem)
{
	struct setup_header header;
	const uint8_t *words;

	*l = (struct linux_seen){ .cmdline = "" };
	if (mem_read(mem, ZERO_PAGE + offsetof(struct boot_params, hdr),
		     &header, sizeof(header)) ||
	    header.header != MAGIC)
		return;
	words = mem_hva(mem, header.cmd_line_ptr, WORDS_MAX);
	if (words && memchr(words, 0, WORDS_MAX))
		l->cmdline = (const char *)words;
	find_range(l, mem, &header);
	/* Not the format of which it is made. */
	l->found = find_text(l, banner);
}

/* The value of the last word @name, up to a blank; false: there is none. */
static bool get_word(const char *words, const char *name, const char **value)
{
	size_t len = strlen(name);
	bool found = false;

	for (; *words; words += strcspn(words, " "), words += *words == ' ') {
		if (strncmp(words, name, len) != 0)
			continue;
		*value = words + len;
		found = true;
	}
	return found;
}

static bool starts(const char *value, const char *with)
{
	return !strncmp(value, with, strlen(with));
}

/* A structure of a console: its name, zeroes, and a function of the kernel's. */
static bool has_console(const struct linux_seen *l, const char *name)
{
	uint8_t field[NAME_BYTES] = { 0 };
	const uint8_t *at = l->start;

	memcpy(field, name, strlen(name));
	while ((at = find(l, at, field, sizeof(field)))) {
		uint64_t function;

		at += sizeof(field);
		if (at + sizeof(function) > l->end)
			return false;
		memcpy(&function, at, sizeof(function));
		if (function >= HIGH_64 || (uint32_t)function >= HIGH_32)
			return true;
	}
	return false;
}

static bool is_silent_linux(const struct rule_case *c)
{
	return c->quiet->silent && c->quiet->kernel.start;
}

/* What is in the log, or in any copy of it: with words, and not with "%s". */
static const char *find_panic(const struct linux_seen *l)
{
	const uint8_t *at = l->start;

	while ((at = find(l, at, panic, sizeof(panic) - 1))) {
		at += sizeof(panic) - 1;
		if (at + PANIC_SHOWN < l->end && *at >= ' ' && *at <= '~' &&
		    *at != '%' && memcmp(at, "Fatal exception", 5) != 0)
			return (const char *)at;
	}
	return NULL;
}

bool linux_panic(struct rule_case *c, struct text *text)
{
	const char *why = is_silent_linux(c) ? find_panic(&c->quiet->kernel) :
					       NULL;

	if (!why)
		return false;
	text_add(text, "the kernel has panicked, and nobody has seen it say "
		       "so: \"");
	for (unsigned int i = 0; i < PANIC_SHOWN && why[i] >= ' '; i++)
		text_byte(text, why[i]);
	text_add(text, "\"");
	return true;
}

static bool has_early(const struct linux_seen *l)
{
	const char *value;

	return get_word(l->cmdline, "earlyprintk=", &value) ||
	       get_word(l->cmdline, "earlycon", &value);
}

bool linux_no_console(struct rule_case *c, struct text *text)
{
	const struct linux_seen *l = &c->quiet->kernel;
	const char *value;

	if (!is_silent_linux(c) || has_early(l))
		return false;
	if (!get_word(l->cmdline, "console=", &value))
		text_add(text, "no word of the command line is console=");
	else if (starts(value, "tty0") || starts(value, "tty1"))
		text_add(text,
			 "console=%.4s is the screen, and what is seen "
			 "is COM1",
			 value);
	else
		return false;
	return true;
}

bool linux_no_device(struct rule_case *c, struct text *text)
{
	const struct quiet *q = c->quiet;
	const char *value;

	if (!is_silent_linux(c) ||
	    !get_word(q->kernel.cmdline, "console=", &value))
		return false;
	if (starts(value, "ttyS") && !starts(value, "ttyS0"))
		text_add(text,
			 "console=%.5s, and the only serial port is "
			 "ttyS0",
			 value);
	else if (starts(value, "ttyS0") && !q->has_uart)
		text_add(text, "console=ttyS0, and --no-serial leaves COM1 "
			       "out");
	else if (starts(value, "hvc") && !q->has_hvc)
		text_add(text, "console=%.4s, and there is no virtio console",
			 value);
	else
		return false;
	return true;
}

/* Options that a kernel needs to print on @console, and has not; it is in memory,
 * or nothing could be said of it. */
bool linux_no_driver(struct rule_case *c, struct text *text)
{
	const struct linux_seen *l = &c->quiet->kernel;
	const char *value, *driver;

	if (!is_silent_linux(c) || !l->found ||
	    !get_word(l->cmdline, "console=", &value))
		return false;
	driver = starts(value, "hvc") ? "hvc" : "ttyS";
	if (!starts(value, driver))
		return false;
	if (!find_text(l, printk))
		text_add(text, "the kernel was built without CONFIG_PRINTK: it "
			       "prints nothing");
	else if (!find(l, l->start, tty, sizeof(tty)))
		text_add(text, "the kernel was built without CONFIG_TTY, and "
			       "so without any console");
	else if (!has_console(l, driver))
		text_add(text,
			 "console=%.5s, and the kernel was built without %s",
			 value,
			 *driver == 'h' ? "CONFIG_VIRTIO_CONSOLE" :
					  "CONFIG_SERIAL_8250 and "
					  "CONFIG_SERIAL_8250_CONSOLE");
	else
		return false;
	return true;
}
