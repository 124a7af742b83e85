/*
 * A guest that does with what is in spare slots of PCI whatever it likes: it ejects
 * them in the middle of requests, moves their BARs across one another, switches them
 * off, resets them, and writes to registers that are there no more. A dot for each
 * fifty of such things, until somebody ends it.
 *
 * Two slots at once, each with a queue of its own. It never waits for anything.
 *
 * Sources: PCI 3.0; VIRTIO 1.1, "Virtio Over PCI Bus"; vmm/pci/hotplug.c.
 */
#include "abi/pc.h"
#include "system32.h"

#define SLOTS	2
#define SIZE	32 /* of a queue */
#define SECTORS 64 /* that are asked for, some of which there are not */
#define EACH	50

enum { NEXT = 1, WRITE = 2 };

struct desc {
	u32 gpa, gpa_high, len;
	u16 flags, next;
};

static struct queue {
	struct desc desc[SIZE];
	struct {
		u16 flags, index, ring[SIZE], used_event;
	} avail __attribute__((aligned(16)));
	u8 used[6 + 8 * SIZE] __attribute__((aligned(16)));
	u32 header[4];
	u8 status, data[8192];
} queues[SLOTS] __attribute__((aligned(4096)));

static u32 seed = 0x12345678;

void begin(u32 magic, u32 info);
void on_message(void);
void on_line(void);

void on_message(void)
{
}

void on_line(void)
{
}

static u32 any(u32 below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

static u32 mem_of(u32 slot)
{
	return PC_PCI_MEM1 + 0x100000 + slot * 0x10000;
}

static u32 port_of(u32 slot)
{
	return PC_PCI_IO + slot * 0x100;
}

static void config(u32 slot, u32 reg, u32 val)
{
	outl(0xcf8, 0x80000000 | (PC_PCI_SPARE + slot) << 11 | (reg & 0xfc));
	outl(0xcfc, val);
}

static void place(u32 slot)
{
	config(slot, 0x10, mem_of(slot));
	config(slot, 0x14, mem_of(slot) + 0x8000);
	config(slot, 0x18, port_of(slot));
	config(slot, 0x04, 7);
}

/* Somewhere else, or across something. */
static void displace(u32 slot)
{
	static const u32 places[] = {
		0,	    PC_IOAPIC_GPA,	    PC_LAPIC_GPA,
		0xfffff000, PC_PCI_MEM1 + 0x100000, PC_PCI_MEM1 + 0x110000,
		PC_ECAM_GPA
	};

	config(slot, 0x10 + 4 * any(3),
	       places[any(sizeof(places) / sizeof(places[0]))]);
	config(slot, 0x04, any(8));
}

static void request(u32 slot)
{
	struct queue *q = &queues[slot];
	const u32 at = any(SIZE / 3) * 3;
	const u32 type = any(4) ? 0 : any(16);

	q->header[0] = type;
	q->header[2] = any(SECTORS);
	q->desc[at] = (struct desc){ (u32)q->header, 0, 16, NEXT, at + 1 };
	q->desc[at + 1] = (struct desc){ (u32)q->data, 0, 512 + 512 * any(15),
					 type == 1 ? NEXT : NEXT | WRITE,
					 at + 2 };
	q->desc[at + 2] = (struct desc){ (u32)&q->status, 0, 1, WRITE, 0 };
	q->avail.ring[q->avail.index % SIZE] = at;
	__sync_synchronize();
	q->avail.index++;
}

static void kick(u32 slot)
{
	if (any(2))
		outl(port_of(slot), 0);
	else
		poke(mem_of(slot) + 0x2000, 0);
}

static void drive(u32 slot)
{
	struct queue *q = &queues[slot];
	const u32 at = mem_of(slot);

	place(slot);
	*(volatile u8 *)(at + 0x14) = 0;
	q->avail.index = 0;
	*(volatile u8 *)(at + 0x14) = 3;
	poke(at + 0x08, 0);
	poke(at + 0x0c, 1u << 9); /* flush */
	poke(at + 0x08, 1);
	poke(at + 0x0c, 1);
	*(volatile u8 *)(at + 0x14) = 0xb;
	*(volatile u16 *)(at + 0x16) = 0;
	*(volatile u16 *)(at + 0x18) = SIZE;
	poke(at + 0x20, (u32)q->desc);
	poke(at + 0x28, (u32)&q->avail);
	poke(at + 0x30, (u32)q->used);
	*(volatile u16 *)(at + 0x1c) = 1;
	*(volatile u8 *)(at + 0x14) = 0xf;
}

/* Queues may be anywhere among one another, and not where this program is. */
static void scribble(u32 slot)
{
	const u32 reg = 4 * any(0x38 / 4);
	u32 val = seed;

	if (reg >= 0x20)
		val = reg % 8 ? 0 : (u32)queues + any(sizeof(queues)) / 16 * 16;
	poke(mem_of(slot) + reg, val);
}

static void one_thing(void)
{
	const u32 slot = any(SLOTS);

	switch (any(12)) {
	case 0:
		outb(PC_PCI_SPARE_PORT + 2, 1 << slot);
		break;
	case 1:
		outb(PC_PCI_SPARE_PORT + any(4), seed >> 24);
		break;
	case 2:
		displace(slot);
		break;
	case 3:
		config(slot, any(256), seed);
		break;
	case 4:
		scribble(slot);
		break;
	case 5:
		peek(mem_of(slot) + 4 * any(0x4000 / 4));
		break;
	case 6:
		drive(slot);
		break;
	default:
		request(slot);
		kick(slot);
	}
}

void begin(u32 magic, u32 info)
{
	(void)magic;
	(void)info;
	print("ready\n");
	for (;;) {
		for (u32 i = 0; i < EACH; i++)
			one_thing();
		print(".\n");
	}
}
