/*
 * Whose keys reach the keyboard of the i8042 device, and what its timer is for.
 *
 * The keyboard asks for the console, so that what the user types becomes scan
 * codes, when the guest shows that it reads keys: it switches on interrupts
 * of the keyboard itself (the BIOS does not count), by command byte or by
 * KBD_ENABLE, or it polls an empty buffer. It asks when that begins and not
 * again. The last device to ask has the console: a guest that listens on COM1
 * as well chooses by the order in which it starts the two. What COM1 already
 * had by then comes first if the guest empties COM1 before it reads a key.
 *
 * What is typed at the guest's screen comes in any case, as from a real keyboard.
 * And a guest that only takes IRQ1, as the BIOS has left it, is lent a key while
 * nobody asks: when it reads that, it has shown that it listens.
 * One that takes interrupts of the auxiliary port too has drivers for whatever
 * may be there and reads its console elsewhere. That is Linux, which starts this controller long before it opens
 * /dev/console: without the rule, piped input would be gone by then.
 */
#include "i8042.h"

/* An escape character that nothing follows for so long was the key. */
#define ESCAPE_NS 30000000ULL

/* How long others have the time to ask for what is lent to a guest that gives no
 * sign, and how long its interrupt has to be heard before there is another. */
#define LEND_NS	 1000000000ULL
#define AGAIN_NS 100000000ULL

/* Does the guest read keys? See the top of the file. */
static bool is_listening(const struct i8042 *c)
{
	uint8_t ints = c->command & (CB_KBD_INT | CB_AUX_INT);
	bool by_irq = c->claimed && ints == CB_KBD_INT;

	return kbd_is_scanning(&c->kbd) &&
	       (by_irq || c->polls >= POLLS_TO_LISTEN);
}

/* Or does it at its own screen: there nobody else could. */
static bool takes_keys(const struct i8042 *c)
{
	return is_listening(c) ||
	       (kbd_is_scanning(&c->kbd) && board_at_screen(c->board));
}

/* To be called last: the board may answer with input() at once. */
void i8042_update_input(struct i8042 *c)
{
	bool was = c->listening;

	c->listening = is_listening(c);
	if (c->listening && !was) {
		c->refused = false;
		board_rx_ready(c->board);
	} else if (c->refused && kbd_is_idle(&c->kbd) && takes_keys(c)) {
		c->refused = false;
		board_rx_more(c->board);
	}
}

uint64_t i8042_first_due(const struct i8042 *c)
{
	uint64_t first = 0;

	for (unsigned int i = 0; i < NR_DUE; i++)
		if (c->due_ns[i] && (!first || c->due_ns[i] < first))
			first = c->due_ns[i];
	return first;
}

/* The one timer runs for whatever comes first. */
static void set_timer(struct i8042 *c)
{
	uint64_t first = i8042_first_due(c);

	if (first == c->deadline_ns)
		return;
	c->deadline_ns = first;
	board_timer(c->board, first);
}

void i8042_set_due(struct i8042 *c, enum due what, uint64_t ns)
{
	c->due_ns[what] = ns;
	set_timer(c);
}

/* Waits for the rest of an escape sequence, if there is none at hand. */
static void update_escape(struct i8042 *c)
{
	bool wait = kbd_undecided(&c->kbd) && !c->refused;

	i8042_set_due(c, DUE_ESCAPE,
		      wait ? board_now_ns(c->board) + ESCAPE_NS : 0);
}

/* Whether a key may be lent now; when it is time to look again is set. */
static bool may_lend(struct i8042 *c)
{
	uint64_t now = board_now_ns(c->board);

	if (!board_lends(c->board) || !kbd_is_scanning(&c->kbd) ||
	    (c->command & (CB_KBD_INT | CB_KBD_OFF)) != CB_KBD_INT)
		return false;
	if (!c->lend_ns)
		c->lend_ns = now + LEND_NS;
	c->lent = now >= c->lend_ns;
	i8042_set_due(c, DUE_LEND, c->lent ? now + AGAIN_NS : c->lend_ns);
	return c->lent;
}

/* One that sets up its interrupt controller now has lost the edge. */
static void lend_again(struct i8042 *c)
{
	if (c->claimed || !board_lends(c->board))
		return;
	if (!c->lent) {
		board_rx_more(c->board);
		return;
	}
	i8042_interrupt_again(c);
	i8042_set_due(c, DUE_LEND, board_now_ns(c->board) + AGAIN_NS);
}

size_t i8042_input(void *dev, const uint8_t *buf, size_t len)
{
	struct i8042 *c = dev;
	size_t taken = 0;

	if (takes_keys(c))
		taken = kbd_type(&c->kbd, buf, len, c->korean);
	else if (!c->lent && may_lend(c))
		taken = kbd_type(&c->kbd, buf, 1, c->korean);
	c->refused = taken < len;
	update_escape(c);
	i8042_fill(c);
	return taken;
}

/* Somebody at the guest's screen: no terminal, and nobody who has to ask. */
void i8042_key(void *dev, unsigned int code, bool down)
{
	struct i8042 *c = dev;
	uint8_t repeating = c->kbd.repeating;
	uint64_t delay;

	kbd_press(&c->kbd, code, down);
	delay = kbd_repeat_delay_ns(&c->kbd);
	if (c->kbd.repeating != repeating)
		i8042_set_due(c, DUE_REPEAT,
			      delay ? board_now_ns(c->board) + delay : 0);
	i8042_fill(c);
}

static void repeat(struct i8042 *c)
{
	uint64_t period = kbd_repeat_period_ns(&c->kbd);

	kbd_repeat(&c->kbd);
	c->due_ns[DUE_REPEAT] = period ? board_now_ns(c->board) + period : 0;
	i8042_update(c);
}

static void decide(struct i8042 *c)
{
	kbd_decide(&c->kbd);
	i8042_update(c);
}

void i8042_timer(void *dev)
{
	static void (*const on_due[NR_DUE])(struct i8042 * c) = {
		[DUE_ESCAPE] = decide,
		[DUE_LEND] = lend_again,
		[DUE_REPEAT] = repeat,
		[DUE_SAMPLE] = i8042_fill,
	};
	struct i8042 *c = dev;
	uint64_t now = board_now_ns(c->board);

	c->deadline_ns = 0;
	for (unsigned int i = 0; i < NR_DUE; i++) {
		if (!c->due_ns[i] || c->due_ns[i] > now)
			continue;
		c->due_ns[i] = 0;
		on_due[i](c);
	}
	set_timer(c);
}
