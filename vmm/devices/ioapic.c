/*
 * The I/O APIC, after the data sheet of the Intel 82093AA: 24 pins, and for
 * each an entry of a table that says which interrupt it is and whose.
 *
 *   line() -> edge, or level not served yet -> not masked -> board_send()
 *   eoi() -> the level is asked again
 *
 * As in the data sheet an edge at a masked pin is lost; a level waits, and
 * stays with the CPU, shown by Remote IRR, until that says end of interrupt. A
 * guest may free a pin without one by making it an edge for a moment.
 *
 * Left out: the APIC bus of three wires, and with it arbitration and the
 * delivery status, because a message is taken at once; the polarity of a pin,
 * because lines are high when they ask, whatever INTPOL says; and ExtINT,
 * because the 8259s are wired to the CPU and to no pin.
 */
#include <string.h>

#include "chip.h"
#include "device.h"
#include "saved.h"

#define IOAPIC_GPA 0xfec00000

enum {
	RANGE_SELECT = 0, /* IOREGSEL */
	RANGE_WINDOW = 1, /* IOWIN: the register that IOREGSEL says */
};

#define NR_PINS CHIP_PINS

/* Registers */
#define IOAPICID   0x00
#define IOAPICVER  0x01
#define IOAPICARB  0x02
#define IOREDTBL   0x10 /* two for each pin: the low half, the high half */
#define REGS_END   (IOREDTBL + 2 * NR_PINS)
#define RESERVED   0xffffffff
#define ID_MASK	   0x0f000000
#define ID_SHIFT   24
#define VERSION	   0x11
#define VERSION_IS (VERSION | (NR_PINS - 1) << 16)

/* An entry of the redirection table */
#define VECTOR	     0x000000ffULL
#define DELMOD	     0x00000700ULL
#define DESTMOD	     0x00000800ULL /* a set of CPUs, else an APIC id */
#define INTPOL	     0x00002000ULL
#define REMOTE_IRR   0x00004000ULL /* a CPU is at it; read only */
#define TRIGGER	     0x00008000ULL /* level, else edge */
#define MASKED	     0x00010000ULL
#define LOW_WRITABLE (VECTOR | DELMOD | DESTMOD | INTPOL | TRIGGER | MASKED)
#define LOW	     0xffffffffULL
#define DEST	     0xff00000000000000ULL
#define DEST_SHIFT   56

enum {
	DELMOD_FIXED = 0x000,
	DELMOD_LOWEST = 0x100, /* that CPU which has the least to do */
	DELMOD_EXTINT = 0x700,
};

/* A message (SDM 3A, "Message Signalled Interrupts") */
#define MSI_ADDRESS    0xfee00000
#define MSI_DEST_SHIFT 12
#define MSI_LOGICAL    0x4
#define MSI_ASSERT     0x4000
#define MSI_LEVEL      0x8000

struct ioapic {
	struct board *board;

	/* What is remembered of it begins here. */
	uint8_t select;
	uint32_t id;
	uint32_t lines; /* a bit for each pin */
	uint64_t entries[NR_PINS];
};

/* Other delivery modes are edges, whatever the entry says. */
static bool is_level(uint64_t entry)
{
	uint64_t mode = entry & DELMOD;

	return entry & TRIGGER &&
	       (mode == DELMOD_FIXED || mode == DELMOD_LOWEST);
}

static struct dev_message message_of(uint64_t entry)
{
	struct dev_message message = {
		.address = MSI_ADDRESS | entry >> DEST_SHIFT << MSI_DEST_SHIFT,
		.data = entry & (VECTOR | DELMOD),
	};

	if (entry & DESTMOD)
		message.address |= MSI_LOGICAL;
	if (is_level(entry))
		message.data |= MSI_LEVEL | MSI_ASSERT;
	return message;
}

static void send(struct ioapic *io, uint64_t entry)
{
	struct dev_message message = message_of(entry);

	if ((entry & DELMOD) == DELMOD_EXTINT)
		board_oddity(io->board, "ExtINT, but no 8259 is there", entry);
	else
		board_send(io->board, &message);
}

/* Asks for a level that no CPU is at. */
static void follow_level(struct ioapic *io, unsigned int pin)
{
	uint64_t *entry = &io->entries[pin];

	if (!is_level(*entry) || *entry & (MASKED | REMOTE_IRR) ||
	    !(io->lines >> pin & 1))
		return;
	*entry |= REMOTE_IRR;
	send(io, *entry);
}

static void ioapic_line(void *dev, unsigned int pin, bool level)
{
	struct ioapic *io = dev;
	uint32_t bit;
	bool rises;

	if (pin >= NR_PINS)
		return;
	bit = 1U << pin;
	rises = level && !(io->lines & bit);
	io->lines = level ? io->lines | bit : io->lines & ~bit;
	if (is_level(io->entries[pin]))
		follow_level(io, pin);
	else if (rises && !(io->entries[pin] & MASKED))
		send(io, io->entries[pin]);
}

static void ioapic_eoi(void *dev, uint8_t vector)
{
	struct ioapic *io = dev;

	for (unsigned int pin = 0; pin < NR_PINS; pin++) {
		uint64_t *entry = &io->entries[pin];

		if (!(*entry & REMOTE_IRR) || (*entry & VECTOR) != vector)
			continue;
		*entry &= ~REMOTE_IRR;
		follow_level(io, pin);
	}
}

/* Masked ones, too: such a pin may have an interrupt in service. */
static void want_eois(struct ioapic *io)
{
	struct dev_message messages[NR_PINS];
	unsigned int count = 0;

	for (unsigned int pin = 0; pin < NR_PINS; pin++)
		if (is_level(io->entries[pin]))
			messages[count++] = message_of(io->entries[pin]);
	board_want_eoi(io->board, messages, count);
}

static bool is_same_level(uint64_t a, uint64_t b)
{
	const struct dev_message x = message_of(a), y = message_of(b);

	return x.address == y.address && x.data == y.data;
}

static void write_entry(struct ioapic *io, unsigned int half, uint32_t val)
{
	unsigned int pin = half / 2;
	uint64_t *entry = &io->entries[pin];
	uint64_t old = *entry;

	if (half % 2)
		*entry = (old & LOW) | ((uint64_t)val << 32 & DEST);
	else
		*entry = (old & (DEST | REMOTE_IRR)) | (val & LOW_WRITABLE);
	if (!is_level(*entry))
		*entry &= ~REMOTE_IRR;
	if ((is_level(old) || is_level(*entry)) && !is_same_level(old, *entry))
		want_eois(io);
	follow_level(io, pin);
}

static void write_window(struct ioapic *io, uint32_t val)
{
	if (io->select == IOAPICID)
		io->id = val & ID_MASK;
	else if (io->select >= IOREDTBL && io->select < REGS_END)
		write_entry(io, io->select - IOREDTBL, val);
	else
		board_oddity(io->board, "write to a register that is none",
			     io->select);
}

static uint32_t read_window(struct ioapic *io)
{
	unsigned int half = io->select - IOREDTBL;

	switch (io->select) {
	case IOAPICID:
	case IOAPICARB:
		return io->id;
	case IOAPICVER:
		return VERSION_IS;
	}
	if (io->select >= IOREDTBL && io->select < REGS_END)
		return io->entries[half / 2] >> (half % 2 ? 32 : 0);
	board_oddity(io->board, "read of a register that is none", io->select);
	return RESERVED;
}

static uint64_t ioapic_read(void *dev, unsigned int range, uint64_t off,
			    unsigned int size)
{
	struct ioapic *io = dev;

	(void)size;
	if (range == RANGE_SELECT)
		return (uint64_t)io->select >> off * 8;
	return (uint64_t)read_window(io) >> off * 8;
}

/* The data sheet wants the window to be written 32 bits at a time. */
static void ioapic_write(void *dev, unsigned int range, uint64_t off,
			 unsigned int size, uint64_t val)
{
	struct ioapic *io = dev;

	if (range == RANGE_WINDOW && size == sizeof(uint32_t))
		write_window(io, val);
	else if (range == RANGE_WINDOW)
		board_oddity(io->board, "part of a register written", val);
	else if (off == 0)
		io->select = val;
}

/* Remote IRR is of levels. Edges are not sent again: the local APICs remember
 * those that came. */
static bool ioapic_restored(void *dev, struct stash *in)
{
	struct ioapic *io = dev;

	(void)in;
	for (unsigned int pin = 0; pin < NR_PINS; pin++) {
		uint64_t entry = io->entries[pin];

		if (!has_only(entry, LOW_WRITABLE | REMOTE_IRR | DEST) ||
		    (entry & REMOTE_IRR && !is_level(entry)))
			return false;
	}
	if (!has_only(io->id, ID_MASK) ||
	    !has_only(io->lines, (1U << NR_PINS) - 1))
		return false;
	want_eois(io);
	return true;
}

static void ioapic_init(void *dev, struct board *board)
{
	struct ioapic *io = dev;

	io->board = board;
	for (unsigned int pin = 0; pin < NR_PINS; pin++)
		io->entries[pin] = MASKED;
}

static void ioapic_look(const void *dev, struct chip_view *view)
{
	const struct ioapic *io = dev;

	view->ioapic.id = io->id >> ID_SHIFT;
	view->ioapic.lines = io->lines;
	memcpy(view->ioapic.entries, io->entries, sizeof(io->entries));
}

static const struct chip ioapic_chip = {
	.line = ioapic_line,
	.eoi = ioapic_eoi,
	.look = ioapic_look,
};

static const struct device_type ioapic = {
	.name = "ioapic",
	.what = "82093AA I/O APIC at 0xfec00000",
	.ranges = {
		[RANGE_SELECT] = { DEV_MMIO, IOAPIC_GPA, 4, DEV_BEGUN },
		[RANGE_WINDOW] = { DEV_MMIO, IOAPIC_GPA + 0x10, 4, DEV_BEGUN },
	},
	.width = 4,
	.size = sizeof(struct ioapic),
	.init = ioapic_init,
	.read = ioapic_read,
	.write = ioapic_write,
	.version = 1,
	.saved = offsetof(struct ioapic, select),
	.restored = IF_ON(CONFIG_SNAPSHOT, ioapic_restored),
	.chips = DEV_CHIP_IOAPIC,
	.chip = &ioapic_chip,
};

DEVICE(ioapic);
