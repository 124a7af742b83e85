/*
 * The explainer's own contract: what its tables of registers look like.
 *
 * explain.c is the probe and the layout, access.c takes an access
 * apart and finds its row, serial.c, hypercall.c,
 * i8042.c, cmos.c, ioapic.c, vga.c, ide.c, floppy.c and chips.c are the
 * rows of the devices, virtio.c those of virtio and of its queues, exits.c those of the exits that are no access.
 */
#ifndef MKVM_EXPLAIN_H
#define MKVM_EXPLAIN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/text.h"

struct exit_view;
struct queue_event;
struct queue_view;

/* What a guest has said earlier that the meaning of an access depends on. */
enum explain_latch {
	LATCH_NONE,
	LATCH_LCR,  /* COM1: its line control register has the DLAB */
	LATCH_CALL, /* hypercalls: the last function */
	LATCH_CMOS, /* the register that port 0x71 stands for */
	LATCH_KBD,  /* i8042: the command that port 0x60 continues; 0: none */
	LATCH_LED,  /* keyboard: likewise */
	LATCH_PIC1, /* 8259A: the initialization word that comes next; 0: none */
	LATCH_PIC2,
	LATCH_IOAPIC, /* the register that IOWIN stands for */
	LATCH_CRTC,   /* VGA: the register behind its second port */
	LATCH_SEQ,
	LATCH_GFX,
	LATCH_VBE,
	LATCH_ATTR,    /* and, bit 7, that its data comes next */
	LATCH_PCI_FN,  /* the device and function that port 0xcfc is */
	LATCH_PCI_REG, /* and its register */
	LATCH_COUNT
};

/* One guest. Its vCPUs may be at different devices at the same time. */
struct explain_guest {
	atomic_uchar latches[LATCH_COUNT];
};

/* The last two are offsets into a virtio device, wherever its guest has it. */
enum explain_space {
	SPACE_PORT,
	SPACE_MEMORY,
	SPACE_VIRTIO_MMIO,
	SPACE_VIRTIO_PCI,
};

/* One access, taken out of kvm_run. */
struct explain_access {
	enum explain_space space;
	bool write;
	uint64_t addr;
	unsigned int size, count; /* bytes of an item, items */
	const uint8_t *data;	  /* the items */
	uint64_t val;		  /* the first one */
	uint64_t rbx;		  /* a hypercall's argument */
	const char *device;	  /* who answers; NULL: nobody */
	enum explain_space inner; /* SPACE_VIRTIO_*, or as space */
	uint64_t off;		  /* there; else it is addr */
};

enum explain_way { WAY_OUT = 1, WAY_IN = 2, WAY_BOTH = 3 };

enum explain_when {
	WHEN_ALWAYS,
	WHEN_VALUE, /* the low byte of the value, in `mask`, is `key` */
	WHEN_LATCH, /* `latch` is `key` */
	WHEN_BITS,  /* `latch` has the bits of `key` */
};

/* A name of the bits of a value: it counts when (val & mask) == val. */
struct explain_bits {
	uint8_t mask, val; /* mask 0 ends the list */
	char name[22];
};

/*
 * One register in one direction, or one command. The first row that fits an
 * access counts, so special ones stand before general ones. Texts that belong
 * together are one string with NULs between, which TEXT() and READ() put
 * together and explain_part() takes apart: a pointer is as long as a word.
 */
struct explain_row {
	uint32_t first, last; /* ports or addresses; last 0: just the one */
	uint8_t space;	      /* enum explain_space */
	uint8_t way;	      /* enum explain_way */
	uint8_t when;	      /* enum explain_when */
	uint8_t key, mask;    /* mask 0: all bits */
	uint8_t latch;	      /* enum explain_latch */
	bool has_bits;

	const char *text;			 /* enum explain_text */
	const char *doc;			 /* enum explain_doc */
	union {					 /* NULL: it is TEXT_DOES */
		const struct explain_bits *bits; /* by BITS() */
		void (*say)(struct text *answer,
			    const struct explain_access *access,
			    const struct explain_guest *guest);
	};
	/* Remembers what later accesses depend on, when it is written or is
	 * for reading only; NULL: nothing. */
	void (*note)(struct explain_guest *guest,
		     const struct explain_access *access);
};

enum explain_text {
	TEXT_NAME,    /* the data sheet's: "THR" */
	TEXT_DOES,    /* what an access does: "sends it" */
	TEXT_MEANING, /* one sentence, for the first time */
};
enum explain_doc {
	DOC_TITLE, /* "PC16550D" */
	DOC_SECTION,
};

#define TEXT(name, does, meaning) .text = name "\0" does "\0" meaning
#define READ(title, section)	  .doc = title "\0" section
#define BITS(list)		  .has_bits = true, .bits = (list)

/* Part @nr of @text. */
const char *explain_part(const char *text, unsigned int nr);

struct explain_table {
	const struct explain_row *rows;
	size_t count;
};

#define EXPLAIN_TABLE(rows)                            \
	{                                              \
		rows, sizeof(rows) / sizeof((rows)[0]) \
	}

extern const struct explain_table explain_serial, explain_hypercall,
	explain_i8042, explain_cmos, explain_ioapic, explain_pci, explain_chips,
	explain_vga, explain_ide, explain_floppy, explain_virtio;

/* What an exit that is no access means, by exit reason. */
struct explain_exit {
	const char *what; /* the guest did: "HLT" */
	const char *doc, *section, *meaning;
	void (*say)(struct text *answer, const struct exit_view *view);
};

/* Never NULL: a reason without a row of its own has a general one. */
const struct explain_exit *explain_find_exit(unsigned int reason);

/* Finds the row of @access; *@index is its place among all rows. One that no
 * table knows has a general row without a name, behind all others. */
const struct explain_row *explain_find_row(const struct explain_access *access,
					   const struct explain_guest *guest,
					   size_t *index);

/* Takes the access out of @view, an I/O or MMIO exit. */
void explain_take_access(struct explain_access *access,
			 const struct exit_view *view);

/* "OUT 0x3f8 <- 'l'" */
void explain_add_access(struct text *text, const struct explain_access *access);

/* "THR: serial prints it" */
void explain_add_answer(struct text *text, const struct explain_access *access,
			const struct explain_row *row,
			const struct explain_guest *guest);

/* 'l' of a character, else 0x6c. */
void explain_add_byte(struct text *text, uint8_t byte);

/* "takes 3 buffers: reads 16 bytes, may write 4097" */
void explain_add_event(struct text *text, const struct queue_event *event);

/* Whether @view is a write that tells a virtio device of requests. */
bool explain_is_kick(const struct exit_view *view);

/* The names of @bits in @val, with spaces between them. */
void explain_add_bits(struct text *text, const struct explain_bits *bits,
		      uint8_t val);

/*
 * Explains @view, with @guest, in @text: one line, or two when the row was
 * not explained before in this process. For explain.c and its tests.
 */
void explain_view(struct text *text, struct explain_guest *guest,
		  const struct exit_view *view);

/* Explains what happened in a queue, in one line. Likewise. */
void explain_queue(struct text *text, const struct queue_view *view,
		   const struct queue_event *event);

#define EXPLAIN_ROWS_MAX 192 /* of all tables together */

#endif
