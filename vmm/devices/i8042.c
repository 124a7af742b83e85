/*
 * The keyboard controller of a PC, after the IBM PC AT and PS/2 Technical
 * References ("Keyboard Controller"). It starts as a BIOS leaves it: tested,
 * keyboard and IRQ1 on, translation to scan code set 1 on, auxiliary port off.
 * Without a mouse (i8042_mouse.c) a byte for it times out. Address line 20 is always on, and
 * only its bit in the output port is kept: see port92.c.
 * The lock switch, the serial clock and the controller's RAM beyond its
 * command byte are left out.
 */
#include "device.h"
#include "i8042.h"
#include "saved.h"

#define PORT_DATA   0x60 /* range 0 */
#define PORT_STATUS 0x64 /* range 1: status when read, command when written */

enum {
	RANGE_DATA = 0,
	RANGE_STATUS = 1,
};

/* Output port: the pins of the 8042 */
#define OUT_NO_RESET 0x01 /* low: the processor is reset */
#define OUT_A20	     0x02
#define OUT_KBD_INT  0x10
#define OUT_AUX_INT  0x20
#define OUT_INIT     (0xcc | OUT_A20 | OUT_NO_RESET) /* no line is held low */

#define INPUT_PORT 0xa0 /* not locked, manufacturing jumper not set */

#define SELF_TEST_OK	  0x55
#define INTERFACE_TEST_OK 0x00

#define NO_ANSWER 0xfe /* of a mouse that is not there */

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
 * The next byte of the keyboard as the guest sees it. Translation swallows the
 * prefix of a released key and sets bit 7 of the code instead.
 */
static bool take_kbd(struct i8042 *c, uint8_t *byte)
{
	uint8_t released = 0;

	while (kbd_send(&c->kbd, byte)) {
		if (!(c->command & CB_XLATE))
			return true;
		if (*byte != SCAN_BREAK) {
			*byte = scan_translate(*byte) | released;
			return true;
		}
		released = SET_1_BREAK;
	}
	return false;
}

static bool take_aux(struct i8042 *c, uint8_t *byte)
{
	uint64_t due_ns;
	bool taken = mouse_send(c, byte, &due_ns);

	if (due_ns != c->due_ns[DUE_SAMPLE])
		i8042_set_due(c, DUE_SAMPLE, due_ns);
	return taken;
}

/*
 * Moves the next byte into the output buffer once that is empty; the line
 * has fallen in between, so that every byte has an edge of its own.
 */
static void fill_buffer(struct i8042 *c)
{
	uint16_t item;
	uint8_t byte;

	if (c->status & STATUS_OBF)
		return;
	if (c->answers.len)
		item = queue_get(&c->answers);
	else if (!(c->command & CB_KBD_OFF) && take_kbd(c, &byte))
		item = byte;
	else if (!(c->command & CB_AUX_OFF) && take_aux(c, &byte))
		item = byte | STATUS_AUX << 8;
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

/* A byte for the keyboard. Sending turns the interface on. */
static void write_kbd(struct i8042 *c, uint8_t byte)
{
	c->command &= ~CB_KBD_OFF;
	if (kbd_is_enable(byte))
		c->claimed = true;
	if (!kbd_receive(&c->kbd, byte))
		board_oddity(c->board, "keyboard answers never read", byte);
}

/* Likewise for the mouse. */
static void write_aux(struct i8042 *c, uint8_t byte)
{
	c->command &= ~CB_AUX_OFF;
	if (!mouse_receive(c, byte))
		answer(c, NO_ANSWER, STATUS_AUX | STATUS_TIMEOUT);
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
	if (val & CB_KBD_INT)
		c->claimed = true;
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
		write_aux(c, val);
		break;
	default:
		write_kbd(c, val);
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
	case CMD_A20_OFF:
		c->output &= ~OUT_A20;
		break;
	case CMD_A20_ON:
		c->output |= OUT_A20;
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

void i8042_interrupt_again(struct i8042 *c)
{
	set_level(c, PIN_KBD, false);
	update_irqs(c);
}

void i8042_fill(struct i8042 *c)
{
	fill_buffer(c);
	update_irqs(c);
}

void i8042_update(struct i8042 *c)
{
	i8042_fill(c);
	i8042_update_input(c);
}

/* A reader that polls goes on after it has set the lights. */
static void forget_polls(struct i8042 *c)
{
	if (c->polls < POLLS_TO_LISTEN)
		c->polls = 0;
}

static uint8_t read_status(struct i8042 *c)
{
	if (!(c->status & STATUS_OBF) && c->polls < POLLS_TO_LISTEN)
		c->polls++;
	return c->status;
}

static uint8_t read_data(struct i8042 *c)
{
	uint8_t val = c->data;

	if (c->lent && (c->status & (STATUS_OBF | STATUS_AUX)) == STATUS_OBF)
		c->claimed = true;
	c->status &= ~STATUS_OBF;
	update_irqs(c);
	return val;
}

static uint64_t i8042_read(void *dev, unsigned int range, uint64_t off,
			   unsigned int size)
{
	struct i8042 *c = dev;
	uint8_t val;

	(void)off;
	(void)size;
	val = range == RANGE_STATUS ? read_status(c) : read_data(c);
	i8042_update(c);
	return val;
}

static void i8042_write(void *dev, unsigned int range, uint64_t off,
			unsigned int size, uint64_t val)
{
	struct i8042 *c = dev;

	(void)off;
	(void)size;
	forget_polls(c);
	if (range == RANGE_STATUS) {
		c->polls = 0; /* a driver at work */
		write_command(c, val);
	} else {
		write_data(c, val);
	}
	i8042_update(c);
}

static bool i8042_restored(void *dev, struct stash *in)
{
	const struct i8042 *c = dev;

	(void)in;
	if (!ARE_BOOLS(&c->level[PIN_KBD], &c->level[PIN_AUX], &c->claimed,
		       &c->lent, &c->listening, &c->refused) ||
	    !has_only(c->command, CB_MASK) || c->polls > POLLS_TO_LISTEN ||
	    !queue_is_possible(&c->answers) || !kbd_is_possible(&c->kbd) ||
	    !mouse_is_possible(&c->mouse) ||
	    c->deadline_ns != i8042_first_due(c))
		return false;
	if (c->listening)
		board_rx_ready(c->board);
	return true;
}

static void i8042_init(void *dev, struct board *board)
{
	struct i8042 *c = dev;
	const bool *korean = board_config(board);

	c->board = board;
	c->korean = korean && *korean;
	c->status = STATUS_UNLOCK | STATUS_SYS;
	c->command = CB_BIOS;
	c->output = OUT_INIT;
	kbd_init(&c->kbd);
	mouse_init(c);
	board_screen_ready(board);
}

const struct device_type i8042_device = {
	.name = "i8042",
	.what = "keyboard controller and keyboard at ports 0x60 and 0x64",
	.ranges = {
		[RANGE_DATA] = { DEV_PIO, PORT_DATA, 1, DEV_LANES },
		[RANGE_STATUS] = { DEV_PIO, PORT_STATUS, 1, DEV_LANES },
	},
	.irqs = { [PIN_KBD] = 1, [PIN_AUX] = 12 },
	.nr_irqs = 2,
	.width = 1,
	.size = sizeof(struct i8042),
	.init = i8042_init,
	.read = i8042_read,
	.write = i8042_write,
	.input = i8042_input,
	.key = i8042_key,
	.pointer = IS_ON(CONFIG_DEV_MOUSE) ? mouse_pointer : NULL,
	.timer = i8042_timer,
	.version = 4,
	.saved = offsetof(struct i8042, status),
	.restored = IF_ON(CONFIG_SNAPSHOT, i8042_restored),
};

DEVICE(i8042_device);
