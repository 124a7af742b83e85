/*
 * COM1: a 16550A UART after the data sheet of the PC16550D, wired as in a PC
 * (OUT2 gates the interrupt line once it was used; CTS is always on, DCD and DSR
 * until the line is hung up). Here are its registers; serial.h names the other parts.
 *
 * Characters that are sent take no time: the transmitter is always empty again.
 * Those that come have the pace that serial_irq.c gives them. Left out:
 * baud rate, word length and parity have no effect, DMA modes, break, and
 * writing LSR or MSR, which the data sheet reserves for factory testing.
 */
#include "devices/serial.h"
#include "ison.h"
#include "saved.h"
#include "util/slow.h"

#define COM1_BASE 0x3f8
#define COM1_IRQ  4

enum {
	REG_RBR_THR = 0, /* DLL with DLAB */
	REG_IER = 1,	 /* DLM with DLAB */
	REG_IIR_FCR = 2,
	REG_LCR = 3,
	REG_MCR = 4,
	REG_LSR = 5,
	REG_MSR = 6,
	REG_SCR = 7,
	REG_COUNT = 8,
};

#define IER_ETBEI 0x02 /* transmitter holding register empty */
#define IER_ELSI  0x04 /* receiver line status */
#define IER_EDSSI 0x08 /* modem status */
#define IER_MASK  0x0f

#define LCR_DLAB 0x80

#define LSR_DR	 0x01
#define LSR_OE	 0x02
#define LSR_THRE 0x20
#define LSR_TEMT 0x40

#define MSR_TERI  0x04
#define MSR_DELTA 0x0f
#define MSR_CTS	  0x10
#define MSR_DSR	  0x20
#define MSR_RI	  0x40
#define MSR_DCD	  0x80

/*
 * So many looks at an idle receiver, with no register written in between,
 * make a polling reader. Printing looks once or twice per character written.
 */
#define POLLS_TO_LISTEN 16

/* PC16550D "Interrupt Identification Register". */
uint8_t serial_interrupt_id(const struct serial *s)
{
	if ((s->ier & IER_ELSI) && s->overrun)
		return IIR_RLS;
	if ((s->ier & IER_ERBFI) && s->rx_len)
		return serial_rx_interrupt(s);
	if ((s->ier & IER_ETBEI) && s->thre_pending)
		return IIR_THRE;
	if ((s->ier & IER_EDSSI) && (s->msr & MSR_DELTA))
		return IIR_MODEM;
	return IIR_NONE;
}

/*
 * The gate is the PC's, not the chip's, and not every port has it: systems that
 * were written for one without, xv6 among them, leave OUT2 off. In loopback it
 * is forced inactive at the pin, and so is the gate.
 */
bool serial_gate_is_open(const struct serial *s)
{
	return !(s->mcr & MCR_LOOP) && ((s->mcr & MCR_OUT2) || !s->out2_used);
}

/*
 * Would a character that arrives now be read? Before that it waits on the
 * console, where no driver's start-up clears it away: either the guest has
 * receive interrupts on, whether or not it will get any, or it polls. RTS is
 * honoured once it has been used, so that flow control works and a closed port
 * loses nothing. Linux looks for the bits that IER has by setting them all,
 * with OUT2 off; that does not count.
 */
static bool is_listening(const struct serial *s)
{
	bool by_irq = (s->ier & IER_ERBFI) && serial_gate_is_open(s) &&
		      !s->trying;
	bool stopped = s->rts_used && !(s->mcr & MCR_RTS);

	if ((s->mcr & MCR_LOOP) || stopped)
		return false;
	return by_irq || s->polls >= POLLS_TO_LISTEN;
}

/* To be called last: the board may answer with input() at once. */
static void update_rx(struct serial *s)
{
	bool was = s->listening;

	s->listening = is_listening(s);
	if (!s->listening)
		return;
	if (!was) {
		s->refused = false;
		board_rx_ready(s->board);
	} else if (s->refused && !s->rx_len) {
		/* Empty rather than not full: one refill per FIFO. */
		serial_irq_more(s);
	}
}

/* The modem lines as MSR shows them; in loopback they come from MCR. */
static uint8_t modem_lines(const struct serial *s)
{
	if (!(s->mcr & MCR_LOOP))
		return s->hung_up ? MSR_CTS : MSR_DCD | MSR_DSR | MSR_CTS;
	return (s->mcr & MCR_RTS ? MSR_CTS : 0) |
	       (s->mcr & MCR_DTR ? MSR_DSR : 0) |
	       (s->mcr & MCR_OUT1 ? MSR_RI : 0) |
	       (s->mcr & MCR_OUT2 ? MSR_DCD : 0);
}

/* DCTS, DDSR and DDCD note any change, TERI only the end of a ring. */
static void update_modem(struct serial *s)
{
	uint8_t lines = modem_lines(s);
	uint8_t changed = (s->msr ^ lines) & ~MSR_DELTA;
	uint8_t delta = changed >> 4;

	if (lines & MSR_RI)
		delta &= ~MSR_TERI;
	s->msr = lines | (s->msr & MSR_DELTA) | delta;
}

static uint8_t read_rbr(struct serial *s)
{
	return s->rx_len ? serial_rx_get(s) : 0;
}

static uint8_t read_iir(struct serial *s)
{
	uint8_t id = serial_interrupt_id(s);

	if (id == IIR_THRE)
		s->thre_pending = false;
	return id | serial_fifo_bits(s);
}

static uint8_t read_lsr(struct serial *s)
{
	uint8_t lsr = LSR_THRE | LSR_TEMT;

	if (s->rx_len)
		lsr |= LSR_DR;
	if (s->overrun) {
		lsr |= LSR_OE;
		s->overrun = false;
	}
	return lsr;
}

static uint8_t read_msr(struct serial *s)
{
	uint8_t msr = s->msr;

	s->msr &= ~MSR_DELTA;
	return msr;
}

static uint8_t read_reg(struct serial *s, unsigned int reg)
{
	bool dlab = s->lcr & LCR_DLAB;

	switch (reg) {
	case REG_RBR_THR:
		return dlab ? s->divisor & 0xff : read_rbr(s);
	case REG_IER:
		return dlab ? s->divisor >> 8 : s->ier;
	case REG_IIR_FCR:
		return read_iir(s);
	case REG_LCR:
		return s->lcr;
	case REG_MCR:
		return s->mcr;
	case REG_LSR:
		return read_lsr(s);
	case REG_MSR:
		return read_msr(s);
	default:
		return s->scr;
	}
}

/* Counts a look at the receiver that found nothing; true for the one that makes
 * a polling reader. */
static bool count_poll(struct serial *s)
{
	if (s->rx_len || s->polls == POLLS_TO_LISTEN)
		return false;
	return ++s->polls == POLLS_TO_LISTEN;
}

SLOW static uint8_t read_any(struct serial *s, unsigned int reg)
{
	uint8_t val;

	if (reg == REG_RBR_THR || reg == REG_IIR_FCR)
		count_poll(s);
	if (reg != REG_IER)
		s->trying = false;
	val = read_reg(s, reg);
	serial_irq_update(s);
	update_rx(s);
	return val;
}

/* Nothing is to be done for a look at LSR, as drivers take most of all, unless
 * it ends an overrun or makes a reader. */
static uint64_t serial_read(void *dev, unsigned int range, uint64_t off,
			    unsigned int size)
{
	struct serial *s = dev;

	(void)range;
	(void)size;
	if (off == REG_LSR && !count_poll(s) && !s->overrun && !s->trying)
		return read_lsr(s);
	return read_any(s, off);
}

/* The write takes THRE back, but THR is empty again before anyone can see. */
static void write_thr(struct serial *s, uint8_t c)
{
	s->thre_pending = true;
	s->thr = c;
	if (s->mcr & MCR_LOOP)
		serial_rx_put(s, c);
	else
		board_tx(s->board, &s->thr, 1);
}

static void write_ier(struct serial *s, uint8_t val)
{
	if (val & ~s->ier & IER_ETBEI)
		serial_irq_enable_thre(s);
	s->ier = val & IER_MASK;
	s->trying = !s->out2_used;
}

static void write_mcr(struct serial *s, uint8_t val)
{
	s->mcr = val & MCR_MASK;
	if (!(val & MCR_LOOP)) {
		s->rts_used |= !!(val & MCR_RTS);
		s->out2_used |= !!(val & MCR_OUT2);
	}
	update_modem(s);
}

static void write_reg(struct serial *s, unsigned int reg, uint8_t val)
{
	bool dlab = s->lcr & LCR_DLAB;

	switch (reg) {
	case REG_RBR_THR:
		if (dlab)
			s->divisor = (s->divisor & 0xff00) | val;
		else
			write_thr(s, val);
		break;
	case REG_IER:
		if (dlab)
			s->divisor = (s->divisor & 0x00ff) | val << 8;
		else
			write_ier(s, val);
		break;
	case REG_IIR_FCR:
		serial_fifo_control(s, val);
		break;
	case REG_LCR:
		s->lcr = val;
		break;
	case REG_MCR:
		write_mcr(s, val);
		break;
	case REG_SCR:
		s->scr = val;
		break;
	}
}

/* A reader that polls goes on polling after it has printed something. */
static void forget_polls(struct serial *s, unsigned int reg)
{
	if (reg != REG_RBR_THR || s->polls < POLLS_TO_LISTEN)
		s->polls = 0;
}

SLOW static void write_any(struct serial *s, unsigned int reg, uint8_t val)
{
	s->trying = false;
	write_reg(s, reg, val);
	serial_irq_update(s);
	update_rx(s);
}

/* Whether a character that is written now does nothing but go out. */
static bool is_plain(const struct serial *s)
{
	return !(s->ier & IER_ETBEI) && !(s->lcr & LCR_DLAB) &&
	       !(s->mcr & MCR_LOOP) && !s->trying;
}

static void serial_write(void *dev, unsigned int range, uint64_t off,
			 unsigned int size, uint64_t val)
{
	struct serial *s = dev;

	(void)range;
	(void)size;
	forget_polls(s, off);
	if (off == REG_RBR_THR && is_plain(s))
		write_thr(s, val);
	else
		write_any(s, off, val);
}

static size_t serial_input(void *dev, const uint8_t *buf, size_t len)
{
	struct serial *s = dev;
	size_t taken = 0;

	while (is_listening(s) && taken < len && serial_rx_room(s))
		serial_rx_put(s, buf[taken++]);
	s->refused = taken < len;
	serial_irq_fed(s);
	serial_irq_update(s);
	return taken;
}

/* As a modem whose caller has gone: what the guest prints still goes out. */
static void serial_hang_up(void *dev)
{
	struct serial *s = dev;

	s->hung_up = true;
	update_modem(s);
	serial_irq_update(s);
}

/*
 * The line is that of this run: who was hung up on finds somebody there again, and
 * is told by the delta bits of MSR. One of them is the end of a ring, for whoever
 * wants to know that the guest was restored.
 */
static bool serial_restored(void *dev, struct stash *in)
{
	struct serial *s = dev;

	(void)in;
	if (!ARE_BOOLS(&s->overrun, &s->thre_pending, &s->level, &s->rts_used,
		       &s->out2_used, &s->trying, &s->listening, &s->refused,
		       &s->resting))
		return false;
	if (!has_only(s->ier, IER_MASK) || !has_only(s->mcr, MCR_MASK) ||
	    s->polls > POLLS_TO_LISTEN || !serial_fifo_fits(s))
		return false;
	update_modem(s);
	if (board_has(s->board, "vmgenid") && !board_resets(s->board))
		s->msr |= MSR_TERI; /* initramfs/vmctl_saved.c listens */
	serial_irq_update(s);
	if (s->listening)
		board_rx_ready(s->board);
	return true;
}

/* PC16550D "Master Reset"; the latch only because it has no reset value. */
static void serial_init(void *dev, struct board *board)
{
	struct serial *s = dev;

	s->board = board;
	serial_irq_init(s);
	serial_fifo_init(s);
	s->divisor = 1; /* 115200 baud; Linux's earlycon divides by it */
	s->msr = modem_lines(s);
	s->thre_pending = true; /* THR is empty, and nobody has been told */
}

static const struct device_type serial = {
	.name = "serial",
	.what = IS_ON(CONFIG_UART_FIFO) ?
			"COM1, a 16550A UART at ports 0x3f8-0x3ff" :
			"COM1, a 16450 UART at ports 0x3f8-0x3ff",
	.ranges = { { DEV_PIO, COM1_BASE, REG_COUNT, DEV_LANES } },
	.irqs = { COM1_IRQ },
	.nr_irqs = IS_ON(CONFIG_UART_IRQ4),
	.width = 1,
	.size = sizeof(struct serial),
	.init = serial_init,
	.read = serial_read,
	.write = serial_write,
	.input = serial_input,
	.hang_up = serial_hang_up,
	.timer = serial_irq_rested,
	.version = 1,
	.saved = offsetof(struct serial, ier),
	.restored = IF_ON(CONFIG_SNAPSHOT, serial_restored),
};

DEVICE(serial);
