/* objects: devices/cmos.o devices/debugcon.o devices/hypercall.o */
/* objects: devices/i8042.o devices/i8042_kbd.o devices/i8042_keys.o */
/* objects: devices/ioapic.o devices/pic.o devices/pit.o devices/pit_counter.o */
/* objects: devices/post.o devices/reset.o */
/* objects: devices/serial.o devices/serial_irq.o devices/serial_fifo.o */
/*
 * Random accesses, input and lines to every linked-in device, on the recording
 * board of tests/unit, which aborts when a device breaks the contract of
 * device.h.
 *
 *   fuzz_devices [SEED [ACCESSES]]
 *
 * Built with clang's -fsanitize=fuzzer and -DFUZZ_LIBFUZZER, libFuzzer drives
 * it instead.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/fake_board.h"

#define DEVICES_MAX 32
#define ROUND_BYTES 4096

TABLE_DECLARE(device, device_type);

static uint64_t accesses; /* made so far, all devices together */

struct bytes {
	const uint8_t *data;
	size_t left;
};

static uint8_t next(struct bytes *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->data++;
}

/* An access of a size the bus may pass on, at an offset that is in range. */
static void fuzz_access(struct board *b, struct bytes *in)
{
	const struct dev_range *range;
	unsigned int nr_ranges = 0, size;
	uint64_t off, val;
	uint8_t how = next(in);

	accesses++;
	while (nr_ranges < DEV_RANGES_MAX && b->type->ranges[nr_ranges].len)
		nr_ranges++;
	range = &b->type->ranges[(how >> 4) % nr_ranges];
	size = 1U << (how >> 1) % 3;
	if (size > range->len)
		size = 1;
	off = next(in) % (range->len - size + 1);
	if (how & 1) {
		fake_in(b, range->base + off, size);
		return;
	}
	val = next(in);
	for (unsigned int i = 1; i < size; i++)
		val = val << 8 | next(in);
	fake_out(b, range->base + off, size, val);
}

static void fuzz_input(struct board *b, struct bytes *in)
{
	size_t len = next(in) % 40;

	if (len > in->left)
		len = in->left;
	fake_offer(b, in->data, len);
	in->data += len;
	in->left -= len;
}

static void fuzz_world(struct board *b, struct bytes *in)
{
	uint64_t val = next(in);

	val = val << 24 | next(in) << 16 | next(in) << 8 | next(in);
	b->now_ns += val;
	b->wall_s = (int64_t)(val << next(in) % 12) - (val & 1 ? 1 : 1LL << 33);
	b->rbx = val;
	b->feed_at_once = val & 2;
}

/* Lines of other devices, and the CPU that takes an interrupt or comes late. */
static void fuzz_pins(struct board *b, struct bytes *in)
{
	uint8_t how = next(in);

	if (b->type->line)
		b->type->line(b->dev, how % 26, how & 0x80);
	if (b->type->acknowledge && (b->intr || how % 8 == 0))
		b->type->acknowledge(b->dev);
	if (b->type->eoi)
		b->type->eoi(b->dev, next(in));
}

static void fuzz_step(struct board *b, struct bytes *in)
{
	switch (next(in) % 16) {
	case 0:
		fuzz_world(b, in);
		break;
	case 1:
	case 2:
		fuzz_input(b, in);
		break;
	case 3:
		fake_console_turn(b);
		break;
	case 4:
		if (b->type->timer && b->deadline_ns) {
			b->deadline_ns = 0;
			b->type->timer(b->dev);
		}
		break;
	case 5:
		fuzz_pins(b, in);
		break;
	default:
		fuzz_access(b, in);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t waiting[100] = "waiting on the console";
	struct board boards[DEVICES_MAX];
	struct bytes in = { data, size };
	const struct device_type *const *row;
	unsigned int count = 0;

	TABLE_FOREACH(device, row) {
		if (count == DEVICES_MAX)
			abort();
		fake_board_open_type(&boards[count], *row);
		boards[count].input = waiting;
		boards[count].input_len = sizeof(waiting);
		count++;
	}
	if (!count)
		abort();
	while (in.left)
		fuzz_step(&boards[next(&in) % count], &in);
	for (unsigned int i = 0; i < count; i++)
		fake_board_close(&boards[i]);
	return 0;
}

#ifndef FUZZ_LIBFUZZER
/* Marsaglia's xorshift64: the same bytes for the same seed everywhere. */
static uint8_t random_byte(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state >> 56;
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	uint64_t wanted = argc > 2 ? strtoull(argv[2], NULL, 0) : 1000000;
	uint64_t state = seed * 0x9e3779b97f4a7c15ULL | 1;
	uint8_t round[ROUND_BYTES];

	while (accesses < wanted) {
		for (size_t i = 0; i < sizeof(round); i++)
			round[i] = random_byte(&state);
		LLVMFuzzerTestOneInput(round, sizeof(round));
	}
	printf("fuzz_devices: seed %llu, %llu accesses: ok\n",
	       (unsigned long long)seed, (unsigned long long)accesses);
	return 0;
}
#endif
