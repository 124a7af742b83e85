/* objects: devices/serial.o devices/serial_irq.o devices/serial_fifo.o */
/*
 * A UART that goes without interrupts and FIFOs in this run, and one built
 * without: whatever a guest and the console do, nobody can tell them apart.
 *
 * The second one is compiled in here, its functions under other names.
 */
#define serial_interrupt_id    none_interrupt_id
#define serial_gate_is_open    none_gate_is_open
#define serial_irq_init	       none_irq_init
#define serial_irq_update      none_irq_update
#define serial_irq_enable_thre none_irq_enable_thre
#define serial_irq_fed	       none_irq_fed
#define serial_irq_more	       none_irq_more
#define serial_irq_rested      none_irq_rested
#define serial_fifo_init       none_fifo_init
#define serial_fifo_control    none_fifo_control
#define serial_fifo_bits       none_fifo_bits
#define serial_fifo_fits       none_fifo_fits
#define serial_rx_room	       none_rx_room
#define serial_rx_put	       none_rx_put
#define serial_rx_get	       none_rx_get
#define serial_rx_interrupt    none_rx_interrupt
#include "devices/serial.c"
#include "devices/serial_fifo_none.c"
#include "devices/serial_irq_none.c"

#include <stdlib.h>

#include "steps.h"

TABLE_DECLARE(device, device_type);

#define STEPS 100000

struct pair {
	struct board has, lacks;
	unsigned int seed;
};

static unsigned int roll(struct pair *p, unsigned int sides)
{
	return (unsigned int)rand_r(&p->seed) % sides;
}

/* The linked one, which the row of this file is not. */
static const struct device_type *linked_serial(void)
{
	const struct device_type *const *row;

	TABLE_FOREACH(device, row)
		if (*row != &serial)
			return *row;
	return NULL;
}

/* Values that a driver would write come often; so nothing stays in loopback,
 * or behind DLAB, for long. */
static uint8_t likely_value(struct pair *p, unsigned int reg)
{
	static const uint8_t usual[REG_COUNT] = { 'x',	0x07, 0x81, 0x03,
						  0x0b, 0,    0,    0 };

	return roll(p, 3) ? usual[reg] : roll(p, 256);
}

static void same_write(struct pair *p)
{
	unsigned int reg = roll(p, REG_COUNT);
	uint8_t val = likely_value(p, reg);

	fake_out(&p->has, COM1_BASE + reg, 1, val);
	fake_out(&p->lacks, COM1_BASE + reg, 1, val);
}

static void same_read(struct pair *p)
{
	unsigned int port = COM1_BASE + roll(p, REG_COUNT);

	assert_int_equal(fake_in(&p->has, port, 1),
			 fake_in(&p->lacks, port, 1));
}

static void same_input(struct pair *p)
{
	uint8_t typed[20];
	size_t len = roll(p, sizeof(typed));

	for (size_t i = 0; i < len; i++)
		typed[i] = roll(p, 256);
	assert_int_equal(fake_offer(&p->has, typed, len),
			 fake_offer(&p->lacks, typed, len));
}

static void test_same(void **state)
{
	static const char *const without[] = { "irq4", "fifo", NULL };
	struct pair p = { .seed = 1 };

	(void)state;
	fake_without = without;
	fake_board_open_type(&p.has, linked_serial());
	fake_without = NULL;
	fake_board_open_type(&p.lacks, &serial);
	for (int i = 0; i < STEPS; i++) {
		unsigned int what = roll(&p, 8);

		if (what < 3)
			same_write(&p);
		else if (what < 7)
			same_read(&p);
		else
			same_input(&p);
		assert_int_equal(p.has.tx_len, p.lacks.tx_len);
		assert_int_equal(p.has.rx_readies, p.lacks.rx_readies);
		assert_int_equal(p.has.rx_mores, p.lacks.rx_mores);
		assert_int_equal(p.has.irq_changes[0], 0);
		assert_int_equal(p.lacks.irq_changes[0], 0);
	}
	assert_memory_equal(p.has.tx, p.lacks.tx, FAKE_TX_MAX);
	assert_true(p.has.tx_len > 100 && p.has.rx_mores > 100);
	fake_board_close(&p.has);
	fake_board_close(&p.lacks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
