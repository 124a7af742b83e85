/*
 * The two 8237A of an AT and their page registers (Intel's data sheet, "Register
 * Description"; IBM PC/AT Technical Reference, "DMA"). Of the eight channels one has a
 * device: 2, the floppy's. The first chip asks the CPU for the bus by channel 4 of
 * the second, which a BIOS has set up for that (cascade).
 *
 * Left out: transfers from memory to memory, which no PC is wired for; requests by
 * software; priorities, as nobody shares.
 */
#include <string.h>

#include "device.h"
#include "floppy/floppy.h"

#define CHANNEL	     2
#define PAGE	     1 /* of that: port 81h */
#define COMMAND_OFF  0x04
#define MODE_CASCADE 0xc0
#define MODE_DOWN    0x20
#define MODE_AUTO    0x10
#define MODE_TYPE    0x0c
#define TYPE_WRITE   0x04 /* to memory */
#define TYPE_READ    0x08
#define TYPE_VERIFY  0x00 /* of addresses alone */
#define ALL_CHANNELS 0x0f
#define OPEN_BUS     0xff

enum {
	DMA_STATUS = 8, /* Command */
	DMA_REQUEST,
	DMA_MASK_ONE,
	DMA_MODE,
	DMA_CLEAR_HIGH,
	DMA_CLEAR, /* Temporary */
	DMA_CLEAR_MASK,
	DMA_MASK_ALL,
};

static void clear(struct dma_chip *chip)
{
	chip->command = chip->status = 0;
	chip->mask = ALL_CHANNELS;
	chip->is_high = false;
}

void dma_init(struct fdc *f)
{
	for (unsigned int i = 0; i < DMA_CHIPS; i++)
		clear(&f->state.dma[i]);
	f->state.dma[1].channels[0].mode = MODE_CASCADE;
	f->state.dma[1].mask &= ~1;
}

/* Reading the status forgets which channels are through. */
static uint8_t take_status(struct dma_chip *chip)
{
	const uint8_t val = chip->status;

	chip->status &= ~ALL_CHANNELS;
	return val;
}

uint8_t dma_read(struct fdc *f, unsigned int nr, unsigned int reg)
{
	struct dma_chip *chip = &f->state.dma[nr];
	uint16_t val;

	if (reg == DMA_STATUS)
		return take_status(chip);
	if (reg == DMA_MASK_ALL)
		return chip->mask | (uint8_t)~ALL_CHANNELS;
	if (reg > DMA_STATUS)
		return 0;
	val = reg % 2 ? chip->channels[reg / 2].count :
			chip->channels[reg / 2].address;
	chip->is_high = !chip->is_high;
	return chip->is_high ? val : val >> 8;
}

static uint16_t put_byte(uint16_t word, uint8_t val, bool is_high)
{
	return is_high ? (word & 0xff) | val << 8 : (word & 0xff00) | val;
}

static void write_word(struct dma_chip *chip, unsigned int reg, uint8_t val)
{
	uint16_t *now = &chip->channels[reg / 2].address;
	uint16_t *base = &chip->channels[reg / 2].base_address;

	if (reg % 2) {
		now = &chip->channels[reg / 2].count;
		base = &chip->channels[reg / 2].base_count;
	}
	*base = put_byte(*base, val, chip->is_high);
	*now = put_byte(*now, val, chip->is_high);
	chip->is_high = !chip->is_high;
}

void dma_write(struct fdc *f, unsigned int nr, unsigned int reg, uint8_t val)
{
	struct dma_chip *chip = &f->state.dma[nr];

	switch (reg) {
	case DMA_STATUS:
		chip->command = val;
		break;
	case DMA_REQUEST:
		board_oddity(f->board, "DMA is asked for by software", val);
		break;
	case DMA_MASK_ONE:
		chip->mask &= ~(1 << val % DMA_CHANNELS);
		chip->mask |= !!(val & 4) << val % DMA_CHANNELS;
		break;
	case DMA_MODE:
		chip->channels[val % DMA_CHANNELS].mode = val & ~3;
		break;
	case DMA_CLEAR_HIGH:
		chip->is_high = false;
		break;
	case DMA_CLEAR:
		clear(chip);
		break;
	case DMA_CLEAR_MASK:
		chip->mask = 0;
		break;
	case DMA_MASK_ALL:
		chip->mask = val & ALL_CHANNELS;
		break;
	default:
		write_word(chip, reg, val);
	}
}

static bool answers(const struct dma_chip *chip, unsigned int channel)
{
	return !(chip->command & COMMAND_OFF) && !(chip->mask >> channel & 1);
}

bool dma_is_ready(const struct fdc *f)
{
	const struct dma_chip *chips = f->state.dma;

	return answers(&chips[0], CHANNEL) && answers(&chips[1], 0) &&
	       (chips[1].channels[0].mode & MODE_CASCADE) == MODE_CASCADE &&
	       (chips[0].channels[CHANNEL].mode & MODE_CASCADE) != MODE_CASCADE;
}

/* The count is one less than what is left; behind it TC comes. */
static bool count_down(struct dma_chip *chip, unsigned int len)
{
	const bool is_through = len == chip->channels[CHANNEL].count + 1u;

	chip->channels[CHANNEL].count -= len;
	if (chip->channels[CHANNEL].mode & MODE_DOWN)
		chip->channels[CHANNEL].address -= len;
	else
		chip->channels[CHANNEL].address += len;
	if (!is_through)
		return false;
	chip->status |= 1 << CHANNEL;
	if (chip->channels[CHANNEL].mode & MODE_AUTO) {
		chip->channels[CHANNEL].address =
			chip->channels[CHANNEL].base_address;
		chip->channels[CHANNEL].count =
			chip->channels[CHANNEL].base_count;
	} else {
		chip->mask |= 1 << CHANNEL;
	}
	return true;
}

/* Bytes that lie behind each other: in 64 KiB, to which an address comes back. */
static size_t piece(const struct dma_chip *chip, size_t len)
{
	const uint32_t wraps = 0x10000 - chip->channels[CHANNEL].address;

	if (chip->channels[CHANNEL].mode & MODE_DOWN)
		return 1;
	if (len > chip->channels[CHANNEL].count + 1u)
		len = chip->channels[CHANNEL].count + 1u;
	return len < wraps ? len : wraps;
}

static void move_piece(struct fdc *f, uint8_t *buf, size_t len, bool to_memory)
{
	const struct dma_chip *chip = &f->state.dma[0];
	const uint8_t type = chip->channels[CHANNEL].mode & MODE_TYPE;
	const uint64_t gpa = (uint64_t)f->state.pages[PAGE] << 16 |
			     chip->channels[CHANNEL].address;
	uint8_t *ram = board_ram(f->board, gpa, len);

	if (type != TYPE_VERIFY &&
	    type != (to_memory ? TYPE_WRITE : TYPE_READ)) {
		board_oddity(f->board, "DMA goes the other way; its mode",
			     chip->channels[CHANNEL].mode);
		ram = NULL;
	}
	if (type == TYPE_VERIFY || !ram) {
		if (!to_memory)
			memset(buf, OPEN_BUS, len);
		return;
	}
	if (to_memory)
		memcpy(ram, buf, len);
	else
		memcpy(buf, ram, len);
}

size_t dma_move(struct fdc *f, uint8_t *buf, size_t len, bool to_memory,
		bool *tc)
{
	struct dma_chip *chip = &f->state.dma[0];
	size_t done = 0;

	*tc = false;
	while (done < len && !*tc) {
		const size_t n = piece(chip, len - done);

		move_piece(f, buf + done, n, to_memory);
		done += n;
		*tc = count_down(chip, n);
	}
	return done;
}
