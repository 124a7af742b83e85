/*
 * The keyboard: the i8042 translates what the keys send to scancode set 1 and
 * raises IRQ 1; keymap.c knows what the codes mean (IBM PC/AT Technical
 * Reference, "Keyboard Controller").
 */
#include "kernel/kernel.h"
#include "kernel/x86.h"

#define DATA	       0x60
#define STATUS	       0x64
#define STATUS_OUTPUT  0x01 /* a byte to read */
#define STATUS_INPUT   0x02 /* the last byte written is not taken yet */
#define STATUS_MOUSE   0x20
#define STATUS_NOTHING 0xff /* nobody answers: no controller */
#define WRITE_COMMAND  0x60
#define COMMAND_BYTE   0x65 /* IRQ 1, translation, no mouse */
#define TRIES	       10000

static struct keymap keys;

static void send(uint16_t port, uint8_t byte)
{
	for (int i = 0; i < TRIES && (inb(STATUS) & STATUS_INPUT); i++)
		;
	outb(port, byte);
}

void keyboard_init(void)
{
	if (inb(STATUS) == STATUS_NOTHING)
		return;
	send(STATUS, WRITE_COMMAND);
	send(DATA, COMMAND_BYTE);
	irq_enable(IRQ_KEYBOARD);
}

void keyboard_interrupt(void)
{
	uint8_t status;

	while (tty_has_room() && ((status = inb(STATUS)) & STATUS_OUTPUT) &&
	       status != STATUS_NOTHING) {
		uint8_t code = inb(DATA);

		if (status & STATUS_MOUSE)
			continue;
		for (const char *c = keymap_decode(&keys, code); *c; c++)
			tty_input(*c);
	}
}
