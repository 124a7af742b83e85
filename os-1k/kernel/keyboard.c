/*
 * The keyboard: the i8042 translates what the keys send to scancode set 1 and
 * raises IRQ 1; keymap.c knows what the codes mean (IBM PC/AT Technical
 * Reference, "Keyboard Controller").
 */
#include "kernel/kernel.h"

enum { DATA = 0x60, STATUS = 0x64, WRITE_COMMAND = 0x60 };
enum { OUTPUT_FULL = 0x01, INPUT_FULL = 0x02, FROM_MOUSE = 0x20 };

#define COMMAND_BYTE 0x65 /* IRQ 1, translation, no mouse */
#define TRIES	     1000

static void send(uint16_t port, uint8_t byte)
{
	for (int i = 0; i < TRIES && (inb(STATUS) & INPUT_FULL); i++)
		;
	outb(port, byte);
}

/*
 * Mini-KVM gives what the user types to the device that asked last: from here on
 * this one. What it gave to the serial line before comes first.
 */
void keyboard_init(void)
{
	send(STATUS, WRITE_COMMAND);
	send(DATA, COMMAND_BYTE);
	serial_interrupt();
}

/* Where there is no controller all bits are ones, that of the mouse, too. */
void keyboard_interrupt(void)
{
	static struct keymap keys;

	while (tty_has_room() &&
	       (inb(STATUS) & (OUTPUT_FULL | FROM_MOUSE)) == OUTPUT_FULL)
		for (const char *c = keymap_decode(&keys, inb(DATA)); *c; c++)
			tty_input(*c);
}
