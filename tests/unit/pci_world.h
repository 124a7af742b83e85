/*
 * A PCI bus for tests: the bridge, and one function in slot 3, which drivers
 * here reach by the ports of configuration mechanism #1.
 */
#ifndef MKVM_PCI_WORLD_H
#define MKVM_PCI_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_board.h"

#define SLOT	 3
#define RAM_SIZE 0x20000

#define PORT_ADDRESS 0xcf8
#define PORT_DATA    0xcfc

struct world {
	struct board bridge, board;
	_Alignas(16) uint8_t ram[RAM_SIZE];
};

static inline void open_world(struct world *w, const struct device_type *type)
{
	fake_slot = 0;
	fake_board_open(&w->bridge, "pci");
	fake_slot = SLOT;
	fake_board_open_type(&w->board, type);
	w->bridge.slots[0] = &w->bridge;
	w->bridge.slots[SLOT] = &w->board;
	w->board.ram = w->ram;
	w->board.ram_size = RAM_SIZE;
}

static inline void close_world(struct world *w)
{
	fake_board_close(&w->board);
	fake_board_close(&w->bridge);
}

static inline void choose(struct world *w, unsigned int slot, unsigned int reg)
{
	fake_reload_now_and_then(&w->board);
	fake_out(&w->bridge, PORT_ADDRESS, 4,
		 0x80000000 | slot << 11 | (reg & 0xfc));
}

static inline uint32_t get(struct world *w, unsigned int reg, unsigned int size)
{
	choose(w, SLOT, reg);
	return fake_in(&w->bridge, PORT_DATA + reg % 4, size);
}

static inline void put(struct world *w, unsigned int reg, unsigned int size,
		       uint32_t val)
{
	choose(w, SLOT, reg);
	fake_out(&w->bridge, PORT_DATA + reg % 4, size, val);
}

/* Where capability @id is; 0: nowhere. */
static inline unsigned int find_cap(struct world *w, uint8_t id)
{
	unsigned int at = get(w, 0x34, 1), seen = 0;

	if (!(get(w, 6, 2) & 0x10))
		return 0;
	for (; at && get(w, at, 1) != id; at = get(w, at + 1, 1)) {
		assert_int_equal(at % 4, 0);
		assert_true(at >= 0x40 && seen++ < 48);
	}
	return at;
}

/* A register of the function's BAR @bar. */
static inline uint64_t in(struct world *w, unsigned int bar, uint64_t off,
			  unsigned int size)
{
	uint64_t val;

	fake_reload_now_and_then(&w->board);
	val = w->board.type->read(w->board.dev, bar, off, size);

	return size == 8 ? val : val & ((1ULL << size * 8) - 1);
}

static inline void out(struct world *w, unsigned int bar, uint64_t off,
		       unsigned int size, uint64_t val)
{
	fake_reload_now_and_then(&w->board);
	w->board.type->write(w->board.dev, bar, off, size, val);
}

#endif
