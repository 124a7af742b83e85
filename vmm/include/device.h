/*
 * The contract between a device model and the machine it sits in.
 *
 * A device is a row of data and a few functions. It knows offsets into its
 * own ranges and never an address, holds all its state in one block that the
 * machine allocates (zeroed), and is written as if single threaded: whoever
 * calls it holds its lock. Everything it may ask of the world is a board_*()
 * function; core/board.c is the real world, tests/unit/fake_board.c another.
 */
#ifndef MKVM_DEVICE_H
#define MKVM_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "table.h"

enum dev_space {
	DEV_PIO,  /* I/O ports, 0x0000-0xffff */
	DEV_MMIO, /* guest-physical memory that no RAM backs */
};

/*
 * Whose an access is that does not lie in one range as a whole, or is wider
 * than the device decodes.
 */
enum dev_reach {
	/* Byte lanes, as on the ISA bus: whatever falls on the range is its,
	 * wherever the access began, in pieces of the device's width. */
	DEV_LANES,
	/* Only what began in the range. The end of an access that began before
	 * it passes by: nobody meant this device. */
	DEV_BEGUN,
	/* One register, only by an access at its first address as wide as it
	 * is. No other address is claimed, and so a narrower register of
	 * another device may lie across it, as 0xCF9 does across 0xCF8. */
	DEV_REGISTER,
};

struct dev_range {
	enum dev_space space;
	uint64_t base; /* port number or gpa of offset 0 */
	uint64_t len;  /* bytes; 0 ends the list */
	enum dev_reach reach;
};

#define DEV_RANGES_MAX 6
#define DEV_IRQS_MAX   2

/* Buttons of a mouse. */
#define POINTER_LEFT   0x01
#define POINTER_RIGHT  0x02
#define POINTER_MIDDLE 0x04

/* Chips that are devices of ours with some kinds of --irqchip only. */
enum dev_chips {
	DEV_CHIP_PIC = 1 << 0, /* the 8259s, and with them the 8254 */
	DEV_CHIP_IOAPIC = 1 << 1,
};

struct chip;	     /* include/chip.h */
struct fw_files;     /* util/fwfile.h */
struct stash;	     /* util/stash.h */
struct pci_function; /* include/pci.h */
struct spare;	     /* include/spare.h */
struct surface;	     /* util/surface.h */
struct picture;	     /* util/picture.h */
struct board;	     /* one per device instance; opaque to the device */

struct device_type {
	const char *name; /* one word, as in --list */
	const char *what; /* one line for --list: what the guest sees */
	struct dev_range ranges[DEV_RANGES_MAX];

	/* ISA interrupt lines; the index here is the `pin` of board_irq(). */
	unsigned char irqs[DEV_IRQS_MAX];
	unsigned int nr_irqs;

	/*
	 * Widest access in bytes the device decodes: 1, 2, 4 or 8. The bus
	 * splits anything wider into accesses of this size at consecutive
	 * offsets, low part first. A DEV_REGISTER is as wide as it is long.
	 */
	unsigned int width;

	size_t size; /* bytes of state */

	/* Power-on state. @dev is zeroed; keep @board for later calls. */
	void (*init)(void *dev, struct board *board);

	/*
	 * One access of @size bytes at @off into range number @range. The bus
	 * masks what read() returns to @size and never calls with @off + @size
	 * beyond the range.
	 */
	uint64_t (*read)(void *dev, unsigned int range, uint64_t off,
			 unsigned int size);
	void (*write)(void *dev, unsigned int range, uint64_t off,
		      unsigned int size, uint64_t val);

	/*
	 * REP INS: @nr times what read() does, of @size bytes each at @off, to
	 * @to, one behind the other; an access that is the device's as it is. It
	 * ends no guest. NULL: read() is called for each.
	 */
	void (*read_items)(void *dev, unsigned int range, uint64_t off,
			   unsigned int size, unsigned int nr, void *to);

	/*
	 * Console input is waiting: takes as many of the @len bytes at @buf as
	 * fit and returns how many. A device that took fewer than it was
	 * offered calls board_rx_more() once it has room again. NULL: the
	 * device takes no input.
	 */
	size_t (*input)(void *dev, const uint8_t *buf, size_t len);

	/*
	 * Somebody who sits at the guest's screen, by a display that is no terminal,
	 * presses the key @code or lets it go: a KEY_ of
	 * <linux/input-event-codes.h>. One that is down repeats by the
	 * keyboard's own clock until it is let go, and whoever pressed it does
	 * that before he leaves; more of the same change nothing. Keys that
	 * the guest is too slow for are lost, letting go is not. May come on
	 * any thread, which waits for the lock: sends no output. NULL: it is
	 * no keyboard.
	 */
	void (*key)(void *dev, unsigned int code, bool down);

	/*
	 * Likewise moves the mouse by @dx to the right and @dy down, in counts
	 * of the mouse, turns its wheel by @wheel notches away from him, and
	 * has those of its buttons down that have a bit in @buttons
	 * (POINTER_LEFT, ...). NULL: it is no mouse.
	 */
	void (*pointer)(void *dev, int dx, int dy, int wheel,
			unsigned int buttons);

	/*
	 * The other end of the line has gone: no input will come any more. Once
	 * at most. NULL: the device has no line to be told by.
	 */
	void (*hang_up)(void *dev);

	/*
	 * The terminal has another size now: see board_terminal(). NULL: the
	 * guest is not told, or was told at the start only.
	 */
	void (*resize)(void *dev);

	/*
	 * The power button is pressed; whether the guest is listening, so that
	 * it may shut down in order. The main thread waits for such a device,
	 * which therefore sends no output. NULL: the button is not wired here.
	 */
	bool (*power)(void *dev);

	/* The deadline given to board_timer() has passed. NULL: no timer. */
	void (*timer)(void *dev);

	/*
	 * The guest has ended, and a worker (include/worker.h) may be waiting:
	 * whatever it waits for ends at once, for good. Without the lock.
	 * NULL: no wait is long.
	 */
	void (*abort)(void *dev);

	/* All threads are gone, and the state goes next: closes what is open.
	 * NULL: nothing is. */
	void (*release)(void *dev);

	/*
	 * The machine is reset: nothing is on its way any more, what the guest had set
	 * up is forgotten, and its lines are low. What the guest has put on a disk, and
	 * what the world outside has done, stays. What is remembered of its power-on
	 * is laid over that by restored(). On a vCPU's thread; may wait for workers.
	 * NULL: that is all there is to do.
	 */
	void (*reset)(void *dev);

	/*
	 * What is remembered of it when its guest is saved: the state from byte
	 * @saved on, up to @size. That is plain data: no pointer, no descriptor,
	 * nothing that another process has elsewhere. Members before it are
	 * init()'s. @version counts the layouts of that and of save(), from 1;
	 * 0: it cannot be saved, and neither can a guest that has it. Timer and
	 * interrupt lines are remembered by the machine.
	 */
	unsigned int version;
	size_t saved;

	/* Whether all that it has begun is in its state or in guest RAM: no worker
	 * has a request on its way. Where that is false, board_ring() says when
	 * it has become true. NULL: always. */
	bool (*still)(void *dev);

	/* What there is to remember beside that, of whatever length. NULL: nothing
	 * is. */
	void (*save)(void *dev, struct stash *out);

	/*
	 * The plain data is back, after init() and before the guest runs: gets
	 * what save() has put, and makes all else that follows from it. False: no
	 * device of this type was ever in such a state, or this run has not what
	 * it needs. The file may be anybody's: each number that is an index, a
	 * length or an address is checked. Who has threads to start, or much to
	 * tell the guest, sets a timer: that comes when the guest runs. NULL:
	 * whatever the bytes are, they harm nobody.
	 */
	bool (*restored)(void *dev, struct stash *in);

	/*
	 * What the guest's screen shows, all of it, in @surface; changes
	 * nothing. False: there is nothing to see. NULL: it has no screen.
	 */
	bool (*look)(void *dev, struct surface *surface);

	/*
	 * The same as pixels, in @out, of whatever mode: see util/picture.h.
	 * Changes nothing that the guest sees.
	 */
	bool (*picture)(void *dev, struct picture *out);

	/*
	 * DEV_CHIP_: created only in a VM where all of these are devices of
	 * ours. 0: in every VM.
	 */
	unsigned int chips;

	/* Interrupt controllers only: what is theirs alone; or NULL. */
	const struct chip *chip;

	/* A function on the PCI bus: what it is, see include/pci.h; or NULL. */
	const struct pci_function *pci;

	/* It shows or hides memory between A0000h and FFFFFh, see
	 * include/device_memory.h, for the feature of this name: without that, the
	 * window is RAM's. NULL: it does not. */
	const char *window;

	/* A bridge to that bus: only in a VM where something else is on it. */
	bool is_bridge;

	/* A function that comes and goes while the guest runs, or what tells the
	 * guest of that, which is only in a VM with such functions: see
	 * include/spare.h; or NULL. */
	const struct spare *spare;

	/* General purpose event @gpe of ACPI, 0-7, has happened; takes no time and
	 * sends nothing. NULL: it has none. */
	void (*event)(void *dev, unsigned int gpe);

	/* The feature by which a guest is told of it, and it goes with that;
	 * or NULL. */
	const char *told_by;
};

/* Whether @type is an interrupt controller: no guest that has interrupts can
 * go without. */
static inline bool device_is_chip(const struct device_type *type)
{
	return type->chip != NULL;
}

#define DEVICE(type) TABLE_ROW(device, device_type, type)

/* Sets interrupt line @pin of this device (index into irqs[]) to @level. */
void board_irq(struct board *board, unsigned int pin, bool level);

/* Sends @len bytes at @buf to the guest's console output. */
void board_tx(struct board *board, const void *buf, size_t len);

/*
 * The guest begins to listen here and there is room: console input goes to
 * this device from now on (the last one to ask has it), through input().
 */
void board_rx_ready(struct board *board);

/*
 * There is room for what input() has left behind: it goes on, unless another
 * device has asked meanwhile. So what comes in order stays in order.
 */
void board_rx_more(struct board *board);

/* Whether a driver of the guest's may offer room for keys before it can take them:
 * Linux's do. Then something else has to show that somebody listens. */
bool board_is_early(struct board *board);

/* This is the keyboard that goes with the guest's screen: while the terminal shows
 * that, input() brings what is typed, and board_at_screen() is true. */
void board_screen_ready(struct board *board);
bool board_at_screen(struct board *board);

/* Whether the guest may read keys without a sign that it does, as one that a BIOS
 * has started, and nobody asks. Then input() brings the keyboard a single byte,
 * which the console takes back if another device asks first. */
bool board_lends(struct board *board);

enum board_stop {
	BOARD_STOP_EXIT,  /* the guest ended itself; status is its own, 0-63 */
	BOARD_STOP_RESET, /* the guest pulled the reset line */
};

/* How large the terminal is in characters, for a guest that has all of it; 0 by 0
 * where there is none, or several guests share it. */
void board_terminal(struct board *board, unsigned int *columns,
		    unsigned int *lines);

/* Whether the guest goes on after this access. A device asks that now and then
 * during one that may take long. */
bool board_goes_on(struct board *board);

/* Ends the guest after the current access. @status counts for EXIT only. */
void board_stop(struct board *board, enum board_stop why, int status);

/* Nanoseconds on a monotonic clock that starts at 0 with the guest. */
uint64_t board_now_ns(struct board *board);

/* How many VM exits in a row the vCPU whose access this is has made from the same
 * place, with the same pointers in RSP, RSI and RDI, and asked this here. */
unsigned int board_repeats(struct board *board);

/* The access takes until @until_ns of the guest's clock, or BOARD_LINGER_NS: less
 * than it would take the vCPU to come back. The device's lock stays taken. */
#define BOARD_LINGER_NS 30000
void board_linger(struct board *board, uint64_t until_ns);

/* What that vCPU asks for is the same until @until_ns of the guest's clock: behind
 * this access it sleeps until then. Less if anything comes for it. */
void board_rest(struct board *board, uint64_t until_ns);

/* Calls timer() at @deadline_ns of that clock; 0 disarms. */
void board_timer(struct board *board, uint64_t deadline_ns);

/* Host wall clock since 1970-01-01 UTC. */
struct timespec board_wall(struct board *board);

/* What firmware would have counted: a device that is asked how large the
 * machine is says this. */
struct board_size {
	uint64_t ram_low;  /* bytes of RAM from 0 on */
	uint64_t ram_high; /* and from 4 GiB on */
	unsigned int nr_cpus;
};

struct board_size board_size(struct board *board);

/* RBX of the vCPU whose access is being answered: a hypercall's argument. */
uint64_t board_rbx(struct board *board);

/* Fills @buf with @len random bytes of the host's, 256 at most; where it has
 * none, the guest is ended. */
void board_random(struct board *board, void *buf, size_t len);

/* The hva of the @len bytes of guest RAM at @gpa, for a device that reads or
 * writes there; NULL unless all of them are RAM. The guest may change them at
 * any time. */
void *board_ram(struct board *board, uint64_t gpa, size_t len);

/*
 * The guest does without the @len bytes of RAM at @hva, which is from board_ram() or
 * a chain of virtio, and without what is in them: the host has the pages back,
 * and they are zeroes when they are next touched. Only whole pages go. The
 * result is how many bytes did.
 */
size_t board_discard(struct board *board, void *hva, size_t len);

/* The guest's place on the command line, from 0. */
unsigned int board_guest_id(struct board *board);

/* What the option that made this device said, as its plug put it: see
 * include/plug.h. NULL for a device that is in every guest. */
const void *board_config(struct board *board);

/* What firmware is to start: see plan_boot() in include/plug.h. */
unsigned int board_boot(struct board *board);

/* Which drives for floppies there are, as a PC's CMOS RAM has it at 10h: the first in
 * the high digit, 1 360 KB, 2 1.2 MB, 3 720 KB, 4 1.44 MB, 5 2.88 MB, 0 none. */
uint8_t board_floppies(struct board *board);

/* What firmware is given by fw_cfg (util/fwfile.h); NULL: this guest begins with
 * none. They are there from its first instruction on, not in init(). */
struct fw_files *board_files(struct board *board);

/* Whether this run has the feature @name: see include/feature.h. */
bool board_has(struct board *board, const char *name);

/* In save() or restored(), which is false then: it cannot be, and @why, for the user,
 * behind the device's name; one message, and no other follows. */
void board_refuse(struct board *board, const char *why, ...)
	__attribute__((format(printf, 2, 3)));

/* In save() or restored(): the state is that at power-on, of a machine that is reset;
 * what a reset() has done needs no bytes. */
bool board_resets(struct board *board);

/* In save(): the state is for copies of the guest, which run beside it, at the same
 * time. And whether this is one: its number, from 1; 0: none. */
bool board_forks(struct board *board);
unsigned int board_copy(struct board *board);

/*
 * The guest asks to be saved to where the user has said. False: nobody has, or it
 * cannot be. Else its vCPUs stand still before they execute anything more, and go
 * on when it is done; then the second says whether it was. In the guest that is
 * restored from there, nobody has asked.
 */
bool board_save(struct board *board);
bool board_is_saved(struct board *board);

/*
 * The guest did something no driver should: counted, and logged once per
 * device and @what (a string literal), with @val.
 */
void board_oddity(struct board *board, const char *what, uint64_t val);

#endif
