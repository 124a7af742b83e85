/*
 * Memory of a device's own that the guest reaches as it does RAM, without a VM exit:
 * ROM, a picture. And RAM behind what a PC has from A0000h to FFFFFh, which a device
 * may hide there, or guard.
 *
 * What the guest reads at an address is, in this order: the memory that a device
 * shows there; RAM that is not hidden; whatever claims the address as MMIO. Who asks
 * for RAM by board_ram() or mem_hva() gets RAM, shown or not: DMA reaches shadow
 * RAM, and so do loaders and snapshots. mem_read() and mem_seen() are for who looks
 * at what the guest sees: the debugger, traces, reports.
 *
 * Numbers are bytes, and multiples of 4 KiB. All calls are made with the device's
 * lock, or in init().
 */
#ifndef MKVM_DEVICE_MEMORY_H
#define MKVM_DEVICE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct board;
struct stash;

#define WINDOW_START 0xa0000ULL
#define WINDOW_END   0x100000ULL

#define BOARD_MEMORIES 8

/* Makes memory number @index of this device: @len bytes of zeroes, there for as long
 * as the device. In init(). NULL after one message: there is none. */
void *board_memory(struct board *board, unsigned int index, size_t len);

/*
 * Shows @len bytes of that memory, from its byte @offset on, at @gpa, and nowhere
 * else; 0 bytes: nowhere. Where it is not @writable, the guest's writes come to
 * whoever claims the addresses as MMIO, or are dropped. It may be in the window from
 * WINDOW_START to WINDOW_END, if the device's type says `window`, and covers RAM
 * there; or outside. False: something else is there, RAM outside the window
 * for one, and the memory is nowhere.
 */
bool board_memory_show(struct board *board, unsigned int index, uint64_t gpa,
		       size_t offset, size_t len, bool writable);

/*
 * Puts a bit for each 4 KiB of that memory to @pages, from bit 0 of the first word on:
 * whether the guest has written there since the last call. All are set at the first
 * one; until then, nothing is recorded, and costs nothing. What the device
 * writes itself is not in it. False: none is set.
 */
bool board_memory_written(struct board *board, unsigned int index,
			  uint64_t *pages);

/* How the guest reaches RAM in the window. */
enum board_ram_way {
	BOARD_RAM_OPEN,	   /* as all RAM; so it is at the start */
	BOARD_RAM_GUARDED, /* it reads RAM, and writes are as above */
	BOARD_RAM_HIDDEN,  /* it does not; reads and writes are MMIO */
};

/* Has the @len bytes of RAM at @gpa, in the window, be reached so. */
void board_ram_way(struct board *board, uint64_t gpa, size_t len,
		   enum board_ram_way way);

/* Between these two, the window stays as it is, and then becomes what all calls
 * together have made of it: no state between is ever there, nor paid for. */
void board_window_hold(struct board *board);
void board_window_settle(struct board *board);

/* For save() and restored(): @len bytes of such memory, pages of zeroes left out. The
 * second makes them what they were; what it has not is the stash's to say. */
void board_memory_save(struct stash *out, const void *memory, size_t len);
void board_memory_restore(struct stash *in, void *memory, size_t len);

#endif
