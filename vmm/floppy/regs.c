/*
 * The registers of an 82077AA (its data sheet, "Registers", "Reset"): Status A and B as
 * on a PS/2, DMAGATE# as on an AT. A reset keeps what SPECIFY has said, and with LOCK
 * what CONFIGURE has; afterwards it interrupts, and four times of SENSE INTERRUPT
 * STATUS tell of each unit.
 */
#include "device.h"
#include "floppy/floppy.h"

#define SRA_INT	   0x80
#define SRA_DRV2   0x40 /* 0: there is a second drive */
#define SRA_TRACK0 0x10 /* 0: the heads are there */
#define SRA_HEAD   0x08
#define SRA_INDEX  0x04 /* 0: the hole is passing by */
#define SRA_WP	   0x02 /* 0: the disk is protected */
#define SRB_ONES   0xc0
#define SRB_DRIVE  5 /* bit, of DRIVE SEL 0 */
#define DIR_CHANGE 0x80
#define DIR_ONES   0x78
#define DIR_LOW	   0x01 /* HIGHDENS# */
#define TDR_FLOATS 0xfc
#define TDR_TAPE   0x03
#define ALL_UNITS  0x0f
#define WGATE_GAP  0x03

static bool pio_asks(const struct fdc_state *s)
{
	return s->phase == PHASE_IN || s->phase == PHASE_OUT;
}

void fdc_update_line(struct fdc *f)
{
	struct fdc_state *s = &f->state;
	const bool asks = s->seek_asks || s->result_asks || pio_asks(s);
	const bool level = asks && s->dor & DOR_GATE && s->dor & DOR_RESET;

	if (s->line == level)
		return;
	s->line = level;
	board_irq(f->board, 0, level);
}

void fdc_pulse(struct fdc *f)
{
	if (f->state.line) {
		f->state.line = false;
		board_irq(f->board, 0, false);
	}
	fdc_update_line(f);
}

void fdc_give_result(struct fdc *f, unsigned int nr)
{
	struct fdc_state *s = &f->state;

	s->phase = PHASE_RESULT;
	s->nr_results = nr;
	s->at_result = 0;
}

static void stop(struct fdc *f)
{
	struct fdc_state *s = &f->state;

	if (s->phase == PHASE_WORK)
		f->is_cut = true;
	else
		s->phase = PHASE_RESET;
	s->nr = 0;
	s->waiting = 0;
	s->seek_asks = s->result_asks = false;
	s->config = s->is_locked ?
			    s->config & (CONFIGURE_EFIFO | CONFIGURE_THR) :
			    CONFIGURE_AT_RST;
	if (!s->is_locked)
		s->pretrk = 0;
	s->perpendicular &= ~WGATE_GAP;
}

static void start(struct fdc *f)
{
	struct fdc_state *s = &f->state;

	s->phase = PHASE_COMMAND;
	s->waiting = ALL_UNITS;
	s->is_polled = s->seek_asks = true;
	for (unsigned int i = 0; i < FDC_UNITS; i++)
		s->st0[i] = ST0_POLLED | i;
}

/* RESET# may still be low, and start it then. */
void fdc_come_back(struct fdc *f)
{
	f->is_cut = false;
	f->state.phase = PHASE_RESET;
	if (f->state.dor & DOR_RESET)
		start(f);
	fdc_update_line(f);
}

static void write_dor(struct fdc *f, uint8_t val)
{
	struct fdc_state *s = &f->state;
	const uint8_t before = s->dor;

	s->dor = val;
	if (before & ~val & DOR_RESET)
		stop(f);
	if (val & ~before & DOR_RESET && !f->is_cut)
		start(f);
	fdc_update_line(f);
	fdc_try_dma(f);
}

static void write_dsr(struct fdc *f, uint8_t val)
{
	f->state.rate = val & DSR_RATE;
	if (!(val & DSR_RESET) || !(f->state.dor & DOR_RESET))
		return;
	stop(f);
	if (!f->is_cut)
		start(f);
	fdc_update_line(f);
}

void fdc_write_rate(struct fdc *f, uint8_t val)
{
	f->state.rate = val & DSR_RATE;
}

static unsigned int selected(const struct fdc *f)
{
	return f->state.dor & DOR_SELECT;
}

uint8_t fdc_read_dir(struct fdc *f)
{
	const struct fdc_slot *slot = fdc_slot(f, selected(f));
	const bool is_changed = slot && f->state.drives[selected(f)].is_changed;

	return (is_changed ? DIR_CHANGE : 0) | DIR_ONES | f->state.rate << 1 |
	       (slot && slot->format->is_dense ? 0 : DIR_LOW);
}

static uint8_t read_sra(struct fdc *f)
{
	const struct fdc_state *s = &f->state;
	const struct fdc_slot *slot = fdc_slot(f, selected(f));
	uint8_t val = SRA_INDEX;

	if (s->line)
		val |= SRA_INT;
	if (!fdc_slot(f, 1))
		val |= SRA_DRV2;
	if (!slot || s->drives[selected(f)].head)
		val |= SRA_TRACK0;
	if (s->head)
		val |= SRA_HEAD;
	if (slot && !slot->disk->read_only)
		val |= SRA_WP;
	return val;
}

static uint8_t read_msr(const struct fdc *f)
{
	const struct fdc_state *s = &f->state;
	const uint8_t busy = MSR_CB | (s->by_dma ? 0 : MSR_NDM);

	if (f->is_cut)
		return 0;
	switch (s->phase) {
	case PHASE_COMMAND:
		return MSR_RQM | (s->nr ? MSR_CB : 0);
	case PHASE_WORK:
	case PHASE_DMA:
		return busy;
	case PHASE_IN:
		return busy | MSR_RQM | MSR_DIO;
	case PHASE_OUT:
		return busy | MSR_RQM;
	case PHASE_RESULT:
		return MSR_RQM | MSR_DIO | MSR_CB;
	default:
		return 0;
	}
}

/* The first byte takes the interrupt away, the last one ends the command. */
static uint8_t read_result(struct fdc *f)
{
	struct fdc_state *s = &f->state;
	const uint8_t val = s->result[s->at_result++];

	s->result_asks = false;
	if (s->at_result == s->nr_results) {
		s->phase = PHASE_COMMAND;
		s->nr = 0;
	}
	fdc_update_line(f);
	return val;
}

static uint8_t read_data(struct fdc *f)
{
	if (!f->is_cut && f->state.phase == PHASE_IN)
		return fdc_read_byte(f);
	if (!f->is_cut && f->state.phase == PHASE_RESULT)
		return read_result(f);
	board_oddity(f->board, "data is read where none is; phase",
		     f->state.phase);
	return 0;
}

static void write_data(struct fdc *f, uint8_t val)
{
	if (!f->is_cut && f->state.phase == PHASE_OUT)
		fdc_write_byte(f, val);
	else if (!f->is_cut && f->state.phase == PHASE_COMMAND)
		fdc_take_byte(f, val);
	else
		board_oddity(f->board, "data is written that nobody takes",
			     val);
}

uint8_t fdc_read(struct fdc *f, enum fdc_reg reg)
{
	const struct fdc_state *s = &f->state;

	switch (reg) {
	case FDC_SRA:
		return read_sra(f);
	case FDC_SRB:
		return SRB_ONES | (s->dor & 1) << SRB_DRIVE | (s->dor >> 4 & 3);
	case FDC_DOR:
		return s->dor;
	case FDC_TDR:
		return s->tdr | TDR_FLOATS;
	case FDC_MSR:
		return read_msr(f);
	default:
		return read_data(f);
	}
}

void fdc_write(struct fdc *f, enum fdc_reg reg, uint8_t val)
{
	switch (reg) {
	case FDC_DOR:
		write_dor(f, val);
		break;
	case FDC_TDR:
		f->state.tdr = val & TDR_TAPE;
		break;
	case FDC_MSR:
		write_dsr(f, val);
		break;
	case FDC_DATA:
		write_data(f, val);
		break;
	default: /* Status A and B */
		board_oddity(f->board, "a status register is written", val);
	}
}
