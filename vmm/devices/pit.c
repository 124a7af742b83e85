/*
 * The timer of a PC: three counters of an 8254 at 1.193182 MHz, after the Intel
 * data sheet, and port 0x61, which has the gate and the output of counter 2.
 *
 * Ticks do not drift: each is computed from the clock that loaded the counter.
 * IRQ0 rises with the output of counter 0. It falls when the guest programs
 * mode 0 and else just before it rises again, half a square wave included: only
 * the edge is ever seen. When the host is late, the ticks it owes follow at
 * CATCH_UP_NS, so that a guest that counts them keeps the time; no more than
 * COUNTER_RISES_MAX, and none at rates too high to be caught up with: those are
 * held to one edge in TICK_MIN_NS.
 *
 * What the speaker says is recorded by --sound (speaker.c). Left out: the parity and channel check bits of port 0x61, and the
 * square waves that a BIOS leaves running. The refresh bit toggles by itself.
 */
#include "device.h"
#include "pit.h"
#include "pit_counter.h"
#include "saved.h"
#include "speaker.h"
#include "util/clock.h"
#include "util/stash.h"

#define PIT_PORT  0x40
#define PORT_B	  0x61
#define NR_COUNTS 3

enum {
	RANGE_PIT = 0,
	RANGE_PORT_B = 1,
};

#define TICK_MIN_NS  200000
#define CATCH_UP_NS  500000
#define OWING_CLOCKS 1193 /* the shortest period with debts: 1000 Hz */

/* Control word */
#define CONTROL	      3 /* the port of it */
#define CW_COUNT(val) ((val) >> 6)
#define CW_LATCH(val) (!((val)&0x30)) /* instead of a way to read and write */
#define CW_SQUARE     0x36	      /* both halves of the count, mode 3 */

#define READ_BACK	   3 /* in place of a counter's number */
#define READ_BACK_NO_COUNT 0x20
#define READ_BACK_NO_STATE 0x10
#define READ_BACK_OF(n)	   (2 << (n))

/* Port 0x61 */
#define B_GATE_2  0x01
#define B_DATA	  0x02 /* the speaker gets the output of counter 2 */
#define B_KEPT	  0x0f
#define B_REFRESH 0x10
#define B_OUT_2	  0x20

#define REFRESH_CLOCKS 18

struct pit {
	struct board *board;
	struct speaker *speaker; /* NULL: nobody listens */

	/* What is remembered of it begins here. */
	struct counter counters[NR_COUNTS];
	uint8_t port_b;
	bool level;	      /* IRQ0 */
	unsigned int owed;    /* edges that IRQ0 has yet to show */
	uint64_t rest_ns;     /* no edge before then */
	uint64_t deadline_ns; /* of the timer, 0: none */
};

static int64_t now_clocks(struct pit *p)
{
	uint64_t ns = board_now_ns(p->board);

	return ns / NS_PER_SEC * PIT_HZ + ns % NS_PER_SEC * PIT_HZ / NS_PER_SEC;
}

/* The first nanosecond of a clock. */
static uint64_t clocks_to_ns(int64_t clocks)
{
	return clocks / PIT_HZ * NS_PER_SEC +
	       (clocks % PIT_HZ * NS_PER_SEC + PIT_HZ - 1) / PIT_HZ;
}

static void write_control(struct pit *p, uint8_t val, int64_t t)
{
	unsigned int which = CW_COUNT(val);

	if (which != READ_BACK) {
		if (CW_LATCH(val))
			counter_latch_count(&p->counters[which], t);
		else
			counter_program(&p->counters[which], val, t);
		if (which == 0 && !CW_LATCH(val))
			p->owed = 0;
		return;
	}
	for (unsigned int i = 0; i < NR_COUNTS; i++) {
		if (!(val & READ_BACK_OF(i)))
			continue;
		if (!(val & READ_BACK_NO_COUNT))
			counter_latch_count(&p->counters[i], t);
		if (!(val & READ_BACK_NO_STATE))
			counter_latch_status(&p->counters[i], t);
	}
}

static void set_level(struct pit *p, bool level)
{
	if (level == p->level)
		return;
	p->level = level;
	board_irq(p->board, 0, level);
}

/* An edge for the oldest tick; without @owes, for all there are. */
static void show_edge(struct pit *p, bool owes, uint64_t now_ns)
{
	p->owed = owes ? p->owed - 1 : 0;
	p->rest_ns = now_ns + (owes ? CATCH_UP_NS : TICK_MIN_NS);
	set_level(p, false);
	set_level(p, true);
}

/* Brings all counters to clock @t and shows what counter 0 did on IRQ0. */
static void follow_all(struct pit *p, int64_t t)
{
	struct counter *c = &p->counters[0];
	uint64_t now_ns = board_now_ns(p->board);

	speaker_follow(p->speaker, &p->counters[2], p->port_b & B_DATA, t);
	for (unsigned int i = 0; i < NR_COUNTS; i++)
		counter_follow(&p->counters[i], t);
	p->owed += c->rises;
	c->rises = 0;
	if (p->owed > COUNTER_RISES_MAX)
		p->owed = COUNTER_RISES_MAX;
	if (p->owed && now_ns >= p->rest_ns)
		show_edge(p, c->n >= OWING_CLOCKS, now_ns);
	if (c->mode == MODE_TERMINAL_COUNT && !counter_out(c, t))
		set_level(p, false);
}

/* When the speaker wants a look, if that is before @deadline_ns. */
static uint64_t or_speaker(struct pit *p, int64_t t, uint64_t deadline_ns)
{
	int64_t next = speaker_next(p->speaker, &p->counters[2],
				    p->port_b & B_DATA, t);
	uint64_t next_ns = next == CLOCK_NEVER ? 0 : clocks_to_ns(next);

	return next_ns && (!deadline_ns || next_ns < deadline_ns) ? next_ns :
								    deadline_ns;
}

/* Wakes up when OUT of counter 0 rises, or may do so at another pace. */
static void update_timer(struct pit *p, int64_t t)
{
	const struct counter *c = &p->counters[0];
	int64_t next = counter_next(c, t);
	uint64_t deadline_ns = 0;

	if (next != CLOCK_NEVER)
		deadline_ns = clocks_to_ns(next);
	if (p->owed || (deadline_ns && deadline_ns < p->rest_ns))
		deadline_ns = p->rest_ns;
	deadline_ns = or_speaker(p, t, deadline_ns);
	if (deadline_ns == p->deadline_ns)
		return;
	p->deadline_ns = deadline_ns;
	board_timer(p->board, deadline_ns);
}

static void pit_timer(void *dev)
{
	struct pit *p = dev;
	int64_t t = now_clocks(p);

	p->deadline_ns = 0;
	follow_all(p, t);
	update_timer(p, t);
}

static uint8_t read_port_b(const struct pit *p, int64_t t)
{
	return p->port_b | (t / REFRESH_CLOCKS % 2 ? B_REFRESH : 0) |
	       (counter_out(&p->counters[2], t) ? B_OUT_2 : 0);
}

static uint64_t pit_read(void *dev, unsigned int range, uint64_t off,
			 unsigned int size)
{
	struct pit *p = dev;
	int64_t t = now_clocks(p);

	(void)size;
	follow_all(p, t);
	update_timer(p, t);
	if (range == RANGE_PORT_B)
		return read_port_b(p, t);
	if (off == CONTROL)
		return UINT64_MAX; /* write only */
	return counter_read(&p->counters[off], t);
}

static void pit_write(void *dev, unsigned int range, uint64_t off,
		      unsigned int size, uint64_t val)
{
	struct pit *p = dev;
	int64_t t = now_clocks(p);

	(void)size;
	follow_all(p, t);
	if (range == RANGE_PORT_B) {
		p->port_b = val & B_KEPT;
		counter_set_gate(&p->counters[2], val & B_GATE_2, t);
	} else if (off == CONTROL) {
		write_control(p, val, t);
	} else {
		counter_write(&p->counters[off], val, t);
	}
	follow_all(p, t);
	update_timer(p, t);
}

static void pit_save(void *dev, struct stash *out)
{
	int64_t t = now_clocks(dev);

	STASH_PUT(out, t);
}

/* The counts go on, as the clock does; ticks of the time in which the guest stood
 * still are lost, but for one that is due. It comes by the timer. */
static bool pit_restored(void *dev, struct stash *in)
{
	struct pit *p = dev;
	int64_t saved;

	STASH_GET(in, saved);
	if (!ARE_BOOLS(&p->level) || !has_only(p->port_b, B_KEPT) ||
	    p->owed > COUNTER_RISES_MAX)
		return false;
	for (unsigned int i = 0; i < NR_COUNTS; i++)
		if (!counter_restored(&p->counters[i], saved, now_clocks(p)))
			return false;
	speaker_begin(p->speaker, now_clocks(p));
	return true;
}

static void pit_release(void *dev)
{
	struct pit *p = dev;

	if (p->speaker)
		follow_all(p, now_clocks(p));
	speaker_close(p->speaker);
}

/* Gates 0 and 1 are tied high. */
static void pit_init(void *dev, struct board *board)
{
	struct pit *p = dev;

	p->board = board;
	p->speaker = speaker_open(board_config(board), now_clocks(p));
	for (unsigned int i = 0; i < NR_COUNTS; i++) {
		counter_program(&p->counters[i], CW_SQUARE, 0);
		p->counters[i].gate = i < 2;
	}
}

const struct device_type pit_device = {
	.name = "pit",
	.what = "8254 timer at ports 0x40-0x43 and 0x61",
	.ranges = {
		[RANGE_PIT] = { DEV_PIO, PIT_PORT, CONTROL + 1, DEV_LANES },
		[RANGE_PORT_B] = { DEV_PIO, PORT_B, 1, DEV_LANES },
	},
	.irqs = { 0 },
	.nr_irqs = 1,
	.width = 1,
	.size = sizeof(struct pit),
	.init = pit_init,
	.read = pit_read,
	.write = pit_write,
	.timer = pit_timer,
	.release = pit_release,
	.version = 1,
	.saved = offsetof(struct pit, counters),
	.save = IF_ON(CONFIG_SNAPSHOT, pit_save),
	.restored = IF_ON(CONFIG_SNAPSHOT, pit_restored),
	.chips = DEV_CHIP_PIC,
};

DEVICE(pit_device);
