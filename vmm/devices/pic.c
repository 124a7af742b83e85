/*
 * The two interrupt controllers of a PC/AT, after the data sheet of the Intel
 * 8259A, with the edge/level registers (ELCR) that later chip sets added. The
 * second one's INT is input 2 of the first.
 *
 *   line() -> irr -> not masked, nothing higher in service -> board_intr()
 *   acknowledge() -> isr -> EOI
 *
 * As in the data sheet, a request vanishes when its line falls before it is
 * acknowledged, in edge mode too, and an acknowledge that finds none gives the
 * spurious vector of input 7. Nothing is requested until ICW1 to ICW4 have
 * been written. Left out: 8080/8085 mode, which no PC uses, and buffered mode,
 * which no program can see. ICW1's level bit counts beside the ELCR.
 */
#include "chip.h"
#include "device.h"
#include "saved.h"

enum {
	RANGE_MASTER = 0,
	RANGE_SLAVE = 1,
	RANGE_ELCR = 2,
};

#define MASTER_PORT 0x20
#define SLAVE_PORT  0xa0
#define ELCR_PORT   0x4d0 /* 0x4d0 for the master, 0x4d1 for the slave */

#define PORT_MASK 1 /* A0: OCW1 and ICW2 to ICW4; else ICW1, OCW2, OCW3 */

#define NR_INPUTS     8
#define CASCADE_INPUT 2
#define CASCADE	      (1 << CASCADE_INPUT)
#define SPURIOUS      7

/* Lines that are edges for ever: timer, keyboard, cascade; clock, FPU. */
#define ELCR_MASTER 0xf8
#define ELCR_SLAVE  0xde

/* ICW1, marked by bit 4 */
#define ICW1_IC4  0x01 /* ICW4 follows */
#define ICW1_SNGL 0x02 /* no cascade, no ICW3 */
#define ICW1_LTIM 0x08 /* all inputs are levels */
#define ICW1_INIT 0x10

#define ICW2_BASE 0xf8
#define ICW3_ID	  0x07
#define FLOATING  0xff /* what the CPU reads when no chip answers */

/* ICW4 */
#define ICW4_8086 0x01
#define ICW4_AEOI 0x02
#define ICW4_SFNM 0x10

/* OCW2: what to do, and to which input */
#define OCW2_LEVEL  0x07
#define OCW2_ACTION 0xe0
enum {
	OCW2_AEOI_ROTATE_OFF = 0x00,
	OCW2_EOI = 0x20,
	OCW2_NOP = 0x40,
	OCW2_EOI_SPECIFIC = 0x60,
	OCW2_AEOI_ROTATE_ON = 0x80,
	OCW2_EOI_ROTATE = 0xa0,
	OCW2_SET_LOWEST = 0xc0,
	OCW2_EOI_ROTATE_SPECIFIC = 0xe0,
};

/* OCW3, marked by bit 3 */
#define OCW3_RIS  0x01 /* with RR: reads show ISR, else IRR */
#define OCW3_RR	  0x02
#define OCW3_POLL 0x04
#define OCW3_MARK 0x08
#define OCW3_SMM  0x20
#define OCW3_ESMM 0x40 /* SMM counts */

#define POLL_PENDING 0x80

/* What the next write to the mask port is. */
enum {
	INIT_NEVER = 0, /* ICW1 has not come yet */
	INIT_ICW2,
	INIT_ICW3,
	INIT_ICW4,
	INIT_DONE, /* OCW1 */
};

struct i8259 {
	uint8_t irr, isr, imr;
	uint8_t lines; /* levels at the inputs */
	uint8_t elcr;  /* 1: level, 0: edge */
	uint8_t step;  /* INIT_ */
	uint8_t icw1, icw2, icw4;
	uint8_t slaves; /* ICW3 of the master, what is wired of it */
	uint8_t id;	/* ICW3 of the slave */
	uint8_t lowest; /* the input of the lowest priority */
	bool rotate_aeoi;
	bool special_mask;
	bool read_isr;
	bool poll; /* the next read acknowledges */
};

struct pic {
	struct board *board;

	/* What is remembered of it begins here. */
	struct i8259 master, slave;
	bool intr;
	bool intr_by_slave; /* whose request the CPU has seen last */
};

static uint8_t level_inputs(const struct i8259 *c)
{
	return c->icw1 & ICW1_LTIM ? 0xff : c->elcr;
}

/* An input in level mode requests as long as its line is high. */
static void follow_levels(struct i8259 *c)
{
	uint8_t levels = level_inputs(c);

	c->irr = (c->irr & ~levels) | (c->lines & levels);
}

static void set_line(struct i8259 *c, unsigned int input, bool level)
{
	uint8_t bit = 1 << input;

	if (!level) {
		c->lines &= ~bit;
		c->irr &= ~bit;
	} else if (!(c->lines & bit)) {
		c->lines |= bit;
		c->irr |= bit;
	}
}

/*
 * The input of the highest priority that has a request and may interrupt what
 * is in service, or -1. Special mask mode looks past what is masked; in
 * special fully nested mode a slave in service does not bar itself.
 */
static int pick(const struct i8259 *c)
{
	uint8_t requests = c->irr & ~c->imr;
	uint8_t barring = c->special_mask ? c->isr & ~c->imr : c->isr;
	uint8_t nested = c->icw4 & ICW4_SFNM ? c->slaves : 0;

	if (c->step != INIT_DONE)
		return -1;
	for (unsigned int i = 1; i <= NR_INPUTS; i++) {
		unsigned int input = (c->lowest + i) % NR_INPUTS;
		uint8_t bit = 1 << input;

		if (barring & ~nested & bit)
			return -1;
		if (requests & bit)
			return input;
		if (barring & bit)
			return -1;
	}
	return -1;
}

/* The CPU, or a program that polls, takes @input. */
static void take(struct i8259 *c, unsigned int input)
{
	uint8_t bit = 1 << input;

	if (!(level_inputs(c) & bit))
		c->irr &= ~bit;
	if (!(c->icw4 & ICW4_AEOI))
		c->isr |= bit;
	else if (c->rotate_aeoi)
		c->lowest = input;
}

/*
 * Recomputes both INT pins; to be called last. The cascade input requests as
 * long as the slave does, so that none of several requests is overlooked.
 */
static void update(struct pic *p)
{
	int input;

	set_line(&p->master, CASCADE_INPUT, false);
	set_line(&p->master, CASCADE_INPUT, pick(&p->slave) >= 0);
	input = pick(&p->master);
	if (input >= 0)
		p->intr_by_slave = input == CASCADE_INPUT;
	if ((input >= 0) == p->intr)
		return;
	p->intr = input >= 0;
	board_intr(p->board, p->intr);
}

/* The slave's half of an acknowledge; its request may be gone by now. */
static uint8_t acknowledge_slave(struct pic *p)
{
	int input = pick(&p->slave);

	if (p->slave.id != CASCADE_INPUT)
		return FLOATING;
	if (input < 0)
		return p->slave.icw2 | SPURIOUS;
	take(&p->slave, input);
	return p->slave.icw2 | input;
}

/*
 * A request that has gone since the CPU saw it leaves a spurious interrupt of
 * its chip; the slave's one is a real one to the master, which wants an EOI.
 */
static uint8_t pic_acknowledge(void *dev)
{
	struct pic *p = dev;
	int input = pick(&p->master);
	uint8_t vector;

	if (input < 0 && p->intr_by_slave)
		input = CASCADE_INPUT;
	p->intr_by_slave = false;
	if (input < 0)
		return p->master.icw2 | SPURIOUS;
	take(&p->master, input);
	vector = p->master.icw2 | input;
	if (p->master.slaves & 1 << input)
		vector = acknowledge_slave(p);
	update(p);
	return vector;
}

static void pic_line(void *dev, unsigned int irq, bool level)
{
	struct pic *p = dev;

	if (irq == CASCADE_INPUT || irq >= 2 * NR_INPUTS)
		return; /* not wired */
	if (irq < NR_INPUTS)
		set_line(&p->master, irq, level);
	else
		set_line(&p->slave, irq - NR_INPUTS, level);
	update(p);
}

static void write_icw1(struct i8259 *c, uint8_t val)
{
	*c = (struct i8259){
		.lines = c->lines,
		.elcr = c->elcr,
		.step = INIT_ICW2,
		.icw1 = val,
		.lowest = NR_INPUTS - 1,
	};
	follow_levels(c);
}

static void write_icw3(struct pic *p, struct i8259 *c, uint8_t val)
{
	if (c == &p->master)
		c->slaves = val & CASCADE;
	else
		c->id = val & ICW3_ID;
}

/* The last step of initialisation; @icw4 is 0 when there was none. */
static void finish_init(struct pic *p, struct i8259 *c, uint8_t icw4)
{
	c->icw4 = icw4;
	c->step = INIT_DONE;
	if (!(icw4 & ICW4_8086))
		board_oddity(p->board, "8080 mode, taken as 8086 mode", icw4);
}

static void write_mask_port(struct pic *p, struct i8259 *c, uint8_t val)
{
	switch (c->step) {
	case INIT_ICW2:
		c->icw2 = val & ICW2_BASE;
		c->step = c->icw1 & ICW1_SNGL ? INIT_ICW4 : INIT_ICW3;
		break;
	case INIT_ICW3:
		write_icw3(p, c, val);
		c->step = INIT_ICW4;
		break;
	case INIT_ICW4:
		finish_init(p, c, val);
		return;
	default:
		c->imr = val;
		return;
	}
	if (c->step == INIT_ICW4 && !(c->icw1 & ICW1_IC4))
		finish_init(p, c, 0);
}

/* The input in service of the highest priority, or -1. */
static int highest_in_service(const struct i8259 *c)
{
	uint8_t isr = c->special_mask ? c->isr & ~c->imr : c->isr;

	for (unsigned int i = 1; i <= NR_INPUTS; i++) {
		unsigned int input = (c->lowest + i) % NR_INPUTS;

		if (isr & 1 << input)
			return input;
	}
	return -1;
}

static void end_of_interrupt(struct i8259 *c, int input, bool rotate)
{
	if (input < 0)
		return;
	c->isr &= ~(1 << input);
	if (rotate)
		c->lowest = input;
}

static void write_ocw2(struct i8259 *c, uint8_t val)
{
	unsigned int input = val & OCW2_LEVEL;
	uint8_t action = val & OCW2_ACTION;

	switch (action) {
	case OCW2_EOI:
	case OCW2_EOI_ROTATE:
		end_of_interrupt(c, highest_in_service(c),
				 action == OCW2_EOI_ROTATE);
		break;
	case OCW2_EOI_SPECIFIC:
	case OCW2_EOI_ROTATE_SPECIFIC:
		end_of_interrupt(c, input, action == OCW2_EOI_ROTATE_SPECIFIC);
		break;
	case OCW2_AEOI_ROTATE_OFF:
	case OCW2_AEOI_ROTATE_ON:
		c->rotate_aeoi = action == OCW2_AEOI_ROTATE_ON;
		break;
	case OCW2_SET_LOWEST:
		c->lowest = input;
		break;
	case OCW2_NOP:
		break;
	}
}

static void write_ocw3(struct i8259 *c, uint8_t val)
{
	if (val & OCW3_ESMM)
		c->special_mask = val & OCW3_SMM;
	if (val & OCW3_POLL)
		c->poll = true;
	if (val & OCW3_RR)
		c->read_isr = val & OCW3_RIS;
}

static void write_chip(struct pic *p, struct i8259 *c, uint64_t port,
		       uint8_t val)
{
	if (port == PORT_MASK)
		write_mask_port(p, c, val);
	else if (val & ICW1_INIT)
		write_icw1(c, val);
	else if (val & OCW3_MARK)
		write_ocw3(c, val);
	else
		write_ocw2(c, val);
}

static uint8_t poll_chip(struct i8259 *c)
{
	int input = pick(c);

	c->poll = false;
	if (input < 0)
		return SPURIOUS;
	take(c, input);
	return POLL_PENDING | input;
}

static uint8_t read_chip(struct i8259 *c, uint64_t port)
{
	if (c->poll)
		return poll_chip(c);
	if (port == PORT_MASK)
		return c->imr;
	return c->read_isr ? c->isr : c->irr;
}

static void write_elcr(struct i8259 *c, uint8_t val)
{
	c->elcr = val;
	follow_levels(c);
}

static uint64_t pic_read(void *dev, unsigned int range, uint64_t off,
			 unsigned int size)
{
	struct pic *p = dev;
	uint8_t val;

	(void)size;
	if (range == RANGE_ELCR)
		return off ? p->slave.elcr : p->master.elcr;
	val = read_chip(range == RANGE_MASTER ? &p->master : &p->slave, off);
	update(p);
	return val;
}

static void pic_write(void *dev, unsigned int range, uint64_t off,
		      unsigned int size, uint64_t val)
{
	struct pic *p = dev;

	(void)size;
	if (range == RANGE_MASTER)
		write_chip(p, &p->master, off, val);
	else if (range == RANGE_SLAVE)
		write_chip(p, &p->slave, off, val);
	else if (off)
		write_elcr(&p->slave, val & ELCR_SLAVE);
	else
		write_elcr(&p->master, val & ELCR_MASTER);
	update(p);
}

/* The wire to the CPU is low at first, and rises again if it was high. */
static bool pic_restored(void *dev, struct stash *in)
{
	struct pic *p = dev;
	const struct i8259 *m = &p->master, *s = &p->slave;

	(void)in;
	if (!ARE_BOOLS(&p->intr_by_slave, &m->rotate_aeoi, &m->special_mask,
		       &m->read_isr, &m->poll, &s->rotate_aeoi,
		       &s->special_mask, &s->read_isr, &s->poll) ||
	    m->lowest >= NR_INPUTS || s->lowest >= NR_INPUTS)
		return false;
	p->intr = false;
	update(p);
	return true;
}

static void pic_init(void *dev, struct board *board)
{
	struct pic *p = dev;

	p->board = board;
}

static struct pic_view view_of(const struct i8259 *c)
{
	return (struct pic_view){
		.irr = c->irr,
		.isr = c->isr,
		.imr = c->imr,
		.lines = c->lines,
		.elcr = level_inputs(c),
		.base = c->icw2,
		.lowest = c->lowest,
		.ready = c->step == INIT_DONE,
		.auto_eoi = c->icw4 & ICW4_AEOI,
	};
}

static void pic_look(const void *dev, struct chip_view *view)
{
	const struct pic *p = dev;

	view->pics[0] = view_of(&p->master);
	view->pics[1] = view_of(&p->slave);
}

static const struct chip pic_chip = {
	.line = pic_line,
	.acknowledge = pic_acknowledge,
	.look = pic_look,
};

static const struct device_type pic = {
	.name = "pic",
	.what = "two 8259A interrupt controllers at 0x20, 0xa0 and 0x4d0",
	.ranges = {
		[RANGE_MASTER] = { DEV_PIO, MASTER_PORT, 2, DEV_LANES },
		[RANGE_SLAVE] = { DEV_PIO, SLAVE_PORT, 2, DEV_LANES },
		[RANGE_ELCR] = { DEV_PIO, ELCR_PORT, 2, DEV_LANES },
	},
	.width = 1,
	.size = sizeof(struct pic),
	.init = pic_init,
	.read = pic_read,
	.write = pic_write,
	.version = 1,
	.saved = offsetof(struct pic, master),
	.restored = IF_ON(CONFIG_SNAPSHOT, pic_restored),
	.chips = DEV_CHIP_PIC,
	.chip = &pic_chip,
};

DEVICE(pic);
