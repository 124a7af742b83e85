/*
 * Devices for the bare run loop: the bus, and what include/device.h promises
 * them. A write to the console is a write to stdout; stdin is looked at after
 * an I/O instruction when a device listens. Interrupts lead nowhere, and there
 * are no timers: a device that cannot do without is for the whole machine.
 */
#include "bare.h"

#include <errno.h>
#include <linux/kvm.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "abi/exit_status.h"
#include "core/bus.h"
#include "device.h"
#include "util/clock.h"
#include "util/log.h"

#define INPUT_MAX 16 /* bytes that are read at once */

struct board {
	struct device dev;
	struct bare *bare;
};

static struct bus pio;
static uint64_t start_ns; /* CLOCK_MONOTONIC when the guest's clock was 0 */

/* Console input on its way to the device that asked last. */
static struct {
	struct board *listener; /* NULL: none has asked */
	bool waits;		/* the listener left something behind */
	bool ended;		/* stdin did */
	uint8_t buf[INPUT_MAX];
	size_t len;
} input;

TABLE_DECLARE(device, device_type);

static void stop(struct bare *bare, int status)
{
	bare->stopped = true;
	bare->status = status;
}

/* Ends the guest because of the host. */
static void fail(struct bare *bare, const char *what)
{
	if (!bare->stopped)
		log_error("%s: %s: %s", bare->name, what, strerror(errno));
	stop(bare, STATUS_FAILED);
}

static int add_device(struct bare *bare, const struct device_type *type)
{
	struct board *board = calloc(1, sizeof(*board));
	int err = 0;

	if (!board)
		return -ENOMEM;
	board->bare = bare;
	board->dev.type = type;
	board->dev.state = calloc(1, type->size);
	if (!board->dev.state)
		return -ENOMEM;
	for (unsigned int i = 0; i < DEV_RANGES_MAX && type->ranges[i].len; i++)
		err = err ? err :
			    bus_claim(&pio, type->ranges[i].base,
				      type->ranges[i].len, &board->dev, i);
	type->init(board->dev.state, board);
	return err;
}

int bare_io_init(struct bare *bare)
{
	const struct device_type *const *row;
	int err = 0;

	signal(SIGPIPE, SIG_IGN); /* a write that fails says so itself */
	start_ns = clock_now_ns();
	bus_init(&pio, "port");
	TABLE_FOREACH(device, row)
		err = err ? err : add_device(bare, *row);
	if (err)
		log_error("devices: %s", strerror(-err));
	return err ? err : bus_freeze(&pio);
}

/* What stdin has just now. */
static void read_input(void)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	ssize_t len;

	if (input.ended || poll(&in, 1, 0) != 1)
		return;
	len = read(STDIN_FILENO, input.buf, sizeof(input.buf));
	if (len > 0)
		input.len = len;
	else if (len == 0 || (errno != EINTR && errno != EAGAIN))
		input.ended = true;
}

/* Offers input to the device that listens; it takes what it has room for. */
static void offer_input(void)
{
	struct board *board = input.listener;
	size_t taken;

	if (!board || input.waits)
		return;
	if (!input.len)
		read_input();
	if (!input.len)
		return;
	taken = board->dev.type->input(board->dev.state, input.buf, input.len);
	input.len -= taken;
	memmove(input.buf, input.buf + taken, input.len);
	input.waits = input.len > 0;
}

/* String I/O: the data advances by item, the port stays. */
bool bare_io_answer(struct bare *bare)
{
	struct kvm_run *run = bare->run;
	uint8_t *data = (uint8_t *)run + run->io.data_offset;
	unsigned int size = run->io.size;

	for (unsigned int i = 0; i < run->io.count && !bare->stopped;
	     i++, data += size) {
		uint64_t val = 0;

		if (run->io.direction == KVM_EXIT_IO_OUT) {
			memcpy(&val, data, size);
			bus_write(&pio, run->io.port, size, val);
		} else {
			val = bus_read(&pio, run->io.port, size);
			memcpy(data, &val, size);
		}
	}
	offer_input();
	return true;
}

void bare_io_list(void)
{
	const struct device_type *const *row;

	TABLE_FOREACH(device, row)
		printf("device  %-10s %s\n", (*row)->name, (*row)->what);
}

void board_tx(struct board *board, const void *buf, size_t len)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };
	const uint8_t *from = buf;

	while (len && !board->bare->stopped) {
		ssize_t done = write(STDOUT_FILENO, from, len);

		if (done >= 0) {
			from += done;
			len -= done;
		} else if (errno == EAGAIN) {
			poll(&out, 1, -1);
		} else if (errno != EINTR) {
			fail(board->bare, "stdout");
		}
	}
}

void board_rx_ready(struct board *board)
{
	input.listener = board;
	input.waits = false;
}

void board_rx_more(struct board *board)
{
	if (input.listener == board)
		input.waits = false;
}

void board_stop(struct board *board, enum board_stop why, int status)
{
	stop(board->bare, why == BOARD_STOP_EXIT ? status : STATUS_OK);
}

uint64_t board_now_ns(struct board *board)
{
	(void)board;
	return clock_now_ns() - start_ns;
}

uint64_t board_rbx(struct board *board)
{
	struct kvm_regs regs = { 0 };

	if (ioctl(board->bare->vcpu, KVM_GET_REGS, &regs))
		fail(board->bare, "KVM_GET_REGS");
	return regs.rbx;
}

void board_random(struct board *board, void *buf, size_t len)
{
	memset(buf, 0, len);
	if (getrandom(buf, len, 0) != (ssize_t)len)
		fail(board->bare, "no random bytes from this host");
}

unsigned int board_guest_id(struct board *board)
{
	(void)board;
	return 0;
}

/* No option can leave a part out. */
bool board_has(struct board *board, const char *name)
{
	(void)board;
	(void)name;
	return true;
}

void board_irq(struct board *board, unsigned int pin, bool level)
{
	(void)board;
	(void)pin;
	(void)level;
}

void board_oddity(struct board *board, const char *what, uint64_t val)
{
	(void)board;
	(void)what;
	(void)val;
}
