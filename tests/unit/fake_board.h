/*
 * A board for tests: everything a device says is recorded, everything it asks
 * for is a field to set, and the console is a string that waits.
 *
 * Ports are those of the guest, so that tests read like drivers. A device
 * that breaks the contract of device.h ends the program by abort().
 */
#ifndef MKVM_FAKE_BOARD_H
#define MKVM_FAKE_BOARD_H

#include "chip.h"
#include "device.h"
#include "device_memory.h"
#include "ioevent.h"
#include "pci.h"
#include "queue.h"
#include "spare.h"
#include "worker.h"

#define FAKE_TX_MAX	 4096
#define FAKE_WATCHED_MAX 32

struct board {
	const struct device_type *type;
	void *dev;

	bool irq[DEV_IRQS_MAX];
	bool any_level; /* lines may be set to what they are */
	unsigned int irq_changes[DEV_IRQS_MAX];

	char tx[FAKE_TX_MAX]; /* the first of what was sent, a string */
	size_t tx_len;	      /* all that was sent */
	unsigned int tx_calls;

	unsigned int stops;
	enum board_stop stop_why; /* of the last stop */
	int stop_status;

	unsigned int oddities;
	const char *oddity; /* the last one */
	uint64_t oddity_val;

	unsigned int rx_readies; /* board_rx_more() counts here, too */
	unsigned int rx_mores;
	unsigned int screen_readies; /* board_screen_ready() */
	bool at_screen;
	bool not_early;	      /* board_is_early() is false */
	bool lends;	      /* board_lends(), while nobody has asked */
	bool saves, is_saved; /* board_save() and board_is_saved() */
	unsigned int saving;  /* calls of the first */
	bool rx_ready;	      /* since the last fake_console_turn() */
	bool feed_at_once;    /* board_rx_ready() brings input() with it */
	const uint8_t *input;
	size_t input_len; /* what the console still has */
	size_t chunk;	  /* offered at a time; 0 is everything */

	bool hung_up;			   /* nobody is at the other end */
	unsigned int columns, lines;	   /* board_terminal() */
	bool ends;			   /* board_goes_on() is false */
	unsigned int discards;		   /* board_discard() */
	uint64_t discarded, discarded_len; /* the last, and of all together */

	uint64_t now_ns, deadline_ns;
	unsigned int repeats; /* what board_repeats() says */
	uint64_t rest_ns;     /* of the last board_rest(); 0: none */
	int64_t wall_s;	      /* the host's clock when now_ns was 0 */
	uint64_t rbx;

	const void *config; /* for board_config() */
	uint8_t random;	    /* the next random byte; each is one more */
	size_t random_len;
	unsigned int guest_id;
	const char *const *without; /* see fake_without */
	struct board_size size;

	bool intr; /* the level of the CPU's INTR pin */
	unsigned int intr_changes;

	unsigned int sends;			  /* board_send() */
	struct dev_message sent;		  /* the last one */
	unsigned int eoi_lists;			  /* board_want_eoi() */
	struct dev_message eoi[DEV_MESSAGES_MAX]; /* the last one */
	unsigned int nr_eoi;

	/* A function on PCI. */
	unsigned int slot;
	bool pin; /* its level */
	unsigned int pin_changes;
	unsigned int messages;
	uint64_t message_address; /* the last one's */
	uint32_t message_data;
	struct {
		uint64_t base;
		bool on;
	} bars[PCI_BARS];
	struct board *slots[PCI_SLOTS]; /* of a bridge: what is behind it */

	/* include/spare.h: of the registers, which slots are full, and how often one
	 * was ejected that was; of a function, whether it is not there, and how often
	 * it was emptied. */
	unsigned int spares, ejected;
	bool absent;
	unsigned int emptied;

	/* include/worker.h */
	struct fake_watched {
		struct event_source *src;
		uint32_t events;
	} watched[FAKE_WATCHED_MAX];
	unsigned int nr_watched, waits, rings;
	struct ioevent ioevents[IOEVENTS_MAX]; /* include/ioevent.h */
	unsigned int nr_ioevents;
	bool let_go;

	/* Snapshots */
	unsigned int copy;
	bool forks;
	char refused[256]; /* what board_refuse() said first; "" nothing */

	/* include/device_memory.h */
	struct fake_memory {
		uint8_t *data; /* NULL: not made */
		size_t len;
		uint64_t gpa;
		size_t offset, shown;
		bool writable, asked;
		uint64_t *written; /* for the device's next question */
	} memories[BOARD_MEMORIES];
	bool window_is_held;
	uint8_t ram_ways[(WINDOW_END - WINDOW_START) / 4096];

	/* include/queue.h */
	const struct queue_counts *counts;
	unsigned int nr_counts, events;
	struct queue_event event; /* the last one */

	bool page_hidden; /* include/shown_page.h */

	uint8_t *ram; /* board_ram(): gpa 0 and what follows */
	size_t ram_size;
};

/* Whether they hear of what happens in queues. */
extern bool fake_hears;

/* What boards opened from now on go without, by board_has(): a NULL-terminated
 * list, or NULL for nothing. */
extern const char *const *fake_without;

/* Likewise the slot they get, and whether there are no local APICs. */
extern unsigned int fake_slot;
extern bool fake_no_messages;
struct fw_files;
extern unsigned int fake_boot;	    /* board_boot() */
extern uint8_t fake_floppies;	    /* board_floppies() */
extern struct fw_files *fake_files; /* board_files() */
extern const void *fake_config;	    /* and what board_config() says */
/* The size of the terminal: board_terminal(). */
extern unsigned int fake_columns, fake_lines;
/* How large their machine is: 128 MiB and one vCPU, unless a test says more. */
extern struct board_size fake_size;

/* What others do while a device waits, in board_wait(), which is then true; NULL:
 * nobody does anything, and the guest is to end. */
extern void (*fake_meanwhile)(struct board *board);

/* What board_show_page() gives, SHOWN_SIZE bytes; NULL: nothing. */
extern void *fake_page;
/* Whether board_hide_page() cannot. */
extern bool fake_page_stays;

/* Whether each device that can be is saved and restored before everything that
 * happens to it; whether that is going on. */
extern bool fake_reloads, fake_reloading;

/* Where the guest finds @gpa in a memory of the device's, or NULL. */
uint8_t *fake_shown(struct board *board, uint64_t gpa);
/* It has none any more. */
void fake_free_memories(struct board *board);

/* Ends the program: @board's device broke the contract. */
void fake_broken(const struct board *board, const char *what, uint64_t val);

/* Powers up the linked-in device called @name, or the one of @type. */
void fake_board_open(struct board *board, const char *name);
void fake_board_open_type(struct board *board, const struct device_type *type);
void fake_board_close(struct board *board);

/* One access of @size bytes (1, 2, 4) to a port or gpa, split as the bus does. */
uint64_t fake_in(struct board *board, uint64_t addr, unsigned int size);
void fake_out(struct board *board, uint64_t addr, unsigned int size,
	      uint64_t val);

/* What is remembered of the device; and a new one of that, which was waiting for
 * @deadline_ns: false: it takes that for impossible. */
void fake_save(struct board *board, struct stash *out);
bool fake_restore(struct board *board, uint64_t deadline_ns, struct stash *in);

/* The same of a machine that is reset: what it was at its start, and is made again in
 * place. */
void fake_remember(struct board *board, struct stash *out);
bool fake_reset(struct board *board, struct stash *in);
extern bool fake_resets; /* board_resets() */

/* Through a snapshot, unless it is not still: nobody must be able to tell. And if
 * `fake_reloads` says so. */
void fake_reload(struct board *board);
void fake_reload_now_and_then(struct board *board);

/* What a worker would do now: calls what is ready; false: nothing is. */
bool fake_work(struct board *board);

/* Offers @len bytes at @buf once; what is left is nobody's. */
size_t fake_offer(struct board *board, const void *buf, size_t len);

/* The guest's clock goes on to @ns; the device's timer calls come on time. */
void fake_run_until(struct board *board, uint64_t ns);

/* The other end of the line goes. A snapshot would be restored at another line. */
void fake_hang_up(struct board *board);

/* The console's turn: feeds `input` if the device has asked for it. */
void fake_console_turn(struct board *board);

#endif
