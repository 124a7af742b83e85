/*
 * The console device, after VIRTIO 1.1, "Console Device": one port, with a queue for
 * what is typed and one for what is printed, whole buffers at a time. Its
 * configuration tells the size of the terminal and how that changes; a character
 * that is written there is printed, without any queue (emerg_wr).
 *
 * Keys come when the guest has buffers for them. But Linux's driver has those long
 * before anybody reads, and throws away what comes before it has registered its
 * terminal: there, the guest must have printed here, too.
 *
 * Left out: more ports than one (VIRTIO_CONSOLE_F_MULTIPORT).
 */
#include <string.h>

#include "device.h"
#include "plug.h"
#include "saved.h"
#include "virtio.h"

#define F_SIZE	      (1ULL << 0)
#define F_EMERG_WRITE (1ULL << 2)

enum { TYPED, PRINTED, NR_QUEUES };

/* The configuration space */
#define COLUMNS	   0 /* 16 bits, and so are the rows behind */
#define EMERG_WR   8
#define SPACE_SIZE 12

#define PIECE 4096 /* bytes that are copied, and printed, at once */

struct console {
	struct board *board;
	struct virtio *virtio;
	uint8_t piece[PIECE];
	/* What is remembered */
	bool spoken;  /* the guest has printed */
	bool asks;    /* it has buffers for keys */
	bool asked;   /* and the board knows */
	bool refused; /* input() has left something behind */
};

static size_t at_most(size_t len, size_t most)
{
	return len < most ? len : most;
}

/* Once: whoever asks after that has the keys. */
static void ask(struct console *c)
{
	if (c->asked || !c->asks || (!c->spoken && board_is_early(c->board)))
		return;
	c->asked = true;
	board_rx_ready(c->board);
}

static void print(struct console *c, const struct iovec *iov)
{
	size_t done = 0, len;

	for (; done < iov->iov_len && board_goes_on(c->board); done += len) {
		len = at_most(iov->iov_len - done, PIECE);
		memcpy(c->piece, (const uint8_t *)iov->iov_base + done, len);
		board_tx(c->board, c->piece, len);
	}
}

static void print_all(struct console *c)
{
	struct virtio_chain chain;

	while (board_goes_on(c->board) &&
	       queue_next(c->virtio, PRINTED, &chain)) {
		for (unsigned int i = 0; i < chain.nr_out; i++)
			print(c, &chain.iov[i]);
		queue_done(c->virtio, PRINTED, &chain, 0);
		c->spoken = true;
	}
	queue_tell(c->virtio, PRINTED);
}

static void console_kick(void *dev, unsigned int queue)
{
	struct console *c = dev;

	if (queue == PRINTED)
		print_all(c);
	else
		c->asks = true;
	ask(c);
	if (queue == TYPED && c->refused) {
		c->refused = false;
		board_rx_more(c->board);
	}
}

/* How much of it the buffers of @chain take. */
static size_t fill(const struct virtio_chain *chain, const uint8_t *buf,
		   size_t len)
{
	size_t done = 0, part;

	for (unsigned int i = 0; i < chain->nr_in && done < len; i++) {
		const struct iovec *iov = &chain->iov[chain->nr_out + i];

		part = at_most(iov->iov_len, len - done);
		memcpy(iov->iov_base, buf + done, part);
		done += part;
	}
	return done;
}

/* A queueful at most: what is in it may have no room at all. */
static size_t console_input(void *dev, const uint8_t *buf, size_t len)
{
	struct console *c = dev;
	struct virtio_chain chain;
	size_t taken = 0, part;

	for (unsigned int i = 0; taken < len && i < VIRTIO_SIZE_MAX; i++) {
		if (!queue_next(c->virtio, TYPED, &chain))
			break;
		part = fill(&chain, buf + taken, len - taken);
		queue_done(c->virtio, TYPED, &chain, part);
		taken += part;
	}
	queue_tell(c->virtio, TYPED);
	c->refused = taken < len;
	return taken;
}

static void console_resize(void *dev)
{
	struct console *c = dev;
	unsigned int columns, lines;
	uint16_t size[2];

	board_terminal(c->board, &columns, &lines);
	if (!columns)
		return;
	size[0] = columns;
	size[1] = lines;
	virtio_set_config(c->virtio, COLUMNS, size, sizeof(size));
}

static void console_config_write(void *dev, unsigned int off, unsigned int size)
{
	struct console *c = dev;

	(void)size;
	if (off == EMERG_WR)
		board_tx(c->board, virtio_config(c->virtio) + EMERG_WR, 1);
	else
		console_resize(c); /* which the guest cannot change */
}

static void console_init(void *dev, struct virtio *virtio, struct board *board)
{
	struct console *c = dev;
	unsigned int columns, lines;

	c->board = board;
	c->virtio = virtio;
	board_terminal(board, &columns, &lines);
	if (columns)
		virtio_offer(virtio, F_SIZE);
	console_resize(c);
}

/* The size that a guest was told stays, where there is no terminal any more. */
static bool console_restored(void *dev, struct stash *in)
{
	struct console *c = dev;

	(void)in;
	if (virtio_has(c->virtio, F_SIZE))
		virtio_offer(c->virtio, F_SIZE);
	return ARE_BOOLS(&c->spoken, &c->asks, &c->asked, &c->refused);
}

static const struct virtio_type console = {
	.name = "virtio-console",
	.id = 3,
	.features = F_EMERG_WRITE,
	.nr_queues = NR_QUEUES,
	.config_size = SPACE_SIZE,
	.size = sizeof(struct console),
	.version = 1,
	.saved = offsetof(struct console, spoken),
	.restored = IF_ON(CONFIG_SNAPSHOT, console_restored),
	.init = console_init,
	.kick = console_kick,
	.config_write = console_config_write,
	.input = console_input,
	.resize = console_resize,
};

static int console_plug(struct plan *plan, const char *arg)
{
	(void)arg;
	return virtio_add(plan, &console, NULL, 0);
}

static const struct plug plug = {
	.option = "--console",
	.what = "the terminal as /dev/hvc0: virtio-console",
	.plug = console_plug,
};

PLUG(plug);
