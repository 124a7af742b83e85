/*
 * Two channels of IDE, between the files of this folder. Registers and bits have
 * the names of ATA/ATAPI-6 (T13 1410D).
 *
 *   port    read               written
 *   1F0     data               data                  16 or 32 bits at a time
 *   1F1     Error              Features
 *   1F2     Sector Count       Sector Count          ATAPI: Interrupt Reason
 *   1F3     LBA Low            LBA Low               CHS: sector, from 1
 *   1F4     LBA Mid            LBA Mid               cylinder, low; Byte Count
 *   1F5     LBA High           LBA High              cylinder, high
 *   1F6     Device             Device                which drive; head, LBA 24-27
 *   1F7     Status             Command
 *   3F6     Alternate Status   Device Control
 *
 * The second channel is at 170 and 376. What the guest writes goes to the registers
 * of both drives of a channel, and it reads those of the chosen one.
 */
#ifndef MKVM_IDE_H
#define MKVM_IDE_H

#include <stdbool.h>
#include <stdint.h>

#include "disk.h"
#include "pci.h"
#include "util/event.h"

#define IDE_CHANNELS 2
#define IDE_DRIVES   2	/* of a channel */
#define IDE_MULTIPLE 16 /* sectors of a block, at most */
#define IDE_BUFFER   (IDE_MULTIPLE * DISK_SECTOR)
#define IDE_PACKET   12

/* CHS as a PC has it, until the guest says otherwise */
#define IDE_HEADS     16
#define IDE_SECTORS   63
#define IDE_CYLINDERS 16383 /* more are not told of */

enum ide_reg {
	IDE_DATA,
	IDE_ERROR, /* Features */
	IDE_COUNT,
	IDE_LBA_LOW,
	IDE_LBA_MID,
	IDE_LBA_HIGH,
	IDE_DEVICE,
	IDE_STATUS, /* Command */
};

#define STATUS_ERR  0x01
#define STATUS_DRQ  0x08
#define STATUS_DSC  0x10 /* of old: the heads are where they are to be */
#define STATUS_DF   0x20
#define STATUS_DRDY 0x40
#define STATUS_BSY  0x80

#define ERROR_ABRT 0x04
#define ERROR_IDNF 0x10
#define ERROR_UNC  0x40

#define DEVICE_DEV 0x10
#define DEVICE_LBA 0x40
#define DEVICE_OLD 0xa0 /* read as ones */

#define CONTROL_NIEN 0x02
#define CONTROL_SRST 0x04
#define CONTROL_HOB  0x80

/* ATAPI: Sector Count is the Interrupt Reason */
#define REASON_COD 0x01 /* it is a command, or the end of one */
#define REASON_IO  0x02 /* to the host */

enum ide_phase {
	PHASE_IDLE,
	PHASE_IN,     /* the guest reads a block of data */
	PHASE_OUT,    /* the guest writes one */
	PHASE_PACKET, /* the guest writes a packet */
	PHASE_DMA,    /* the bus master is to begin */
	PHASE_WORK,   /* the worker is at it: BSY */
	PHASE_RESET,  /* SRST is set */
	PHASES
};

/* What the worker does. */
enum ide_job {
	JOB_NONE,
	JOB_FILL,   /* the buffer, from the disk */
	JOB_STORE,  /* the buffer, to the disk */
	JOB_VERIFY, /* reads, and nobody wants it */
	JOB_FLUSH,
	JOB_DMA,
	JOBS
};

/* A register that has two bytes: the one written last, and the one before. */
struct ide_pair {
	uint8_t now, before;
};

/* What is remembered of a drive. */
struct ide_drive {
	struct ide_pair features, count, lba[3];
	uint8_t device, status, error;
	uint8_t heads, sectors;		/* CHS, as the guest has it */
	uint8_t own_heads, own_sectors; /* and as the disk was made */
	uint8_t multiple;	   /* sectors of a block; 0: none was set */
	uint8_t mode;		   /* of transfers: SET FEATURES 03h */
	bool through;		   /* no write cache: each write is flushed */
	uint8_t sense, sense_code; /* a CD-ROM's: why the last packet failed */
	bool is_open, is_locked;   /* its tray */
};

/* The same of a channel. `at`, `end` and `len` are in the buffer: the next byte, the
 * end of this block, and of all that is there. */
struct ide_state {
	struct ide_drive drives[IDE_DRIVES];
	uint8_t control, command, phase, job;
	uint8_t unit; /* the drive that the command is of */
	bool asks;    /* INTRQ */
	bool line;    /* and what of it is on the wire */
	bool wide;    /* the command's addresses have 48 bits */
	bool to_disk; /* DMA: which way */
	bool by_dma;  /* a packet's data is */
	uint32_t at, end, len;
	uint32_t block; /* bytes of data between two interrupts */
	uint8_t bm_command, bm_status; /* the bus master's: dma.c */
	uint32_t bm_table;
	uint64_t pos;  /* the next byte of the disk */
	uint64_t left; /* bytes that are neither here nor there yet */
	uint8_t buffer[IDE_BUFFER];
};

/* What an option says of a drive. */
struct ide_slot {
	struct disk *disk; /* NULL: no drive */
	char *text;	   /* with its names; freed after it */
	char serial[DISK_SERIAL_SIZE];
	bool is_cd;
};

struct ide_given {
	struct ide_slot slots[IDE_CHANNELS * IDE_DRIVES];
};

struct ide;

struct ide_channel {
	struct ide *ide;
	struct ide_state *state;
	const struct ide_slot *slots; /* two */
	unsigned int nr;
	unsigned int cut; /* drives that are reset when the worker is back */
	uint64_t told; /* errors that there was a message about, a bit each */
	struct event_source work; /* eventfd: there is a job */
};

struct ide {
	struct pci pci; /* first: see include/pci.h */
	struct board *board;
	bool has_dma;
	struct ide_channel channels[IDE_CHANNELS];

	/* What is remembered of it begins here. */
	struct ide_state state[IDE_CHANNELS];
};

/* The drive that the guest has chosen, and that the command is of. */
static inline unsigned int ide_chosen(const struct ide_state *s)
{
	return !!(s->drives[0].device & DEVICE_DEV);
}

static inline struct ide_drive *ide_drive(struct ide_channel *c)
{
	return &c->state->drives[c->state->unit];
}

static inline const struct ide_slot *ide_slot(const struct ide_channel *c)
{
	return &c->slots[c->state->unit];
}

static inline bool ide_is_there(const struct ide_channel *c, unsigned int unit)
{
	return c->slots[unit].disk;
}

/* regs.c: an access to a register of the command block but Data; the two of the
 * control block; INTRQ; and drives as they are after a reset, a bit each. */
uint8_t ide_read_reg(struct ide_channel *c, enum ide_reg reg);
void ide_write_reg(struct ide_channel *c, enum ide_reg reg, uint8_t val);
uint8_t ide_read_control(struct ide_channel *c);
void ide_write_control(struct ide_channel *c, uint8_t val);
void ide_ask(struct ide_channel *c, bool asks);
void ide_sign(struct ide_channel *c, unsigned int unit);
void ide_come_back(struct ide_channel *c, unsigned int units);

/* command.c: the guest has written Command. It ends: with @error, the register, or
 * without, 0; and INTRQ follows. */
void ide_command(struct ide_channel *c, uint8_t command);
void ide_finish(struct ide_channel *c, uint8_t error);

/* The same where @error is not the command's own fault: a packet's is a sense. */
void ide_fail(struct ide_channel *c, uint8_t error);

/* identify.c: what the drive says of itself, 512 bytes in the buffer. */
void ide_identify(struct ide_channel *c);

/* address.c: which sectors the command is of, as the registers say. False: none that
 * there are. And the registers for sector @lba, as the command has put it. */
bool ide_address(struct ide_channel *c, uint64_t *lba, uint32_t *count);
void ide_put_address(struct ide_channel *c, uint64_t lba);
uint64_t ide_nr_sectors(const struct ide_channel *c);
unsigned int ide_cylinders(const struct ide_channel *c, unsigned int heads,
			   unsigned int sectors);

/* transfer.c: the port of data; and what begins with a command: @len bytes, which lie
 * in the buffer, or on the disk from @pos on, go to the guest or come from
 * there, `block` of them at a time. */
uint32_t ide_read_data(struct ide_channel *c, unsigned int size);
void ide_read_words(struct ide_channel *c, unsigned int size, unsigned int nr,
		    uint8_t *to);
void ide_write_data(struct ide_channel *c, unsigned int size, uint32_t val);
void ide_give(struct ide_channel *c, uint32_t len);
void ide_begin_in(struct ide_channel *c, uint64_t pos, uint64_t len);
void ide_begin_out(struct ide_channel *c, uint64_t pos, uint64_t len);

/* The worker is through: bytes are in the buffer; or all that were are not. */
void ide_filled(struct ide_channel *c);
void ide_stored(struct ide_channel *c);

/* work.c: has the worker do @job; and what the worker does. */
void ide_post(struct ide_channel *c, enum ide_job job);
void ide_work(void *channel, uint32_t events);

/* packet.c: the guest will write a CD-ROM's packet; it has come, and lies in the
 * buffer. */
void ide_begin_packet(struct ide_channel *c);
void ide_packet(struct ide_channel *c);

/* The disc could not be read. */
void ide_packet_fail(struct ide_channel *c);

/* controller.c, for the rows of the controller. */
void ide_init(void *dev, struct board *board);
uint64_t ide_read(void *dev, unsigned int range, uint64_t off,
		  unsigned int size);
void ide_read_items(void *dev, unsigned int range, uint64_t off,
		    unsigned int size, unsigned int nr, void *to);
void ide_write(void *dev, unsigned int range, uint64_t off, unsigned int size,
	       uint64_t val);
bool ide_still(void *dev);
void ide_reset(void *dev);
void ide_abort(void *dev);
void ide_release(void *dev);
void ide_save(void *dev, struct stash *out);
bool ide_restored(void *dev, struct stash *in);
void ide_forget(const void *given);

#endif
