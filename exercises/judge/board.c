/*
 * A board for one device model of a student's, written to the contract of
 * vmm/include/device.h: the part of it that an exercise can ask for.
 */
#include "judge.h"

#include "device.h"

#define STATE_MAX 8192
#define SENT_MAX  256

struct board {
	bool line[DEV_IRQS_MAX];
	uint64_t rises[DEV_IRQS_MAX];
	uint8_t sent[SENT_MAX];
	size_t nr_sent, nr_told;
	uint64_t now, deadline, oddities;
	bool more; /* board_rx_more() was called */
};

TABLE_DECLARE(device, device_type);

static const struct device_type *type;
static struct board board;
static _Alignas(16) uint8_t state[STATE_MAX];

/* Ends of the guest which say that the device model is not one. */
#define NO_DEVICE	2
#define TOO_LARGE	3
#define WRONG_LINE	4
#define WRONG_BOARD	5
#define WRONG_FUNCTIONS 6

void judge_reset(void)
{
	if (__stop_table_device - __start_table_device != 1)
		judge_exit(NO_DEVICE);
	type = *__start_table_device;
	if (type->size > STATE_MAX)
		judge_exit(TOO_LARGE);
	if (!type->init || !type->read || !type->write)
		judge_exit(WRONG_FUNCTIONS);
	memset(&board, 0, sizeof(board));
	memset(state, 0, sizeof(state));
	type->init(state, &board);
}

static struct board *checked(struct board *b)
{
	if (b != &board)
		judge_exit(WRONG_BOARD);
	return b;
}

void board_irq(struct board *b, unsigned int pin, bool level)
{
	if (pin >= type->nr_irqs || pin >= DEV_IRQS_MAX)
		judge_exit(WRONG_LINE);
	if (level && !checked(b)->line[pin])
		b->rises[pin]++;
	b->line[pin] = level;
}

void board_tx(struct board *b, const void *buf, size_t len)
{
	const uint8_t *byte = buf;

	for (; len; len--, byte++)
		if (checked(b)->nr_sent < SENT_MAX)
			b->sent[b->nr_sent++] = *byte;
}

void board_rx_ready(struct board *b)
{
	checked(b);
}

void board_rx_more(struct board *b)
{
	checked(b)->more = true;
}

uint64_t board_now_ns(struct board *b)
{
	return checked(b)->now;
}

void board_timer(struct board *b, uint64_t deadline_ns)
{
	checked(b)->deadline = deadline_ns;
}

void board_oddity(struct board *b, const char *what, uint64_t val)
{
	(void)what;
	(void)val;
	checked(b)->oddities++;
}

/* Which range port @at is in, or none. */
static const struct dev_range *range_at(uint64_t at, unsigned int *number)
{
	for (*number = 0; *number < DEV_RANGES_MAX; (*number)++) {
		const struct dev_range *range = &type->ranges[*number];

		if (range->len && at >= range->base &&
		    at - range->base < range->len)
			return range;
	}
	return NULL;
}

static uint64_t access(const struct op *op)
{
	unsigned int number;
	const struct dev_range *range = range_at(op->at, &number);
	uint64_t ones = ~0ull >> (64 - 8 * op->size), off;

	if (!range) /* nobody is there */
		return ones;
	off = op->at - range->base;
	if (op->kind == OP_IN)
		return type->read(state, number, off, op->size) & ones;
	type->write(state, number, off, op->size, op->val);
	return 0;
}

static void set_clock(uint64_t now)
{
	board.now = now;
	if (board.deadline && board.deadline <= now) {
		board.deadline = 0;
		if (type->timer)
			type->timer(state);
	}
}

uint64_t judge_op(const struct op *op)
{
	const uint8_t *bytes = (const uint8_t *)&op->val;

	switch (op->kind) {
	case OP_OUT:
	case OP_IN:
		return access(op);
	case OP_CLOCK:
		set_clock(op->val);
		return 0;
	case OP_DEADLINE:
		return board.deadline;
	case OP_IRQ:
		return board.line[op->at];
	case OP_RISES:
		return board.rises[op->at];
	case OP_TYPE:
		return type->input ? type->input(state, bytes, op->size) : 0;
	case OP_SENT:
		return board.nr_told < board.nr_sent ?
			       board.sent[board.nr_told++] :
			       NOTHING;
	case OP_MORE:
		return board.more;
	case OP_ODD:
		return board.oddities;
	}
	return NOTHING;
}
