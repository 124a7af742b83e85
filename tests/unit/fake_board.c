/* The recording board: see fake_board.h. No cmocka, for the fuzzer's sake. */
#include "fake_board.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

TABLE_DECLARE(device, device_type);

const char *const *fake_without;
unsigned int fake_slot;
bool fake_hears;
void (*fake_meanwhile)(struct board *board);
const void *fake_config;
unsigned int fake_columns, fake_lines;
struct board_size fake_size = { .ram_low = 128 << 20, .nr_cpus = 1 };

void fake_board_open_type(struct board *board, const struct device_type *type)
{
	memset(board, 0, sizeof(*board));
	board->type = type;
	board->slot = fake_slot;
	board->config = fake_config;
	board->size = fake_size;
	board->without = fake_without;
	board->columns = fake_columns;
	board->lines = fake_lines;
	board->dev = calloc(1, type->size);
	if (!board->dev)
		abort();
	type->init(board->dev, board);
}

void fake_board_open(struct board *board, const char *name)
{
	const struct device_type *const *row;

	TABLE_FOREACH(device, row) {
		if (strcmp((*row)->name, name))
			continue;
		fake_board_open_type(board, *row);
		return;
	}
	fprintf(stderr, "%s: not linked into this test\n", name);
	abort();
}

void fake_board_close(struct board *board)
{
	if (board->type->release)
		board->type->release(board->dev);
	fake_free_memories(board);
	free(board->dev);
	board->dev = NULL;
}

/* Index of the range that has @addr. */
static unsigned int find_range(const struct board *board, uint64_t addr)
{
	for (unsigned int i = 0; i < DEV_RANGES_MAX; i++) {
		const struct dev_range *r = &board->type->ranges[i];

		if (addr - r->base < (r->reach == DEV_REGISTER ? 1 : r->len))
			return i;
	}
	fake_broken(board, "the test uses an address the device lacks", addr);
	return 0;
}

static uint64_t mask(unsigned int size)
{
	return size == 8 ? UINT64_MAX : (1ULL << 8 * size) - 1;
}

/* Bytes that the device gets at a time, of @size at @addr. */
static unsigned int piece(const struct board *board, uint64_t addr,
			  unsigned int size)
{
	const struct dev_range *r =
		&board->type->ranges[find_range(board, addr)];
	const unsigned int width =
		r->reach == DEV_REGISTER ? r->len : board->type->width;

	return size < width ? size : width;
}

uint64_t fake_in(struct board *board, uint64_t addr, unsigned int size)
{
	unsigned int step = piece(board, addr, size);
	uint64_t val = 0;

	fake_reload_now_and_then(board);
	for (unsigned int i = 0; i < size; i += step) {
		unsigned int range = find_range(board, addr + i);
		uint64_t off = addr + i - board->type->ranges[range].base;
		uint64_t part = board->type->read(board->dev, range, off, step);

		val |= (part & mask(step)) << 8 * i;
	}
	return val;
}

void fake_out(struct board *board, uint64_t addr, unsigned int size,
	      uint64_t val)
{
	unsigned int step = piece(board, addr, size);

	fake_reload_now_and_then(board);
	for (unsigned int i = 0; i < size; i += step) {
		unsigned int range = find_range(board, addr + i);
		uint64_t off = addr + i - board->type->ranges[range].base;

		board->type->write(board->dev, range, off, step,
				   val >> 8 * i & mask(step));
	}
}

size_t fake_offer(struct board *board, const void *buf, size_t len)
{
	size_t taken;
	uint8_t *copy;

	if (!board->type->input)
		return 0;
	copy = malloc(len ? len : 1); /* so that ASan sees one byte too far */
	if (!copy)
		abort();
	if (len)
		memcpy(copy, buf, len);
	taken = board->type->input(board->dev, copy, len);
	free(copy);
	if (taken > len)
		fake_broken(board, "took more input than there was", taken);
	return taken;
}

void fake_run_until(struct board *board, uint64_t ns)
{
	fake_reload_now_and_then(board);
	while (board->deadline_ns && board->deadline_ns <= ns) {
		if (board->now_ns < board->deadline_ns)
			board->now_ns = board->deadline_ns;
		board->deadline_ns = 0;
		board->type->timer(board->dev);
	}
	board->now_ns = ns;
}

void fake_hang_up(struct board *board)
{
	board->hung_up = true;
	board->type->hang_up(board->dev);
}

void fake_console_turn(struct board *board)
{
	size_t len, taken;

	if (!board->rx_ready)
		return;
	board->rx_ready = false;
	do {
		len = board->input_len;
		if (!len)
			return;
		if (board->chunk && len > board->chunk)
			len = board->chunk;
		taken = fake_offer(board, board->input, len);
		board->input += taken;
		board->input_len -= taken;
	} while (taken == len);
}

void board_irq(struct board *board, unsigned int pin, bool level)
{
	if (pin >= DEV_IRQS_MAX ||
	    (pin >= board->type->nr_irqs && !board->type->irqs[pin]))
		fake_broken(board, "no such interrupt pin", pin);
	if (board->irq[pin] == level && !board->any_level)
		fake_broken(board, "interrupt level set to what it was", level);
	board->irq[pin] = level;
	board->irq_changes[pin]++;
}

void board_tx(struct board *board, const void *buf, size_t len)
{
	const char *text = buf;

	if (!len)
		fake_broken(board, "sends nothing", 0);
	for (size_t i = 0; i < len; i++, board->tx_len++) {
		if (board->tx_len < FAKE_TX_MAX - 1)
			board->tx[board->tx_len] = text[i];
	}
	board->tx_calls++;
}

void board_rx_ready(struct board *board)
{
	if (!board->type->input)
		fake_broken(board, "asks for input it cannot take", 0);
	board->rx_readies++;
	board->rx_ready = true;
	if (board->feed_at_once)
		fake_console_turn(board);
}

void board_screen_ready(struct board *board)
{
	if (!board->type->input)
		fake_broken(board, "asks for keys it cannot take", 0);
	board->screen_readies++;
}

bool board_is_early(struct board *board)
{
	return !board->not_early;
}

bool board_at_screen(struct board *board)
{
	return board->at_screen;
}

bool board_lends(struct board *board)
{
	return board->lends && !board->rx_readies;
}

void board_rx_more(struct board *board)
{
	board->rx_mores++;
	board_rx_ready(board);
}

void board_stop(struct board *board, enum board_stop why, int status)
{
	if (status < 0 || status > 63)
		fake_broken(board, "exit status out of range", status);
	board->stops++;
	board->stop_why = why;
	board->stop_status = status;
}

uint64_t board_now_ns(struct board *board)
{
	return board->now_ns;
}

void board_timer(struct board *board, uint64_t deadline_ns)
{
	if (!board->type->timer)
		fake_broken(board, "sets a timer it does not have",
			    deadline_ns);
	board->deadline_ns = deadline_ns;
}

/* It stops at the end of time. */
struct timespec board_wall(struct board *board)
{
	struct timespec now = { .tv_nsec = board->now_ns % 1000000000 };

	if (__builtin_add_overflow(board->wall_s,
				   (int64_t)(board->now_ns / 1000000000),
				   &now.tv_sec))
		now.tv_sec = INT64_MAX;
	return now;
}

struct board_size board_size(struct board *board)
{
	return board->size;
}

uint64_t board_rbx(struct board *board)
{
	return board->rbx;
}

void board_random(struct board *board, void *buf, size_t len)
{
	uint8_t *byte = buf;

	for (size_t i = 0; i < len; i++)
		byte[i] = board->random++;
	board->random_len += len;
}

bool board_save(struct board *board)
{
	board->saving++;
	return board->saves;
}

bool board_is_saved(struct board *board)
{
	return board->is_saved;
}

void board_refuse(struct board *board, const char *why, ...)
{
	va_list args;

	if (*board->refused)
		return;
	va_start(args, why);
	vsnprintf(board->refused, sizeof(board->refused), why, args);
	va_end(args);
}

bool board_forks(struct board *board)
{
	return board->forks;
}

unsigned int board_copy(struct board *board)
{
	return board->copy;
}

unsigned int board_guest_id(struct board *board)
{
	return board->guest_id;
}

const void *board_config(struct board *board)
{
	return board->config;
}

bool board_has(struct board *board, const char *name)
{
	if (fake_reloading && !strcmp(name, "vmgenid"))
		return false; /* the one thing that a guest is to see */
	for (const char *const *out = board->without; out && *out; out++)
		if (!strcmp(*out, name))
			return false;
	return true;
}

void board_intr(struct board *board, bool level)
{
	if (board->intr == level && !board->any_level)
		fake_broken(board, "INTR set to what it was", level);
	board->intr = level;
	board->intr_changes++;
}

void board_send(struct board *board, const struct dev_message *message)
{
	if (!board->type->chip)
		fake_broken(board, "sends messages without lines",
			    message->data);
	board->sends++;
	board->sent = *message;
}

void board_want_eoi(struct board *board, const struct dev_message *messages,
		    unsigned int count)
{
	if (!board->type->chip || !board->type->chip->eoi)
		fake_broken(board, "wants an EOI it cannot take", count);
	if (count > DEV_MESSAGES_MAX)
		fake_broken(board, "wants the EOI of too many messages", count);
	board->eoi_lists++;
	board->nr_eoi = count;
	if (count)
		memcpy(board->eoi, messages, count * sizeof(messages[0]));
}

/* Workers: what is ready is called by fake_work(), on the thread of the test. */
int board_watch(struct board *board, unsigned int worker,
		struct event_source *src, uint32_t events)
{
	board_unwatch(board, worker, src);
	if (worker >= WORKERS_MAX || board->nr_watched == FAKE_WATCHED_MAX)
		fake_broken(board, "board_watch: worker", worker);
	board->watched[board->nr_watched++] =
		(struct fake_watched){ src, events };
	return 0;
}

int board_hire(struct board *board, unsigned int worker)
{
	return board && worker < WORKERS_MAX ? 0 : -1;
}

void board_unwatch(struct board *board, unsigned int worker,
		   struct event_source *src)
{
	(void)worker;
	for (unsigned int i = 0; i < board->nr_watched; i++)
		if (board->watched[i].src == src)
			board->watched[i] = board->watched[--board->nr_watched];
}

bool fake_work(struct board *board)
{
	bool worked = false;

	for (unsigned int i = 0; i < board->nr_watched; i++) {
		struct event_source *src = board->watched[i].src;
		struct pollfd fd = { src->fd, board->watched[i].events, 0 };
		uint64_t count;

		if (poll(&fd, 1, 0) <= 0)
			continue;
		if (board->watched[i].events & EPOLLET &&
		    read(src->fd, &count, sizeof(count)) < 0)
			continue;
		src->ready(src->arg, fd.revents);
		worked = true;
	}
	return worked;
}

void board_let_go(struct board *board)
{
	if (board->let_go)
		fake_broken(board, "board_let_go: twice", 0);
	board->let_go = true;
}

void board_take_back(struct board *board)
{
	if (!board->let_go)
		fake_broken(board, "board_take_back: it has the lock", 0);
	board->let_go = false;
}

/* There is nobody else who could ring. */
bool board_wait(struct board *board)
{
	board->waits++;
	if (fake_meanwhile)
		fake_meanwhile(board);
	return fake_meanwhile;
}

void board_ring(struct board *board)
{
	board->rings++;
}

void board_keeps_counts(struct board *board, const struct queue_counts *counts,
			unsigned int nr)
{
	board->counts = counts;
	board->nr_counts = nr;
}

bool board_tells_events(struct board *board)
{
	(void)board;
	return fake_hears;
}

void board_event(struct board *board, unsigned int queue,
		 const struct queue_event *event)
{
	(void)queue;
	board->events++;
	board->event = *event;
}

void board_oddity(struct board *board, const char *what, uint64_t val)
{
	board->oddities++;
	board->oddity = what;
	board->oddity_val = val;
}

void *board_ram(struct board *board, uint64_t gpa, size_t len)
{
	if (gpa > board->ram_size || len > board->ram_size - gpa)
		return NULL;
	return board->ram + gpa;
}

void board_terminal(struct board *board, unsigned int *columns,
		    unsigned int *lines)
{
	*columns = board->columns;
	*lines = board->lines;
}

bool board_goes_on(struct board *board)
{
	return !board->ends;
}
