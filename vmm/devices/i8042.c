/*
 * The keyboard controller of a PC and a keyboard on its first port, after the
 * IBM PC AT and PS/2 Technical References ("Keyboard Controller",
 * "Keyboard"). It starts as a BIOS leaves it: tested, keyboard and IRQ1 on,
 * translation to scan code set 1 on, auxiliary port off.
 *
 * Nothing is typed yet: the keyboard only answers commands. There is no mouse;
 * a byte for it times out. Address line 20 is always on. The lock switch,
 * the serial clock and the controller's RAM beyond its command byte are left
 * out.
 */
#include "device.h"

#define PORT_DATA   0x60 /* range 0 */
#define PORT_STATUS 0x64 /* range 1: status when read, command when written */

enum {
	RANGE_DATA = 0,
	RANGE_STATUS = 1,
};

enum {
	PIN_KBD = 0, /* IRQ1 */
	PIN_AUX = 1, /* IRQ12 */
};

/* Status register */
#define STATUS_OBF     0x01 /* output buffer full: port 0x60 has a byte */
#define STATUS_SYS     0x04 /* the self-test has passed */
#define STATUS_CMD     0x08 /* the last write was to 0x64 */
#define STATUS_UNLOCK  0x10 /* keyboard not locked */
#define STATUS_AUX     0x20 /* the byte comes from the auxiliary port */
#define STATUS_TIMEOUT 0x40 /* nobody answered; the byte is 0xfe */

/* Command byte */
#define CB_KBD_INT 0x01
#define CB_AUX_INT 0x02
#define CB_SYS	   0x04
#define CB_KBD_OFF 0x10
#define CB_AUX_OFF 0x20
#define CB_XLATE   0x40
#define CB_MASK	   0x77
#define CB_BIOS	   (CB_KBD_INT | CB_SYS | CB_AUX_OFF | CB_XLATE)

/* Output port: the pins of the 8042 */
#define OUT_NO_RESET 0x01 /* low: the processor is reset */
#define OUT_A20	     0x02
#define OUT_KBD_INT  0x10
#define OUT_AUX_INT  0x20
#define OUT_INIT     (0xc0 | OUT_A20 | OUT_NO_RESET)

#define INPUT_PORT 0xa0 /* not locked, manufacturing jumper not set */

/* Controller commands, to port 0x64 */
enum {
	CMD_READ_CB = 0x20,
	CMD_WRITE_CB = 0x60,
	CMD_AUX_OFF = 0xa7,
	CMD_AUX_ON = 0xa8,
	CMD_AUX_TEST = 0xa9,
	CMD_SELF_TEST = 0xaa,
	CMD_KBD_TEST = 0xab,
	CMD_KBD_OFF = 0xad,
	CMD_KBD_ON = 0xae,
	CMD_READ_INPUT = 0xc0,
	CMD_READ_OUTPUT = 0xd0,
	CMD_WRITE_OUTPUT = 0xd1,
	CMD_WRITE_KBD_BUF = 0xd2, /* as if the keyboard had sent it */
	CMD_WRITE_AUX_BUF = 0xd3, /* as if the mouse had */
	CMD_WRITE_AUX = 0xd4,
	CMD_READ_TEST = 0xe0,
	CMD_PULSE = 0xf0, /* to 0xff: a 0 bit pulses that output pin low */
};

#define SELF_TEST_OK	  0x55
#define INTERFACE_TEST_OK 0x00

/* Keyboard commands, to port 0x60 */
enum {
	KBD_SET_LEDS = 0xed, /* the first command; one argument byte */
	KBD_ECHO = 0xee,
	KBD_SCAN_SET = 0xf0, /* one argument byte: 0 asks, 1-3 sets */
	KBD_IDENTIFY = 0xf2,
	KBD_TYPEMATIC = 0xf3, /* one argument byte */
	KBD_ENABLE = 0xf4,
	KBD_DISABLE = 0xf5,
	KBD_DEFAULTS = 0xf6,
	KBD_ALL_FIRST = 0xf7, /* to 0xfa: all keys typematic, make, ... */
	KBD_ALL_LAST = 0xfa,
	KBD_KEY_FIRST = 0xfb, /* to 0xfd: one key; its code follows */
	KBD_KEY_LAST = 0xfd,
	KBD_RESEND = 0xfe,
	KBD_RESET = 0xff,
};

#define KBD_ACK	   0xfa
#define KBD_NACK   0xfe /* "resend" */
#define KBD_BAT_OK 0xaa
#define KBD_ID_1   0xab
#define KBD_ID_2   0x83

#define SCAN_SET_DEFAULT 2
#define SCAN_SET_LAST	 3

#define QUEUE_SIZE	   16
#define KBD_ANSWER_LONGEST 3

struct queue {
	uint16_t items[QUEUE_SIZE]; /* byte, and STATUS_ bits << 8 */
	unsigned int head, len;
};

struct keyboard {
	struct queue queue; /* on its way to the controller */
	uint8_t arg_of;	    /* command that waits for its argument, or 0 */
	uint8_t scan_set;   /* 1-3 */
	uint8_t last;	    /* byte sent, for RESEND */
};

struct i8042 {
	struct board *board;
	uint8_t status;	 /* all bits; OBF, AUX and TIMEOUT go with `data` */
	uint8_t command; /* command byte */
	uint8_t output;	 /* output port, interrupt pins aside */
	uint8_t data;	 /* output buffer */
	uint8_t arg_of;	 /* controller command that waits for data, or 0 */
	bool level[DEV_IRQS_MAX];
	struct queue answers; /* the controller's own */
	struct keyboard kbd;
};

static unsigned int queue_room(const struct queue *q)
{
	return QUEUE_SIZE - q->len;
}

/* The caller has made sure of the room. */
static void queue_put(struct queue *q, uint16_t item)
{
	q->items[(q->head + q->len++) % QUEUE_SIZE] = item;
}

static uint16_t queue_get(struct queue *q)
{
	uint16_t item = q->items[q->head];

	q->head = (q->head + 1) % QUEUE_SIZE;
	q->len--;
	return item;
}

static uint8_t irq_pins(const struct i8042 *c)
{
	if (!(c->status & STATUS_OBF))
		return 0;
	if (c->status & STATUS_AUX)
		return c->command & CB_AUX_INT ? OUT_AUX_INT : 0;
	return c->command & CB_KBD_INT ? OUT_KBD_INT : 0;
}

static void set_level(struct i8042 *c, unsigned int pin, bool level)
{
	if (level == c->level[pin])
		return;
	c->level[pin] = level;
	board_irq(c->board, pin, level);
}

static void update_irqs(struct i8042 *c)
{
	uint8_t pins = irq_pins(c);

	set_level(c, PIN_KBD, pins & OUT_KBD_INT);
	set_level(c, PIN_AUX, pins & OUT_AUX_INT);
}

/*
 * The controller's translation of what the keyboard sends, for the bytes that
 * a keyboard without keys sends: its ID and the number of its scan code set.
 */
static uint8_t translate(uint8_t byte)
{
	switch (byte) {
	case 0x01:
		return 0x43;
	case 0x02:
		return 0x41;
	case 0x03:
		return 0x3f;
	case KBD_ID_2:
		return 0x41;
	default:
		return byte;
	}
}

static uint8_t take_kbd(struct i8042 *c)
{
	uint8_t byte = queue_get(&c->kbd.queue);

	c->kbd.last = byte;
	return c->command & CB_XLATE ? translate(byte) : byte;
}

/*
 * Moves the next byte into the output buffer once that is empty; the line
 * has fallen in between, so that every byte has an edge of its own.
 */
static void fill_buffer(struct i8042 *c)
{
	uint16_t item;

	if (c->status & STATUS_OBF)
		return;
	if (c->answers.len)
		item = queue_get(&c->answers);
	else if (c->kbd.queue.len && !(c->command & CB_KBD_OFF))
		item = take_kbd(c);
	else
		return;
	c->data = item;
	c->status &= ~(STATUS_AUX | STATUS_TIMEOUT);
	c->status |= STATUS_OBF | item >> 8;
}

/* An answer of the controller itself; @status says whose byte it poses as. */
static void answer(struct i8042 *c, uint8_t byte, uint8_t status)
{
	if (queue_room(&c->answers))
		queue_put(&c->answers, byte | status << 8);
	else
		board_oddity(c->board, "controller answers never read", byte);
}

static void kbd_send(struct keyboard *k, uint8_t byte)
{
	queue_put(&k->queue, byte);
}

/* With no keys to report, enabled and disabled are the same. */
static void kbd_set_defaults(struct keyboard *k)
{
	k->scan_set = SCAN_SET_DEFAULT;
}

static void kbd_argument(struct keyboard *k, uint8_t arg)
{
	uint8_t command = k->arg_of;

	k->arg_of = 0;
	if (command == KBD_SCAN_SET && arg > SCAN_SET_LAST) {
		kbd_send(k, KBD_NACK);
		return;
	}
	kbd_send(k, KBD_ACK);
	if (command != KBD_SCAN_SET)
		return; /* lights and repeat rates show nowhere */
	if (arg)
		k->scan_set = arg;
	else
		kbd_send(k, k->scan_set);
}

static void kbd_identify(struct keyboard *k)
{
	kbd_send(k, KBD_ACK);
	kbd_send(k, KBD_ID_1);
	kbd_send(k, KBD_ID_2);
}

static void kbd_reset(struct keyboard *k)
{
	kbd_set_defaults(k);
	kbd_send(k, KBD_ACK);
	kbd_send(k, KBD_BAT_OK);
}

static void kbd_command(struct keyboard *k, uint8_t command)
{
	k->arg_of = 0;
	switch (command) {
	case KBD_ECHO:
		kbd_send(k, KBD_ECHO);
		return;
	case KBD_RESEND:
		kbd_send(k, k->last);
		return;
	case KBD_IDENTIFY:
		kbd_identify(k);
		return;
	case KBD_RESET:
		kbd_reset(k);
		return;
	case KBD_SET_LEDS:
	case KBD_SCAN_SET:
	case KBD_TYPEMATIC:
	case KBD_KEY_FIRST ... KBD_KEY_LAST:
		k->arg_of = command;
		break;
	case KBD_DISABLE:
	case KBD_DEFAULTS:
		kbd_set_defaults(k);
		break;
	case KBD_ENABLE:
	case KBD_ALL_FIRST ... KBD_ALL_LAST:
		break;
	default:
		kbd_send(k, KBD_NACK);
		return;
	}
	kbd_send(k, KBD_ACK);
}

/*
 * A byte for the keyboard. It takes none while its queue could not hold the
 * answer, so an answer is whole or is a request to send the byte again.
 */
static void kbd_receive(struct i8042 *c, uint8_t byte)
{
	struct keyboard *k = &c->kbd;

	c->command &= ~CB_KBD_OFF; /* sending turns the interface on */
	if (queue_room(&k->queue) <= KBD_ANSWER_LONGEST) {
		board_oddity(c->board, "keyboard answers never read", byte);
		if (queue_room(&k->queue))
			kbd_send(k, KBD_NACK);
	} else if (k->arg_of && byte < KBD_SET_LEDS) {
		kbd_argument(k, byte);
	} else {
		kbd_command(k, byte);
	}
}

static void write_output_port(struct i8042 *c, uint8_t val)
{
	c->output = val & ~(OUT_KBD_INT | OUT_AUX_INT);
	if (!(val & OUT_NO_RESET))
		board_stop(c->board, BOARD_STOP_RESET, 0);
}

/* The self-test flag of the status register is the command byte's bit. */
static void write_command_byte(struct i8042 *c, uint8_t val)
{
	c->command = val & CB_MASK;
	c->status = (c->status & ~STATUS_SYS) | (val & CB_SYS);
}

static void self_test(struct i8042 *c)
{
	c->command |= CB_SYS;
	c->status |= STATUS_SYS;
	answer(c, SELF_TEST_OK, 0);
}

/* Data for the controller command that waits, else for the keyboard. */
static void write_data(struct i8042 *c, uint8_t val)
{
	uint8_t command = c->arg_of;

	c->arg_of = 0;
	c->status &= ~STATUS_CMD;
	switch (command) {
	case CMD_WRITE_CB:
		write_command_byte(c, val);
		break;
	case CMD_WRITE_OUTPUT:
		write_output_port(c, val);
		break;
	case CMD_WRITE_KBD_BUF:
		answer(c, val, 0);
		break;
	case CMD_WRITE_AUX_BUF:
		answer(c, val, STATUS_AUX);
		break;
	case CMD_WRITE_AUX:
		c->command &= ~CB_AUX_OFF;
		answer(c, KBD_NACK, STATUS_AUX | STATUS_TIMEOUT);
		break;
	default:
		kbd_receive(c, val);
	}
}

static void write_command(struct i8042 *c, uint8_t command)
{
	c->arg_of = 0;
	c->status |= STATUS_CMD;
	switch (command) {
	case CMD_WRITE_CB:
	case CMD_WRITE_OUTPUT ... CMD_WRITE_AUX:
		c->arg_of = command;
		break;
	case CMD_READ_CB:
		answer(c, c->command, 0);
		break;
	case CMD_AUX_OFF:
		c->command |= CB_AUX_OFF;
		break;
	case CMD_AUX_ON:
		c->command &= ~CB_AUX_OFF;
		break;
	case CMD_SELF_TEST:
		self_test(c);
		break;
	case CMD_AUX_TEST:
	case CMD_KBD_TEST:
		answer(c, INTERFACE_TEST_OK, 0);
		break;
	case CMD_KBD_OFF:
		c->command |= CB_KBD_OFF;
		break;
	case CMD_KBD_ON:
		c->command &= ~CB_KBD_OFF;
		break;
	case CMD_READ_INPUT:
		answer(c, INPUT_PORT, 0);
		break;
	case CMD_READ_OUTPUT:
		answer(c, c->output | irq_pins(c), 0);
		break;
	case CMD_READ_TEST:
		answer(c, 0, 0);
		break;
	case CMD_PULSE ... CMD_PULSE + 0xf:
		if (!(command & OUT_NO_RESET))
			board_stop(c->board, BOARD_STOP_RESET, 0);
		break;
	default:
		board_oddity(c->board, "unknown controller command", command);
	}
}

static uint64_t i8042_read(void *dev, unsigned int range, uint64_t off,
			   unsigned int size)
{
	struct i8042 *c = dev;
	uint8_t val = c->data;

	(void)off;
	(void)size;
	if (range == RANGE_STATUS)
		return c->status;
	c->status &= ~STATUS_OBF;
	update_irqs(c);
	fill_buffer(c);
	update_irqs(c);
	return val;
}

static void i8042_write(void *dev, unsigned int range, uint64_t off,
			unsigned int size, uint64_t val)
{
	struct i8042 *c = dev;

	(void)off;
	(void)size;
	if (range == RANGE_STATUS)
		write_command(c, val);
	else
		write_data(c, val);
	fill_buffer(c);
	update_irqs(c);
}

static void i8042_init(void *dev, struct board *board)
{
	struct i8042 *c = dev;

	c->board = board;
	c->status = STATUS_UNLOCK | STATUS_SYS;
	c->command = CB_BIOS;
	c->output = OUT_INIT;
	kbd_set_defaults(&c->kbd);
}

static const struct device_type i8042 = {
	.name = "i8042",
	.what = "keyboard controller and keyboard at ports 0x60 and 0x64",
	.ranges = {
		[RANGE_DATA] = { DEV_PIO, PORT_DATA, 1 },
		[RANGE_STATUS] = { DEV_PIO, PORT_STATUS, 1 },
	},
	.irqs = { [PIN_KBD] = 1, [PIN_AUX] = 12 },
	.nr_irqs = 2,
	.width = 1,
	.size = sizeof(struct i8042),
	.init = i8042_init,
	.read = i8042_read,
	.write = i8042_write,
};

DEVICE(i8042);
