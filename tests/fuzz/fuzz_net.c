/* objects: virtio/net.o virtio/net_plug.o virtio/net_fill.o virtio/net_offload.o net/unplugged.o net/stream.o virtio/transport.o virtio/pci.o virtio/pci_saved.o virtio/pci_common.o virtio/queue.o virtio/chain.o virtio/split.o virtio/packed.o virtio/event_idx.o virtio/status.o virtio/saved.o util/event.o util/lock.o util/text.o */
/* objects: pci/host.o pci/config.o pci/saved.o pci/interrupt.o core/plan.o core/feature.o util/log.o util/sink.o */
/*
 * A network card between two enemies: the guest, whose memory and steps are the
 * input, and the other end of the cable. That is a socket, on which the input's
 * bytes come, or a loop, by which the guest gets its own frames back with the
 * headers that it gave them, be there an offload that it takes or not.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../unit/fake_board.h"
#include "core/plan.h"
#include "loader.h"
#include "net/stream.h"

#define RAM_SIZE 8192
#define QUEUE(q) (0x1000 * (q)) /* a page each, the rest of it for buffers */
#define AVAIL	 0x100
#define USED	 0x200

/* Registers of the common configuration, and the one behind */
#define OFFER	     0x04
#define TAKE_SELECT  0x08
#define TAKE	     0x0c
#define STATUS	     0x14
#define QUEUE_SELECT 0x16
#define QUEUE_SIZE   0x18
#define QUEUE_ENABLE 0x1c
#define QUEUE_DESC   0x20
#define QUEUE_AVAIL  0x28
#define QUEUE_USED   0x30
#define NOTIFY	     0x2000
#define DRIVER_OK    0x0f

TABLE_DECLARE(plug, plug);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bytes {
	const uint8_t *data;
	size_t left;
};

static struct net_stream wire;
static int peer; /* the wire's other end */

static struct {
	struct net_end end;
	struct net_frame frame;
	uint8_t data[NET_FRAME_MAX];
} loop;

static uint8_t next(struct bytes *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->data++;
}

static void loop_ready(struct net_end *end, uint32_t events)
{
	(void)end;
	(void)events;
}

static bool loop_next(struct net_end *end, struct net_frame *frame)
{
	*frame = loop.frame;
	return end->full;
}

static void loop_done(struct net_end *end)
{
	end->full = false;
}

static void loop_send(struct net_end *end, const struct net_header *header,
		      const struct iovec *iov, unsigned int nr, size_t len)
{
	uint8_t *to = loop.data;

	if (end->full || len < NET_FRAME_MIN || len > NET_FRAME_MAX)
		abort();
	for (; nr--; iov++) {
		memcpy(to, iov->iov_base, iov->iov_len);
		to += iov->iov_len;
	}
	if (to != loop.data + len)
		abort();
	loop.frame = (struct net_frame){ *header, loop.data, len };
	end->full = true;
}

static void no_close(struct net_end *end)
{
	(void)end;
}

static const struct net loop_row = {
	.name = "loop",
	.ready = loop_ready,
	.next = loop_next,
	.done = loop_done,
	.send = loop_send,
	.close = no_close,
};

static void wire_close(struct net_end *end)
{
	net_stream_free((struct net_stream *)end);
}

static const struct net wire_row = {
	.name = "wire",
	.ready = net_stream_ready,
	.next = net_stream_next,
	.done = net_stream_done,
	.send = net_stream_send,
	.flush = net_stream_flush,
	.close = wire_close,
};

static struct net_end *open_wire(void)
{
	int fds[2];

	if (net_stream_init(&wire, &wire_row) ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
		abort();
	net_stream_begin(&wire, fds[0]);
	peer = fds[1];
	return &wire.end;
}

static struct net_end *open_loop(void)
{
	loop.end = (struct net_end){
		.net = &loop_row, .fd = -1, .link = true, .takes_headers = true
	};
	peer = -1;
	return &loop.end;
}

static bool is_loop;

static struct net_end *cable_open(const char *arg)
{
	(void)arg;
	return is_loop ? open_loop() : open_wire();
}

static const struct net cable = { .name = "cable", .open = cable_open };

NET(cable);

static void wr(struct board *b, uint64_t off, unsigned int size, uint32_t val)
{
	b->type->write(b->dev, 0, off, size, val);
}

static void enable(struct board *b, unsigned int q)
{
	wr(b, QUEUE_SELECT, 2, q);
	wr(b, QUEUE_SIZE, 2, 8);
	wr(b, QUEUE_DESC, 4, QUEUE(q));
	wr(b, QUEUE_AVAIL, 4, QUEUE(q) + AVAIL);
	wr(b, QUEUE_USED, 4, QUEUE(q) + USED);
	wr(b, QUEUE_ENABLE, 2, 1);
}

/* As far as two queues that run, with these features. */
static void start(struct board *b, uint32_t features)
{
	wr(b, STATUS, 1, 0);
	wr(b, TAKE_SELECT, 4, 0);
	wr(b, TAKE, 4, features & b->type->read(b->dev, 0, OFFER, 4));
	wr(b, TAKE_SELECT, 4, 1);
	wr(b, TAKE, 4, 1);
	wr(b, STATUS, 1, 0x0b);
	enable(b, 0);
	enable(b, 1);
	wr(b, STATUS, 1, DRIVER_OK);
}

/* Descriptors that are in RAM, so that frames become long. */
static void describe(uint8_t *ram, struct bytes *in)
{
	const uint8_t how = next(in);
	uint8_t *at = ram + QUEUE(how & 1) + 16 * (how >> 1 & 7);
	const uint64_t gpa = next(in) << 4;
	const uint32_t len = next(in) << (how >> 4 & 7);
	const uint16_t flags = next(in) & 7, to = next(in) & 7;

	memcpy(at, &gpa, 8);
	memcpy(at + 8, &len, 4);
	memcpy(at + 12, &flags, 2);
	memcpy(at + 14, &to, 2);
}

static void fill(uint8_t *ram, struct bytes *in)
{
	unsigned int how = next(in), at = next(in) << 4;

	at += (how & 1) * QUEUE(1) + (how >> 1 & 7);
	for (how = how >> 4 << 2; how && at < RAM_SIZE; how--)
		ram[at++] = next(in);
}

static void offer(uint8_t *ram, unsigned int q, uint16_t head)
{
	uint16_t *avail = (uint16_t *)(ram + QUEUE(q) + AVAIL);

	avail[2 + avail[1] % 8] = head;
	avail[1]++;
}

static void put_desc(uint8_t *ram, unsigned int q, unsigned int i, uint64_t gpa,
		     uint32_t len, uint16_t flags)
{
	uint8_t *at = ram + QUEUE(q) + 16 * i;

	memcpy(at, &gpa, 8);
	memcpy(at + 8, &len, 4);
	memcpy(at + 12, &flags, 2);
	memcpy(at + 14, &(uint16_t){ (i + 1) & 7 }, 2);
}

/* A frame as a driver sends it, most of whose header and of its first bytes is the
 * input's: in one page, and the same page again. */
static void send_frame(struct board *b, uint8_t *ram, struct bytes *in)
{
	const uint8_t how = next(in), pages = next(in) & 3;
	uint8_t *at = ram + QUEUE(1) + 0x400;

	for (unsigned int i = 0; i < 8; i++)
		at[i] = i & 1 ? next(in) & 7 : next(in);
	at[8] = next(in) & 31;
	at[9] = 0;
	for (unsigned int i = how & 63; i; i--)
		at[12 + next(in)] = next(in);
	if (how & 64) { /* behind IP of version 4, and with a plain header */
		at[6] = 34;
		at[7] = 0;
		at[12 + 34 + 12] = 0x50;
	}
	put_desc(ram, 1, 0, at - ram, 27 + next(in) * 10, pages ? 1 : 0);
	for (unsigned int i = 1; i <= pages; i++)
		put_desc(ram, 1, i, at - ram, next(in) << 4, i < pages);
	offer(ram, 1, 0);
	wr(b, NOTIFY + 4, 2, 1);
	fake_work(b);
}

/* Buffers for what comes. */
static void lay_out(struct board *b, uint8_t *ram, struct bytes *in)
{
	const uint8_t how = next(in);

	for (unsigned int i = 0; i <= (how & 7u); i++) {
		put_desc(ram, 0, i, 0x400, next(in) * 8, 2);
		offer(ram, 0, i);
	}
	wr(b, NOTIFY, 2, 0);
	fake_work(b);
}

/* The other end says something, and perhaps hears something. */
static void talk(struct board *b, struct bytes *in)
{
	uint8_t how = next(in), bytes[64], heard[4096];
	unsigned int len = how & 63;

	for (unsigned int i = 0; i < len; i++)
		bytes[i] = next(in);
	if (peer >= 0 && how & 64 &&
	    send(peer, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		close(peer), peer = -1;
	if (peer >= 0 && how & 128 &&
	    recv(peer, heard, sizeof(heard), MSG_DONTWAIT) == 0)
		close(peer), peer = -1;
	if (b->nr_watched)
		b->watched[b->nr_watched - 1].src->ready(
			b->watched[b->nr_watched - 1].src->arg,
			peer < 0 ? EPOLLIN | EPOLLHUP : EPOLLIN | EPOLLOUT);
}

static void step(struct board *b, uint8_t *ram, struct bytes *in)
{
	const uint8_t how = next(in);

	switch (how & 7) {
	case 0:
		if (how & 8)
			start(b, next(in) | next(in) << 8);
		else if (how & 16)
			send_frame(b, ram, in);
		else
			lay_out(b, ram, in);
		break;
	case 1:
		talk(b, in);
		break;
	case 2:
		fill(ram, in);
		break;
	case 3:
	case 4:
		describe(ram, in);
		break;
	case 5:
		offer(ram, how >> 3 & 1, how >> 4 & 7);
		break;
	default:
		wr(b, NOTIFY + 4 * (how & 1), 2, how & 1);
		fake_work(b);
	}
}

static void make(struct plan *plan)
{
	const struct plug *const *row;

	TABLE_FOREACH(plug, row)
		if (!strcmp((*row)->option, "--net") &&
		    (*row)->plug(plan, "cable"))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct loader loader;
	static struct board bridge, board;
	struct plan plan = { .guest.loader = &loader };
	struct bytes in = { data, size };
	uint8_t *ram = aligned_alloc(RAM_SIZE, RAM_SIZE);

	if (!ram)
		abort();
	memset(ram, 0, RAM_SIZE);
	is_loop = next(&in) & 1;
	make(&plan);
	fake_slot = 0;
	fake_board_open(&bridge, "pci");
	fake_slot = 1;
	fake_config = plan.devices[0].config;
	fake_board_open_type(&board, plan.devices[0].type);
	bridge.slots[1] = &board;
	board.ram = ram;
	board.ram_size = RAM_SIZE;
	fake_out(&bridge, 0xcf8, 4, 0x80000804);
	fake_out(&bridge, 0xcfc, 4, 6); /* memory, bus master */
	start(&board, next(&in) | next(&in) << 8);
	while (in.left)
		step(&board, ram, &in);
	fake_board_close(&board);
	fake_board_close(&bridge);
	if (peer >= 0)
		close(peer);
	free(plan.devices[0].config);
	free(ram);
	return 0;
}
