/*
 * The port 402h of QEMU and Bochs, where a BIOS writes what it does: SeaBIOS some hundred
 * characters until it boots, though it has read that nobody listens
 * (findings/seabios-debug-port.sh). Here the host's kernel takes them, and no VM exit
 * comes to us (include/ioevent.h), except with --verbose: then they come, and are shown
 * in lines.
 */
#include "bioslog.h"

#include <unistd.h>

#include "ioevent.h"
#include "util/event.h"
#include "util/log.h"
#include "util/log_loop.h"

#define LOG_PORT 0x402
#define LINE_LEN 120

struct bioslog {
	struct board *board;
	int fd; /* nobody reads it; -1: there is none */
	unsigned int len;
	char line[LINE_LEN + 1];
};

/* Not 0xe9, which would be somebody who listens. */
static uint64_t bioslog_read(void *dev, unsigned int range, uint64_t off,
			     unsigned int size)
{
	(void)dev;
	(void)range;
	(void)off;
	(void)size;
	return 0xff;
}

static void show(struct bioslog *b)
{
	b->line[b->len] = '\0';
	if (b->len)
		log_info("firmware: %s", b->line);
	b->len = 0;
}

static void bioslog_write(void *dev, unsigned int range, uint64_t off,
			  unsigned int size, uint64_t val)
{
	struct bioslog *b = dev;
	const char c = val;

	(void)range;
	(void)off;
	(void)size;
	if (c == '\n' || b->len == LINE_LEN)
		show(b);
	if (c >= ' ' && c <= '~')
		b->line[b->len++] = c;
}

static void bioslog_init(void *dev, struct board *board)
{
	struct bioslog *b = dev;

	b->board = board;
	b->fd = log_is_verbose() ? -1 : event_fd();
	if (b->fd >= 0)
		board_add_ioevent(board,
				  &(struct ioevent){ .size = 1, .fd = b->fd });
}

static void bioslog_release(void *dev)
{
	struct bioslog *b = dev;

	show(b);
	board_drop_ioevents(b->board);
	if (b->fd >= 0)
		close(b->fd);
}

const struct device_type bioslog = {
	.name = "bioslog",
	.what = "port 0x402, a BIOS's own messages: shown with --verbose",
	.ranges = { { DEV_PIO, LOG_PORT, 1, DEV_BEGUN } },
	.width = 1,
	.size = sizeof(struct bioslog),
	.init = bioslog_init,
	.release = bioslog_release,
	.read = bioslog_read,
	.write = bioslog_write,
	.version = 1,
	.saved = sizeof(struct bioslog), /* nothing */
};
