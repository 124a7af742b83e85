/*
 * The floppy disk controller and the DMA controllers that go with it, between the
 * files of this folder. Registers and bits have the names of Intel's data sheets of
 * the 82077AA and the 8237A.
 *
 *   port    read                       written
 *   3F0     Status A                   -            as on a PS/2
 *   3F1     Status B                   -            likewise
 *   3F2     Digital Output             the same     motors, drive, reset
 *   3F3     Tape Drive                 the same     kept, and means nothing
 *   3F4     Main Status                Data Rate Select
 *   3F5     data                       data         commands, results, PIO
 *   3F7     Digital Input              Configuration Control
 *   00-0F   the first 8237, channels 0-3
 *   C0-DF   the second, channels 4-7, at even ports
 *   81-8F   pages: bits 16-23 of the channels' addresses
 *
 * Sectors have 512 bytes and the numbers of IBM's formats. No drive turns here: what
 * takes time is the file.
 */
#ifndef MKVM_FLOPPY_H
#define MKVM_FLOPPY_H

#include <stdbool.h>
#include <stdint.h>

#include "device.h"
#include "disk.h"
#include "floppy/media.h"
#include "util/event.h"

#define FDC_DRIVES  2
#define FDC_UNITS   4 /* that a command can name */
#define FDC_CODES   9 /* bytes of a command, at most */
#define FDC_RESULTS 10

#define DMA_CHIPS    2
#define DMA_CHANNELS 4 /* of a chip */
#define DMA_PAGES    16

enum fdc_reg {
	FDC_SRA,
	FDC_SRB,
	FDC_DOR,
	FDC_TDR,
	FDC_MSR, /* DSR */
	FDC_DATA,
};

#define DOR_SELECT 0x03
#define DOR_RESET  0x04 /* 0: reset */
#define DOR_GATE   0x08 /* interrupts and DMA reach the bus */
#define DOR_MOTORS 0xf0

#define DSR_RESET 0x80
#define DSR_RATE  0x03

#define MSR_CB	0x10 /* a command is going on */
#define MSR_NDM 0x20 /* its data comes by the port */
#define MSR_DIO 0x40 /* the guest is to read */
#define MSR_RQM 0x80 /* the port of data may be used */

#define ST0_EC	     0x10 /* no track 0 was found */
#define ST0_SE	     0x20 /* a seek has ended */
#define ST0_ABNORMAL 0x40
#define ST0_INVALID  0x80
#define ST0_POLLED \
	0xc0 /* the drive's line "ready" has changed, as by a reset */

#define ST1_MA 0x01 /* no address mark: nothing is formatted there */
#define ST1_NW 0x02 /* write protected */
#define ST1_ND 0x04 /* no such sector on this track */
#define ST1_DE 0x20 /* its data, or its number, is damaged */
#define ST1_EN 0x80 /* the last sector is through, and no TC came */

#define ST2_BC 0x02 /* the track says FFh: it is bad */
#define ST2_WC 0x10 /* the track says that it is another */
#define ST2_DD 0x20 /* it is the data that is damaged */
#define ST2_CM 0x40 /* a sector with the other kind of mark */

#define ST3_WP	  0x40
#define ST3_ONES  0x28
#define ST3_TRACK 0x10 /* 0 */

#define CONFIGURE_EIS	 0x40 /* commands seek by themselves */
#define CONFIGURE_EFIFO	 0x20 /* 1: there is no FIFO */
#define CONFIGURE_POLL	 0x10 /* 1: drives are not polled */
#define CONFIGURE_THR	 0x0f
#define CONFIGURE_AT_RST CONFIGURE_EFIFO

enum fdc_phase {
	PHASE_COMMAND, /* nothing goes on, or its bytes come */
	PHASE_RESET,   /* RESET# is low */
	PHASE_WORK,    /* the worker is at it */
	PHASE_DMA,     /* the buffer waits for channel 2 */
	PHASE_IN,      /* the guest reads it */
	PHASE_OUT,     /* the guest fills it */
	PHASE_RESULT,
	PHASES
};

enum fdc_job { JOB_NONE, JOB_FILL, JOB_STORE, JOBS };

enum fdc_kind {
	KIND_READ,
	KIND_WRITE,
	KIND_VERIFY, /* a read that nobody gets */
	KIND_TRACK,  /* sectors in the order in which they come */
	KIND_FORMAT, /* what comes are numbers of sectors */
	KINDS
};

/* A sector as its track has it. N 2: 512 bytes. */
struct fdc_id {
	uint8_t c, h, r, n;
};

#define ID_N 2

struct fdc_drive {
	uint8_t head;	 /* the cylinder where the heads are */
	uint8_t pcn;	 /* and where the controller takes them to be */
	uint8_t turned;	 /* sectors that have passed by, for READ ID */
	bool is_changed; /* the disk, since the heads last moved */
};

/* One 8237. */
struct dma_chip {
	struct {
		uint16_t address, count; /* as they are now */
		uint16_t base_address, base_count;
		uint8_t mode;
	} channels[DMA_CHANNELS];
	uint8_t command, status, mask;
	bool is_high; /* the next byte of a word is its second */
};

struct fdc_state {
	struct fdc_drive drives[FDC_DRIVES];
	struct dma_chip dma[DMA_CHIPS];
	uint8_t pages[DMA_PAGES];

	uint8_t dor, tdr, rate, phase, job;
	uint8_t specify[2], config, pretrk, perpendicular;
	bool is_locked;

	uint8_t command[FDC_CODES], nr; /* bytes of it that have come */
	uint8_t result[FDC_RESULTS], nr_results, at_result;

	uint8_t waiting;  /* units whose ST0 is to be sensed, a bit each */
	bool is_polled;	  /* it is so by a reset */
	bool seek_asks;	  /* INT, for these */
	bool result_asks; /* INT, for a result */
	bool line;	  /* and what of it is on the wire */
	uint8_t st0[FDC_UNITS];

	/* A command with data. */
	uint8_t kind, unit, head;
	struct fdc_id id; /* of this sector */
	uint8_t eot, st1, st2;
	uint8_t left;	/* sectors; where a count, not EOT, ends it */
	uint8_t sector; /* where it is on the track, from 1 */
	bool by_dma, is_last, is_over; /* TC came; it ends for another reason */
	uint16_t at, end;	       /* in the buffer */
	uint8_t buffer[DISK_SECTOR];
};

/* What an option says of a drive. */
struct fdc_slot {
	struct disk *disk; /* NULL: no drive */
	char *text;	   /* with its names; freed after it */
	const struct floppy_format *format;
};

struct fdc_given {
	struct fdc_slot slots[FDC_DRIVES];
};

struct fdc {
	struct board *board;
	const struct fdc_slot *slots;
	struct event_source work; /* eventfd: there is a job */
	bool is_cut;		  /* reset, and the worker is not back yet */
	uint64_t told; /* errors that there was a message about, a bit each */

	/* Of each disk: marks, a bit for each sector. They stay, as the disk does, when
	 * the machine is reset: saved.c. */
	uint8_t deleted[FDC_DRIVES][FLOPPY_SECTORS / 8];

	/* What is remembered of it begins here. */
	struct fdc_state state;
};

/* Drive @unit, and what is in it; NULL: there is none. */
static inline const struct fdc_slot *fdc_slot(const struct fdc *f,
					      unsigned int unit)
{
	return unit < FDC_DRIVES && f->slots[unit].disk ? &f->slots[unit] :
							  NULL;
}

/* regs.c: accesses; INT follows from the state, or falls before; a result of @nr bytes is in `result`;
 * the state after a reset; and that the worker is back from before one. */
uint8_t fdc_read(struct fdc *f, enum fdc_reg reg);
void fdc_write(struct fdc *f, enum fdc_reg reg, uint8_t val);
uint8_t fdc_read_dir(struct fdc *f);
void fdc_write_rate(struct fdc *f, uint8_t val);
void fdc_update_line(struct fdc *f);
void fdc_pulse(struct fdc *f);
void fdc_give_result(struct fdc *f, unsigned int nr);
void fdc_come_back(struct fdc *f);

/* command.c: a byte of a command has come. Whether bytes of one can have come so, and
 * more are to come, or none has. The heads of @unit step to @cylinder. */
void fdc_take_byte(struct fdc *f, uint8_t byte);
bool fdc_is_begun(const struct fdc_state *s);
void fdc_seek(struct fdc *f, unsigned int unit, unsigned int cylinder);

/* transfer.c: the command is one with data. The buffer is filled, or stored; the guest
 * reads or writes a byte of it; channel 2 may be ready now. It ends, with
 * @ic in ST0. */
void fdc_begin(struct fdc *f, enum fdc_kind kind);
void fdc_filled(struct fdc *f);
void fdc_stored(struct fdc *f);
uint8_t fdc_read_byte(struct fdc *f);
void fdc_write_byte(struct fdc *f, uint8_t byte);
void fdc_try_dma(struct fdc *f);
void fdc_end(struct fdc *f, uint8_t ic);

/* find.c: sector `id` is under the heads, or why not: ST1, and more in `st2`. Where
 * it is on the disk, in sectors. And what READ ID finds next. */
uint8_t fdc_find(struct fdc *f);
uint8_t fdc_find_track(struct fdc *f);
uint8_t fdc_find_next(struct fdc *f);
unsigned int fdc_place(const struct fdc *f);
bool fdc_is_deleted(const struct fdc *f);
void fdc_set_deleted(struct fdc *f, bool is_deleted);

/* work.c: has the worker do @job; and what the worker does. */
void fdc_post(struct fdc *f, enum fdc_job job);
void fdc_work(void *dev, uint32_t events);

/* dma8237.c: the state that a BIOS leaves; a register of chip @nr, a page; whether
 * channel 2 would answer; and @len bytes go between @buf and the guest's memory, as
 * many as its count has: *@tc: that was the end of it. */
void dma_init(struct fdc *f);
uint8_t dma_read(struct fdc *f, unsigned int nr, unsigned int reg);
void dma_write(struct fdc *f, unsigned int nr, unsigned int reg, uint8_t val);
bool dma_is_ready(const struct fdc *f);
size_t dma_move(struct fdc *f, uint8_t *buf, size_t len, bool to_memory,
		bool *tc);

/* controller.c, for the plug. */
const struct device_type *fdc_device(void);
void fdc_forget(const void *given);

/* saved.c */
void fdc_save(void *dev, struct stash *out);
bool fdc_restored(void *dev, struct stash *in);

#endif
