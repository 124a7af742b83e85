/*
 * A guest that writes to a disk and reads it back, round after round, with eight
 * requests under way at once: virtio-blk in the first window of MMIO, a split
 * queue with event index, whose driver kicks only when it is asked to. It polls.
 * One letter for each round; whatever is not as it was written ends it. What is on
 * the disk in the end follows from the numbers below (test_snapshot_virtio.py).
 */
#include "system32.h"

#define WINDOW 0xfeb00000
#ifndef ROUNDS
#define ROUNDS 60
#endif
#define AT_ONCE 8
#define WORDS	128 /* of a request: a sector */
#define SECTORS 256 /* that are written, again and again */
#define SIZE	32  /* of the queue */
#define STATUS	17

enum { BLK_IN = 0, BLK_OUT = 1, BLK_FLUSH = 4 };
enum { NEXT = 1, WRITE = 2 };

struct desc {
	u32 gpa, gpa_high, len;
	u16 flags, next;
};

static struct {
	struct desc desc[SIZE];
} table __attribute__((aligned(16)));

static struct {
	u16 flags, index, ring[SIZE], used_event;
} avail __attribute__((aligned(16)));

static struct {
	u16 flags, index;
	struct {
		u32 head, len;
	} ring[SIZE];
	u16 avail_event;
} used __attribute__((aligned(16)));

static struct {
	u32 type, reserved, sector, sector_high;
} headers[AT_ONCE];
static u8 status[AT_ONCE];
static u32 out[AT_ONCE][WORDS], in[AT_ONCE][WORDS];
static u16 seen; /* of the used ring */

void begin(u32 magic, u32 info);
void on_message(void);
void on_line(void);

void on_message(void)
{
	leave(STATUS + 1);
}

void on_line(void)
{
	leave(STATUS + 2);
}

static u16 load(const u16 *at)
{
	return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

static u32 word_of(u32 round, u32 nr, u32 i)
{
	return round * 0x9e3779b1 + nr * 0x85ebca6b + i;
}

static void put(u32 at, u32 val)
{
	poke(WINDOW + at, val);
}

static void set_up(void)
{
	must_be(peek(WINDOW), 0x74726976);
	must_be(peek(WINDOW + 0x08), 2);
	put(0x70, 0);
	put(0x70, 3);
	put(0x24, 0);
	put(0x20, 1u << 9 | 1u << 29); /* flush, event index */
	put(0x24, 1);
	put(0x20, 1);
	put(0x70, 0xb);
	must_be(peek(WINDOW + 0x70), 0xb);
	put(0x30, 0);
	put(0x38, SIZE);
	put(0x80, (u32)&table);
	put(0x90, (u32)&avail);
	put(0xa0, (u32)&used);
	put(0x44, 1);
	put(0x70, 0xf);
}

/* Number @nr of those under way, with three descriptors of its own. */
static void add(u32 nr, u32 type, u32 sector, void *data)
{
	struct desc *desc = &table.desc[nr * 3];
	const u16 flags = type == BLK_IN ? NEXT | WRITE : NEXT;

	headers[nr].type = type;
	headers[nr].sector = sector;
	status[nr] = 0xff;
	desc[0] = (struct desc){ (u32)&headers[nr], 0, 16, NEXT, nr * 3 + 1 };
	desc[1] = (struct desc){ (u32)data, 0, WORDS * 4, flags, nr * 3 + 2 };
	desc[2] = (struct desc){ (u32)&status[nr], 0, 1, WRITE, 0 };
	if (type == BLK_FLUSH)
		desc[0].next = nr * 3 + 2;
	avail.ring[avail.index % SIZE] = nr * 3;
	__sync_synchronize();
	avail.index++;
}

/* All that was added since number @old; and waits until it is through. */
static void go(u16 old)
{
	__sync_synchronize();
	if ((u16)(avail.index - load(&used.avail_event) - 1) <
	    (u16)(avail.index - old))
		put(0x50, 0);
	while (load(&used.index) != avail.index)
		;
	for (; seen != avail.index; seen++)
		must_be(status[used.ring[seen % SIZE].head / 3], 0);
}

static void do_round(u32 round)
{
	const u16 old = avail.index;

	for (u32 nr = 0; nr < AT_ONCE; nr++) {
		for (u32 i = 0; i < WORDS; i++)
			out[nr][i] = word_of(round, nr, i);
		add(nr, BLK_OUT, (round * AT_ONCE + nr) % SECTORS, out[nr]);
	}
	go(old);
	add(0, BLK_FLUSH, 0, out[0]);
	go(avail.index - 1);
	for (u32 nr = 0; nr < AT_ONCE; nr++)
		add(nr, BLK_IN, (round * AT_ONCE + nr) % SECTORS, in[nr]);
	go(avail.index - AT_ONCE);
	for (u32 nr = 0; nr < AT_ONCE; nr++)
		for (u32 i = 0; i < WORDS; i++)
			must_be(in[nr][i], out[nr][i]);
}

void begin(u32 magic, u32 info)
{
	(void)magic;
	(void)info;
	step = STATUS + 3;
	set_up();
	for (u32 round = 0; round < ROUNDS; round++) {
		char letter[] = { 'a' + round % 26, 0 };

		do_round(round);
		print(letter);
	}
	(void)peek8;
	(void)inl;
	(void)outl;
	(void)begin_step;
	leave(STATUS);
}
