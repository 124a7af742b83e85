/*
 * The mouse of the i8042 device, at its auxiliary port: after the IBM PS/2
 * Technical Reference ("Mouse"), with the wheel of Microsoft's IntelliMouse,
 * which shows itself to who sets the sample rates 200, 100, 80 and asks again
 * what it is.
 *
 * Whoever moves it speaks in pixels of a screen, so a count is a count in any
 * resolution. Movement adds up until a packet can go: when reporting is on, the
 * last packet has been read, and the sample rate allows it. A button that was
 * down for less shows in one packet all the same. A command drops what was not
 * read yet, as on the wire. Left out: a fourth and fifth button.
 */
#include "feature.h"
#include "i8042.h"
#include "saved.h"
#include "util/clock.h"

/* Commands */
enum {
	MOUSE_SCALE_1 = 0xe6, /* the first: no argument is so large */
	MOUSE_SCALE_2 = 0xe7,
	MOUSE_SET_RESOLUTION = 0xe8, /* one argument byte, 0-3 */
	MOUSE_STATUS = 0xe9,
	MOUSE_STREAM = 0xea,
	MOUSE_READ = 0xeb, /* a packet now */
	MOUSE_UNWRAP = 0xec,
	MOUSE_WRAP = 0xee, /* all but UNWRAP and RESET comes back */
	MOUSE_REMOTE = 0xf0,
	MOUSE_IDENTIFY = 0xf2,
	MOUSE_SET_RATE = 0xf3, /* one argument byte, per second */
	MOUSE_ENABLE = 0xf4,
	MOUSE_DISABLE = 0xf5,
	MOUSE_DEFAULTS = 0xf6,
	MOUSE_RESEND = 0xfe,
	MOUSE_RESET = 0xff,
};

#define MOUSE_ACK   0xfa
#define MOUSE_ERROR 0xfc /* a second byte in a row that makes no sense */
#define MOUSE_NACK  0xfe
#define MOUSE_BAT   0xaa

#define ID_PLAIN 0
#define ID_WHEEL 3

#define RATE_DEFAULT	   100
#define RESOLUTION_DEFAULT 2
#define RESOLUTION_LAST	   3

/* First byte of a packet, and of the status */
#define PACKET_ALWAYS	  0x08
#define PACKET_X_NEGATIVE 0x10
#define PACKET_Y_NEGATIVE 0x20
#define STATUS_SCALED	  0x10
#define STATUS_ENABLED	  0x20
#define STATUS_REMOTE	  0x40

#define BUTTONS	  (POINTER_LEFT | POINTER_RIGHT | POINTER_MIDDLE)
#define COUNT_MAX 255  /* in a packet */
#define WHEEL_MAX 7    /* likewise */
#define SUM_MAX	  2048 /* that waits; what is beyond is lost */

static const struct feature mouse = {
	.name = "mouse",
	.what = "a mouse with a wheel at the keyboard controller",
};
FEATURE(mouse);

static void answer(struct mouse *m, uint8_t byte)
{
	m->answers[m->nr_answers++] = byte;
}

static void set_defaults(struct mouse *m)
{
	m->rate = RATE_DEFAULT;
	m->resolution = RESOLUTION_DEFAULT;
	m->scaled = m->enabled = m->remote = m->wrap = false;
}

static void forget_movement(struct mouse *m)
{
	m->dx = m->dy = m->wheel = 0;
	m->latched = 0;
	m->reported = m->buttons;
}

static void reset(struct mouse *m)
{
	set_defaults(m);
	forget_movement(m);
	m->id = ID_PLAIN;
	m->rates[0] = m->rates[1] = 0;
	answer(m, MOUSE_BAT);
	answer(m, m->id);
}

static bool is_near(int sum, int max)
{
	return sum >= -max && sum <= max;
}

static int clamp(int sum, int max)
{
	return sum > max ? max : sum < -max ? -max : sum;
}

/* What goes into a packet now; the rest stays. */
static int take(int16_t *sum, int max)
{
	int part = clamp(*sum, max);

	*sum -= part;
	return part;
}

/* With scaling 2:1, of a stream alone. */
static int scale(int count)
{
	static const int8_t few[] = { 0, 1, 1, 3, 6, 9 };
	int size = count < 0 ? -count : count;

	size = size < (int)sizeof(few) ? few[size] : 2 * size;
	size = clamp(size, COUNT_MAX);
	return count < 0 ? -size : size;
}

/* Screens count downwards, mice upwards; and wheels the other way round. */
static void put_packet(struct mouse *m, bool in_stream)
{
	int x = take(&m->dx, COUNT_MAX), y = -take(&m->dy, COUNT_MAX);

	if (in_stream && m->scaled) {
		x = scale(x);
		y = scale(y);
	}
	m->reported = m->buttons | m->latched;
	m->latched = 0;
	answer(m, PACKET_ALWAYS | m->reported |
			  (x < 0 ? PACKET_X_NEGATIVE : 0) |
			  (y < 0 ? PACKET_Y_NEGATIVE : 0));
	answer(m, x);
	answer(m, y);
	if (m->id == ID_WHEEL)
		answer(m, -take(&m->wheel, WHEEL_MAX));
	m->wheel = m->id == ID_WHEEL ? m->wheel : 0;
}

static void put_status(struct mouse *m)
{
	uint8_t buttons = (m->buttons & POINTER_LEFT ? 4 : 0) |
			  (m->buttons & POINTER_MIDDLE ? 2 : 0) |
			  (m->buttons & POINTER_RIGHT ? 1 : 0);

	answer(m, (m->remote ? STATUS_REMOTE : 0) |
			  (m->enabled ? STATUS_ENABLED : 0) |
			  (m->scaled ? STATUS_SCALED : 0) | buttons);
	answer(m, m->resolution);
	answer(m, m->rate);
}

/* The knock is three rates; the wheel opens at the third. */
static void set_rate(struct mouse *m, uint8_t rate)
{
	if (m->rates[0] == 200 && m->rates[1] == 100 && rate == 80)
		m->id = ID_WHEEL;
	m->rates[0] = m->rates[1];
	m->rates[1] = rate;
	m->rate = rate;
}

/* The argument of RATE may be any number but 0, of RESOLUTION one of four. */
static bool take_argument(struct mouse *m, uint8_t command, uint8_t arg)
{
	if (command == MOUSE_SET_RATE && arg)
		set_rate(m, arg);
	else if (command == MOUSE_SET_RESOLUTION && arg <= RESOLUTION_LAST)
		m->resolution = arg;
	else
		return false;
	answer(m, MOUSE_ACK);
	return true;
}

/* Commands that have more to say than that they were understood. */
static void say_more(struct mouse *m, uint8_t command)
{
	switch (command) {
	case MOUSE_STATUS:
		put_status(m);
		break;
	case MOUSE_READ:
		put_packet(m, false);
		break;
	case MOUSE_IDENTIFY:
		answer(m, m->id);
		break;
	case MOUSE_RESET:
		reset(m);
		break;
	}
}

static bool take_command(struct mouse *m, uint8_t command)
{
	switch (command) {
	case MOUSE_SCALE_1:
	case MOUSE_SCALE_2:
		m->scaled = command == MOUSE_SCALE_2;
		break;
	case MOUSE_SET_RESOLUTION:
	case MOUSE_SET_RATE:
		m->arg_of = command;
		break;
	case MOUSE_STREAM:
	case MOUSE_REMOTE:
		m->remote = command == MOUSE_REMOTE;
		forget_movement(m);
		break;
	case MOUSE_WRAP:
	case MOUSE_UNWRAP:
		m->wrap = command == MOUSE_WRAP;
		forget_movement(m);
		break;
	case MOUSE_ENABLE:
	case MOUSE_DISABLE:
		m->enabled = command == MOUSE_ENABLE;
		forget_movement(m);
		break;
	case MOUSE_DEFAULTS:
		set_defaults(m);
		forget_movement(m);
		break;
	case MOUSE_STATUS:
	case MOUSE_READ:
	case MOUSE_IDENTIFY:
	case MOUSE_RESET:
		break;
	default:
		return false;
	}
	answer(m, MOUSE_ACK);
	say_more(m, command);
	return true;
}

/* Sends again what it last sent as a whole. */
static void resend(struct mouse *m)
{
	for (unsigned int i = 0; i < m->nr_last; i++)
		answer(m, m->last[i]);
}

static void keep_for_resend(struct mouse *m)
{
	for (unsigned int i = 0; i < m->nr_answers; i++)
		m->last[i] = m->answers[i];
	m->nr_last = m->nr_answers;
}

static void receive(struct mouse *m, uint8_t byte)
{
	uint8_t command = byte < MOUSE_SCALE_1 ? m->arg_of : 0;
	bool known;

	m->arg_of = 0;
	m->answers_at = m->nr_answers = 0;
	if (m->wrap && byte != MOUSE_RESET && byte != MOUSE_UNWRAP) {
		answer(m, byte);
		return;
	}
	if (!command && byte == MOUSE_RESEND) {
		resend(m);
		return;
	}
	known = command ? take_argument(m, command, byte) :
			  take_command(m, byte);
	if (known) {
		m->wrong = false;
		keep_for_resend(m);
		return;
	}
	answer(m, m->wrong ? MOUSE_ERROR : MOUSE_NACK);
	m->wrong = true;
}

bool mouse_receive(struct i8042 *c, uint8_t byte)
{
	if (!c->has_mouse)
		return false;
	receive(&c->mouse, byte);
	return true;
}

/* Is there anything that a packet of a stream would tell? */
static bool has_news(const struct mouse *m)
{
	return m->enabled && !m->remote && !m->wrap && !m->arg_of &&
	       (m->dx || m->dy || m->wheel || m->latched ||
		m->buttons != m->reported);
}

/* A packet, if there is news, and it is time: else @due is when. */
static void stream(struct i8042 *c, uint64_t *due_ns)
{
	struct mouse *m = &c->mouse;
	uint64_t now = board_now_ns(c->board);

	if (now < m->next_ns) {
		*due_ns = m->next_ns;
		return;
	}
	m->next_ns = now + NS_PER_SEC / m->rate;
	m->answers_at = m->nr_answers = 0;
	put_packet(m, true);
	keep_for_resend(m);
}

bool mouse_send(struct i8042 *c, uint8_t *byte, uint64_t *due_ns)
{
	struct mouse *m = &c->mouse;

	*due_ns = 0;
	if (!c->has_mouse)
		return false;
	if (m->answers_at == m->nr_answers && has_news(m))
		stream(c, due_ns);
	if (m->answers_at == m->nr_answers)
		return false;
	*byte = m->answers[m->answers_at++];
	return true;
}

static void add(int16_t *sum, int more)
{
	*sum = clamp(*sum + clamp(more, SUM_MAX), SUM_MAX);
}

void mouse_pointer(void *dev, int dx, int dy, int wheel, unsigned int buttons)
{
	struct i8042 *c = dev;
	struct mouse *m = &c->mouse;

	if (!c->has_mouse)
		return;
	buttons &= BUTTONS;
	if (m->enabled) {
		add(&m->dx, dx);
		add(&m->dy, dy);
		if (m->id == ID_WHEEL)
			add(&m->wheel, wheel);
		m->latched |= buttons & ~m->buttons;
	}
	m->buttons = buttons;
	i8042_fill(c);
}

static bool registers_are_possible(const struct mouse *m)
{
	return (m->id == ID_PLAIN || m->id == ID_WHEEL) && m->rate &&
	       m->resolution <= RESOLUTION_LAST &&
	       has_only(m->buttons | m->latched | m->reported, BUTTONS);
}

bool mouse_is_possible(const struct mouse *m)
{
	return ARE_BOOLS(&m->enabled, &m->remote, &m->wrap, &m->scaled,
			 &m->wrong) &&
	       registers_are_possible(m) && m->nr_answers <= MOUSE_LONGEST &&
	       m->answers_at <= m->nr_answers && m->nr_last <= MOUSE_LONGEST &&
	       is_near(m->dx, SUM_MAX) && is_near(m->dy, SUM_MAX) &&
	       is_near(m->wheel, SUM_MAX);
}

void mouse_init(struct i8042 *c)
{
	c->has_mouse = board_has(c->board, mouse.name);
	set_defaults(&c->mouse);
}
