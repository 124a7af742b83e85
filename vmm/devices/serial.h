/*
 * Between the parts of COM1: the registers (serial.c), what asks the CPU to
 * look (serial_irq.c), and what has come and was not read yet (serial_fifo.c).
 *
 * The last two can be missing. serial_irq_none.c and serial_fifo_none.c stand
 * in for them, and a run that goes without them does what the stand-ins do.
 */
#ifndef MKVM_SERIAL_H
#define MKVM_SERIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "device.h"

#define IER_ERBFI 0x01 /* received data available */

#define IIR_NONE    0x01
#define IIR_RLS	    0x06
#define IIR_RDA	    0x04
#define IIR_TIMEOUT 0x0c
#define IIR_THRE    0x02
#define IIR_MODEM   0x00

#define MCR_DTR	 0x01
#define MCR_RTS	 0x02
#define MCR_OUT1 0x04
#define MCR_OUT2 0x08
#define MCR_LOOP 0x10
#define MCR_MASK 0x1f

#define FIFO_SIZE 16

struct serial {
	struct board *board;
	bool has_irq;  /* as this run wants it: serial_irq_init() */
	bool has_fifo; /* likewise */
	bool hung_up;  /* the other end of the line has gone */

	/* What is remembered of it begins here. */
	uint8_t ier, fcr, lcr, mcr, scr;
	uint8_t msr;	  /* lines and delta bits */
	uint16_t divisor; /* DLM:DLL */

	uint8_t rx[FIFO_SIZE]; /* RBR, or the FIFO when FCR enables it */
	unsigned int rx_head, rx_len;
	bool overrun;	   /* LSR OE */
	bool thre_pending; /* the THRE interrupt has not been seen yet */
	bool level;	   /* of the interrupt line, after the OUT2 gate */

	bool rts_used;	 /* the guest has raised RTS: lowering it means stop */
	bool out2_used;	 /* likewise OUT2: it gates the interrupt line */
	bool trying;	 /* no other register was used since IER was written */
	uint8_t polls;	 /* looks at an idle receiver in a row */
	bool listening;	 /* as of the last access */
	bool refused;	 /* input() left something behind */
	bool resting;	 /* and asks for it when the timer goes off */
	uint64_t fed_ns; /* when input() came last */
	uint8_t thr;	 /* the character written last */
};

/* The interrupt of the highest rank that is enabled and pending, as IIR shows
 * it without the bits of the FIFOs. */
uint8_t serial_interrupt_id(const struct serial *s);

void serial_irq_init(struct serial *s);

/* Whether interrupts get out: OUT2 lets them, and so does who never used it. */
bool serial_gate_is_open(const struct serial *s);

/* Sets the interrupt line to what the registers say. */
void serial_irq_update(struct serial *s);

/* The driver has enabled the THRE interrupt, which was off. */
void serial_irq_enable_thre(struct serial *s);

/* Characters have come; and the guest has read them all: more are asked for. */
void serial_irq_fed(struct serial *s);
void serial_irq_more(struct serial *s);

/* The `timer`: time for the next ones. */
void serial_irq_rested(void *dev);

void serial_fifo_init(struct serial *s);

/* The guest writes FCR. */
void serial_fifo_control(struct serial *s, uint8_t val);

/* The bits that say in IIR whether the FIFOs are on. */
uint8_t serial_fifo_bits(const struct serial *s);

/* Whether such an FCR, and so many characters that wait, can be. */
bool serial_fifo_fits(const struct serial *s);

/* How many characters can come before one is lost. */
unsigned int serial_rx_room(const struct serial *s);

/* A character comes in; where there is no room, that is an overrun. */
void serial_rx_put(struct serial *s, uint8_t c);

/* The oldest character, to a guest that reads RBR: there must be one. */
uint8_t serial_rx_get(struct serial *s);

/* Which interrupt the characters that wait make: there must be one. */
uint8_t serial_rx_interrupt(const struct serial *s);

#endif
