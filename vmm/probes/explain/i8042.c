/*
 * What the keyboard controller's two ports mean, for --explain. A command
 * at 0x64 may be continued at 0x60; what nobody waits for there goes to the
 * keyboard, whose commands may be continued, too.
 */
#include "probes/explain/explain.h"

#define DATA	0x60
#define COMMAND 0x64
#define DOC	"PC/AT ref."
#define SECTION "Keyboard Controller"

static const struct explain_bits status_bits[] = {
	{ 0x01, 0x01, "OBF" },
	{ 0x02, 0x02, "IBF" },
	{ 0x04, 0x04, "SYS" },
	{ 0x08, 0x08, "CMD" },
	{ 0x10, 0x10, "UNLOCK" },
	{ 0x20, 0x20, "AUX" },
	{ 0x40, 0x40, "TIMEOUT" },
	{ 0x80, 0x80, "PARITY" },
	{ 0 },
};

static const struct explain_bits mode_bits[] = {
	{ 0x01, 0x01, "IRQ1" },
	{ 0x02, 0x02, "IRQ12" },
	{ 0x04, 0x04, "SYS" },
	{ 0x10, 0x10, "kbd-off" },
	{ 0x20, 0x20, "aux-off" },
	{ 0x40, 0x40, "translate" },
	{ 0 },
};

static void note_command(struct explain_guest *guest,
			 const struct explain_access *access)
{
	atomic_store(&guest->latches[LATCH_KBD], access->val & 0xff);
}

/* The byte that a command waited for has come. */
static void note_argument(struct explain_guest *guest,
			  const struct explain_access *access)
{
	(void)access;
	atomic_store(&guest->latches[LATCH_KBD], 0);
	atomic_store(&guest->latches[LATCH_LED], 0);
}

static void note_keyboard(struct explain_guest *guest,
			  const struct explain_access *access)
{
	note_argument(guest, access);
	atomic_store(&guest->latches[LATCH_LED], access->val & 0xff);
}

#define CMD(value, what, text)                                            \
	{                                                                 \
		.first = COMMAND, .way = WAY_OUT, .when = WHEN_VALUE,     \
		.key = (value), .note = note_command, READ(DOC, SECTION), \
		TEXT("i8042", what, text)                                 \
	}
#define ARG(of, what, text, ...)                                           \
	{                                                                  \
		.first = DATA, .way = WAY_OUT, .when = WHEN_LATCH,         \
		.latch = LATCH_KBD, .key = (of), .note = note_argument,    \
		READ(DOC, SECTION), TEXT("i8042", what, text), __VA_ARGS__ \
	}
#define KEYS(value, what, text)                                               \
	{                                                                     \
		.first = DATA, .way = WAY_OUT, .when = WHEN_VALUE,            \
		.key = (value), .note = note_keyboard, READ(DOC, "Keyboard"), \
		TEXT("keyboard", what, text)                                  \
	}
#define KEYS_ARG(of, what, text)                                        \
	{                                                               \
		.first = DATA, .way = WAY_OUT, .when = WHEN_LATCH,      \
		.latch = LATCH_LED, .key = (of), .note = note_argument, \
		READ(DOC, "Keyboard"), TEXT("keyboard", what, text)     \
	}

static const struct explain_row rows[] = {
	{ .first = COMMAND,
	  .way = WAY_IN,
	  BITS(status_bits),
	  READ(DOC, SECTION),
	  TEXT("status", "", "OBF: a byte waits at 0x60; IBF: busy") },
	CMD(0x20, "read mode", "the command byte comes to 0x60"),
	CMD(0x60, "write mode", "the next byte at 0x60 is the mode"),
	CMD(0xa7, "second port off", "the mouse may not send"),
	CMD(0xa8, "second port on", "where a mouse may be"),
	CMD(0xa9, "test second port", "the result comes to 0x60"),
	CMD(0xaa, "self-test", "0x55 at 0x60 says that all is well"),
	CMD(0xab, "test keyboard port", "0x00 at 0x60 says all is well"),
	CMD(0xad, "keyboard off", "its clock line is held low"),
	CMD(0xae, "keyboard on", "its clock line is free"),
	CMD(0xc0, "read input port", "the pins of the 8042, to 0x60"),
	CMD(0xd0, "read output port", "the pins of the 8042, to 0x60"),
	CMD(0xd1, "write output port", "the next byte: reset, A20"),
	CMD(0xd2, "fake a key", "the next byte seems to be typed"),
	CMD(0xd3, "fake the mouse", "the next byte seems to be its"),
	CMD(0xd4, "to second port", "the next byte goes to the mouse"),
	CMD(0xdd, "A20 off", "address line 20, in the output port"),
	CMD(0xdf, "A20 on", "address line 20, in the output port"),
	CMD(0xfe, "reset the CPU", "pulls the reset line"),
	{ .first = COMMAND,
	  .way = WAY_OUT,
	  .note = note_command,
	  READ(DOC, SECTION),
	  TEXT("i8042", "another command", "a command that is rarely used") },
	{ .first = DATA,
	  .way = WAY_IN,
	  READ(DOC, SECTION),
	  TEXT("i8042", "oldest byte it has", "a scan code, or an answer") },
	ARG(0x60, "", "the mode: interrupts, ports on and off",
	    BITS(mode_bits)),
	ARG(0xd1, "output port", "bit 0 low resets the CPU; bit 1: A20"),
	ARG(0xd2, "as if typed", "it comes back as if typed"),
	ARG(0xd3, "as if of a mouse", "it comes back as the mouse's"),
	ARG(0xd4, "for the mouse", "0xfa is yes; without one, 0xfe"),
	KEYS_ARG(0xed, "the LEDs", "bits 0-2: scroll, num, caps lock"),
	KEYS_ARG(0xf0, "scan code set", "1, 2 or 3; 0 asks which"),
	KEYS_ARG(0xf3, "repeat rate", "bits 0-4 rate, 5-6 delay"),
	KEYS(0xed, "set LEDs", "the next byte says which"),
	KEYS(0xee, "echo", "answers 0xee"),
	KEYS(0xf0, "choose scan codes", "the next byte says which set"),
	KEYS(0xf2, "who are you", "answers 0xfa, 0xab, 0x83"),
	KEYS(0xf3, "set repeat rate", "the next byte says how fast"),
	KEYS(0xf4, "scanning on", "keys are sent from now on"),
	KEYS(0xf5, "scanning off", "keys are sent no more"),
	KEYS(0xf6, "defaults", "back to what it was at power-on"),
	KEYS(0xff, "reset, self-test", "answers 0xfa, then 0xaa"),
	{ .first = DATA,
	  .way = WAY_OUT,
	  .note = note_keyboard,
	  READ(DOC, "Keyboard"),
	  TEXT("keyboard", "a command", "a command that is rarely used") },
};

const struct explain_table explain_i8042 = EXPLAIN_TABLE(rows);
