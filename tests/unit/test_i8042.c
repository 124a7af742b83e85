/* objects: devices/i8042.o devices/i8042_kbd.o devices/i8042_keys.o */
/* objects: devices/i8042_scan.o devices/i8042_input.o */
/* objects: devices/i8042_mouse.o devices/i8042_ko_none.o */
/* The keyboard controller and its keyboard, command by command. */
#include "steps.h"

#define DATA   0x60
#define STATUS 0x64

#define KBD 0 /* interrupt pins */
#define AUX 1

/* Status: unlocked, self-test passed; 1: a byte waits; 8: after a command */
#define IDLE	 0x14
#define FULL	 0x15
#define CMD_IDLE 0x1c
#define CMD_FULL 0x1d

static const struct step power_on[] = {
	IN(STATUS, IDLE), IN(DATA, 0x00), IRQ(KBD, 0), IRQ(AUX, 0),
	EDGES(KBD, 0),	  EDGES(AUX, 0),  STOPS(0),
};

static const struct step self_test[] = {
	OUT(STATUS, 0xaa),
	IN(STATUS, CMD_FULL),
	IN(DATA, 0x55),
	IN(STATUS, CMD_IDLE),
};

static const struct step interface_tests[] = {
	OUT(STATUS, 0xab),    IN(STATUS, CMD_FULL), IN(DATA, 0x00),
	OUT(STATUS, 0xa9),    IN(STATUS, CMD_FULL), IN(DATA, 0x00),
	IN(STATUS, CMD_IDLE), OUT(STATUS, 0x20),    IN(DATA, 0x65),
};

static const struct step command_byte[] = {
	OUT(STATUS, 0x20),
	IN(DATA, 0x65),
	OUT(STATUS, 0x60),
	OUT(DATA, 0xff),
	OUT(STATUS, 0x20),
	IN(DATA, 0x77),
	OUT(STATUS, 0x60),
	OUT(DATA, 0x00),
	IN(STATUS, 0x10), /* SYS is gone */
	OUT(STATUS, 0x20),
	IN(DATA, 0x00),
	OUT(STATUS, 0xaa),
	IN(DATA, 0x55),
	IN(STATUS, CMD_IDLE),
	OUT(STATUS, 0x20),
	IN(DATA, 0x04),
	IN(STATUS, CMD_IDLE),
	STOPS(0),
	ODD(0),
};

static const struct step port_switches[] = {
	OUT(STATUS, 0xad), OUT(STATUS, 0xa8), OUT(STATUS, 0x20), IN(DATA, 0x55),
	OUT(STATUS, 0xae), OUT(STATUS, 0xa7), OUT(STATUS, 0x20), IN(DATA, 0x65),
};

static const struct step other_ports[] = {
	OUT(STATUS, 0xc0),
	IN(DATA, 0xa0),
	OUT(STATUS, 0xe0),
	IN(DATA, 0x00),
	OUT(STATUS, 0xd0),
	IN(DATA, 0xcf),
	OUT(STATUS, 0xd1),
	OUT(DATA, 0xdd), /* A20 off: kept, not obeyed */
	OUT(STATUS, 0xd0),
	IN(DATA, 0xcd),
	OUT(STATUS, 0xdf),
	IN(STATUS, CMD_IDLE), /* no answer */
	OUT(STATUS, 0xd0),
	IN(DATA, 0xcf),
	OUT(STATUS, 0xdd),
	OUT(STATUS, 0xd0),
	IN(DATA, 0xcd),
	STOPS(0),
	ODD(0),
	/* an answer in the output buffer shows as IRQ1 at the output port */
	OUT(DATA, 0xee),
	OUT(STATUS, 0xd0),
	IN(DATA, 0xee),
	IN(DATA, 0xdd),
};

static const struct step reset_by_pulse[] = {
	OUT(STATUS, 0xff), OUT(STATUS, 0xfd), OUT(STATUS, 0xf1), STOPS(0),
	OUT(STATUS, 0xfe), STOPS(1),	      OUT(STATUS, 0xf0), STOPS(2),
};

static const struct step reset_by_output_port[] = {
	OUT(STATUS, 0xd1), OUT(DATA, 0x03), STOPS(0),
	OUT(STATUS, 0xd1), OUT(DATA, 0x02), STOPS(1),
};

/* Linux looks for the auxiliary port by sending bytes around in a loop. */
static const struct step loop_backs[] = {
	OUT(STATUS, 0xd2), OUT(DATA, 0x5a),   IN(STATUS, 0x15),
	IRQ(KBD, 1),	   IRQ(AUX, 0),	      IN(DATA, 0x5a),
	IRQ(KBD, 0),	   OUT(STATUS, 0x60), OUT(DATA, 0x47),
	OUT(STATUS, 0xd3), OUT(DATA, 0xa5),   IN(STATUS, 0x35),
	IRQ(KBD, 0),	   IRQ(AUX, 1),	      IN(DATA, 0xa5),
	IRQ(AUX, 0),	   IN(STATUS, 0x34),
};

/* No mouse: the byte comes back as a timeout of the auxiliary port. */
static const struct step no_mouse[] = {
	OUT(STATUS, 0xd4),    OUT(DATA, 0xf2),	IRQ(AUX, 0),
	IRQ(KBD, 0),	      IN(STATUS, 0x75), IN(DATA, 0xfe),
	OUT(DATA, 0xee),      IN(STATUS, FULL), IN(DATA, 0xee),
	OUT(STATUS, 0x20),    IN(DATA, 0x45), /* the auxiliary port is on now */
	IN(STATUS, CMD_IDLE), STOPS(0),		ODD(0),
};

static const struct step keyboard[] = {
	OUT(STATUS, 0x60), OUT(DATA, 0x05), /* translation off */
	OUT(DATA, 0xff),   IN(DATA, 0xfa),  IN(DATA, 0xaa),   IN(STATUS, IDLE),
	OUT(DATA, 0xf2),   IN(DATA, 0xfa),  IN(DATA, 0xab),   IN(DATA, 0x83),
	OUT(DATA, 0xed),   IN(DATA, 0xfa),  OUT(DATA, 0x07),  IN(DATA, 0xfa),
	OUT(DATA, 0xf3),   IN(DATA, 0xfa),  OUT(DATA, 0x20),  IN(DATA, 0xfa),
	OUT(DATA, 0xee),   IN(DATA, 0xee),  OUT(DATA, 0xf4),  IN(DATA, 0xfa),
	OUT(DATA, 0xf5),   IN(DATA, 0xfa),  OUT(DATA, 0xf6),  IN(DATA, 0xfa),
	OUT(DATA, 0xfa),   IN(DATA, 0xfa),  OUT(DATA, 0xfd),  IN(DATA, 0xfa),
	OUT(DATA, 0x1c),   IN(DATA, 0xfa),  OUT(DATA, 0xfb),  IN(DATA, 0xfa),
	OUT(DATA, 0x1c),   IN(DATA, 0xfa),  OUT(DATA, 0xf2),  IN(DATA, 0xfa),
	IN(DATA, 0xab),	   IN(DATA, 0x83),  IN(STATUS, IDLE), OUT(DATA, 0xfe),
	IN(STATUS, FULL),  IN(DATA, 0x83),  OUT(DATA, 0xed),  IN(DATA, 0xfa),
	OUT(DATA, 0xed),   IN(DATA, 0xfa),  OUT(DATA, 0x07),  IN(DATA, 0xfa),
	OUT(DATA, 0x07),   IN(DATA, 0xfe),  OUT(DATA, 0x12),  IN(DATA, 0xfe),
	OUT(DATA, 0xef),   IN(DATA, 0xfe),  IN(STATUS, IDLE),
};

static const struct step scan_sets[] = {
	OUT(STATUS, 0x60),
	OUT(DATA, 0x05),
	OUT(DATA, 0xf0),
	IN(DATA, 0xfa),
	OUT(DATA, 0x00),
	IN(DATA, 0xfa),
	IN(DATA, 0x02),
	OUT(DATA, 0xf0),
	IN(DATA, 0xfa),
	OUT(DATA, 0x01),
	IN(DATA, 0xfa),
	OUT(DATA, 0xf0),
	IN(DATA, 0xfa),
	OUT(DATA, 0x00),
	IN(DATA, 0xfa),
	IN(DATA, 0x01),
	OUT(DATA, 0xf0),
	IN(DATA, 0xfa),
	OUT(DATA, 0x04),
	IN(DATA, 0xfe),
	OUT(DATA, 0xf6),
	IN(DATA, 0xfa), /* defaults: set 2 again */
	OUT(DATA, 0xf0),
	IN(DATA, 0xfa),
	OUT(DATA, 0x00),
	IN(DATA, 0xfa),
	IN(DATA, 0x02),
	OUT(DATA, 0xf0),
	IN(DATA, 0xfa),
	OUT(DATA, 0x03),
	IN(DATA, 0xfa),
	OUT(DATA, 0xf0),
	IN(DATA, 0xfa),
	OUT(DATA, 0x00),
	IN(DATA, 0xfa),
	IN(DATA, 0x03),
	OUT(DATA, 0xff),
	IN(DATA, 0xfa),
	IN(DATA, 0xaa), /* reset: too */
	OUT(DATA, 0xf0),
	IN(DATA, 0xfa),
	OUT(DATA, 0x00),
	IN(DATA, 0xfa),
	IN(DATA, 0x02),
	/* a command where an argument was due is a command */
	OUT(DATA, 0xf0),
	IN(DATA, 0xfa),
	OUT(DATA, 0xee),
	IN(DATA, 0xee),
	OUT(DATA, 0x01),
	IN(DATA, 0xfe),
};

/* With translation on, the ID and the set numbers are translated too. */
static const struct step translated[] = {
	OUT(DATA, 0xf2), IN(DATA, 0xfa),  IN(DATA, 0xab),  IN(DATA, 0x41),
	OUT(DATA, 0xf0), IN(DATA, 0xfa),  OUT(DATA, 0x00), IN(DATA, 0xfa),
	IN(DATA, 0x41),	 OUT(DATA, 0xf0), IN(DATA, 0xfa),  OUT(DATA, 0x01),
	IN(DATA, 0xfa),	 OUT(DATA, 0xf0), IN(DATA, 0xfa),  OUT(DATA, 0x00),
	IN(DATA, 0xfa),	 IN(DATA, 0x43),  OUT(DATA, 0xf0), IN(DATA, 0xfa),
	OUT(DATA, 0x03), IN(DATA, 0xfa),  OUT(DATA, 0xf0), IN(DATA, 0xfa),
	OUT(DATA, 0x00), IN(DATA, 0xfa),  IN(DATA, 0x3f),
};

/* Every byte has an edge of its own, for an edge-triggered line. */
static const struct step interrupts[] = {
	OUT(DATA, 0xf2),   IRQ(KBD, 1),	     EDGES(KBD, 1),  IN(DATA, 0xfa),
	IRQ(KBD, 1),	   EDGES(KBD, 3),    IN(DATA, 0xab), IRQ(KBD, 1),
	EDGES(KBD, 5),	   IN(DATA, 0x41),   IRQ(KBD, 0),    EDGES(KBD, 6),
	OUT(STATUS, 0x60), OUT(DATA, 0x44), /* IRQ1 off */
	OUT(DATA, 0xee),   IN(STATUS, FULL), IRQ(KBD, 0),    OUT(STATUS, 0x60),
	OUT(DATA, 0x45),   IRQ(KBD, 1),	     IN(DATA, 0xee), IRQ(KBD, 0),
	EDGES(AUX, 0),
};

/* A disabled keyboard keeps its answers; a byte to it enables it. */
static const struct step disabled[] = {
	OUT(DATA, 0xf2),  OUT(STATUS, 0xad), IN(DATA, 0xfa),
	IN(STATUS, 0x1c), IRQ(KBD, 0),	     OUT(STATUS, 0xae),
	IN(DATA, 0xab),	  OUT(STATUS, 0xad), IN(DATA, 0x41),
	OUT(DATA, 0xee),  OUT(STATUS, 0x20), IN(DATA, 0xee),
	IN(DATA, 0x65),
};

/* The controller's own answer goes before what the keyboard still has. */
static const struct step answer_order[] = {
	OUT(DATA, 0xf2), OUT(STATUS, 0x20), IN(DATA, 0xfa),   IN(DATA, 0x65),
	IN(DATA, 0xab),	 IN(DATA, 0x41),    IN(STATUS, 0x1c),
};

/* Answers that wait are read in the order of the commands. */
static const struct step answers_wait[] = {
	OUT(STATUS, 0xaa), OUT(STATUS, 0x20), OUT(STATUS, 0xc0),
	OUT(STATUS, 0xab), IN(DATA, 0x55),    IN(DATA, 0x65),
	IN(DATA, 0xa0),	   OUT(STATUS, 0xaa), IN(DATA, 0x00),
	IN(DATA, 0x55),	   IN(STATUS, 0x1c),
};

/* To disable is also to go back to the defaults. */
static const struct step disable_is_default[] = {
	OUT(DATA, 0xf0), IN(DATA, 0xfa), OUT(DATA, 0x01), IN(DATA, 0xfa),
	OUT(DATA, 0xf5), IN(DATA, 0xfa), OUT(DATA, 0xf0), IN(DATA, 0xfa),
	OUT(DATA, 0x00), IN(DATA, 0xfa), IN(DATA, 0x41),
};

static const struct step strange[] = {
	OUT(STATUS, 0x00),
	IN(STATUS, CMD_IDLE),
	ODD(1),
	OUT(STATUS, 0xd1),
	OUT(STATUS, 0x20), /* a command ends the wait */
	IN(DATA, 0x65),
	OUT(DATA, 0xee),
	IN(DATA, 0xee),
	STOPS(0),
	ODD(1),
};

TEST_STEPS(test_power_on, "i8042", power_on)
TEST_STEPS(test_self_test, "i8042", self_test)
TEST_STEPS(test_interface_tests, "i8042", interface_tests)
TEST_STEPS(test_command_byte, "i8042", command_byte)
TEST_STEPS(test_port_switches, "i8042", port_switches)
TEST_STEPS(test_other_ports, "i8042", other_ports)
TEST_STEPS(test_reset_by_pulse, "i8042", reset_by_pulse)
TEST_STEPS(test_reset_by_output_port, "i8042", reset_by_output_port)
TEST_STEPS(test_loop_backs, "i8042", loop_backs)
static void test_no_mouse(void **state)
{
	static const char *const without[] = { "mouse", NULL };
	struct board b;

	(void)state;
	fake_without = without;
	fake_board_open(&b, "i8042");
	RUN_STEPS(&b, no_mouse);
	fake_board_close(&b);
	fake_without = NULL;
}

TEST_STEPS(test_keyboard, "i8042", keyboard)
TEST_STEPS(test_scan_sets, "i8042", scan_sets)
TEST_STEPS(test_translated, "i8042", translated)
TEST_STEPS(test_interrupts, "i8042", interrupts)
TEST_STEPS(test_disabled, "i8042", disabled)
TEST_STEPS(test_answer_order, "i8042", answer_order)
TEST_STEPS(test_answers_wait, "i8042", answers_wait)
TEST_STEPS(test_disable_is_default, "i8042", disable_is_default)
TEST_STEPS(test_strange, "i8042", strange)

/* Reads until the buffer is empty; the bytes are the keyboard's. */
static unsigned int drain(struct board *b, uint8_t *bytes, unsigned int max)
{
	unsigned int n = 0;

	while ((fake_in(b, STATUS, 1) & 1) && n < max)
		bytes[n++] = fake_in(b, DATA, 1);
	return n;
}

/*
 * Commands nobody reads the answers of: each answer that comes is whole,
 * then come requests to resend, and after reading all is as before.
 */
static void test_keyboard_queue_full(void **state)
{
	uint8_t bytes[64];
	unsigned int n, i = 0;
	struct board b;

	(void)state;
	fake_board_open(&b, "i8042");
	for (int k = 0; k < 20; k++)
		fake_out(&b, DATA, 1, 0xf2);
	n = drain(&b, bytes, sizeof(bytes));
	assert_int_equal(n, 17); /* 16 in the queue, one in the buffer */
	while (i + 2 < n && bytes[i] == 0xfa) {
		assert_int_equal(bytes[i + 1], 0xab);
		assert_int_equal(bytes[i + 2], 0x41);
		i += 3;
	}
	assert_int_equal(i, 15);
	while (i < n)
		assert_int_equal(bytes[i++], 0xfe);
	assert_int_equal(b.oddities, 15);
	fake_out(&b, DATA, 1, 0xee);
	assert_int_equal(fake_in(&b, DATA, 1), 0xee);
	fake_board_close(&b);
}

/* A keyboard with room for three bytes does not start on a fourth. */
static void test_keyboard_queue_nearly_full(void **state)
{
	uint8_t bytes[64];
	unsigned int n;
	struct board b;

	(void)state;
	fake_board_open(&b, "i8042");
	for (int k = 0; k < 14; k++)
		fake_out(&b, DATA, 1, 0xee);
	fake_out(&b, DATA, 1, 0xf2);
	n = drain(&b, bytes, sizeof(bytes));
	assert_int_equal(n, 15);
	assert_int_equal(bytes[13], 0xee);
	assert_int_equal(bytes[14], 0xfe);
	fake_board_close(&b);
}

static void test_controller_queue_full(void **state)
{
	uint8_t bytes[64];
	unsigned int n;
	struct board b;

	(void)state;
	fake_board_open(&b, "i8042");
	for (int k = 0; k < 20; k++)
		fake_out(&b, STATUS, 1, 0xaa);
	n = drain(&b, bytes, sizeof(bytes));
	assert_int_equal(n, 17);
	assert_int_equal(b.oddities, 3);
	fake_board_close(&b);
}

static void test_reset_is_reset(void **state)
{
	struct board b;

	(void)state;
	fake_board_open(&b, "i8042");
	fake_out(&b, STATUS, 1, 0xfe);
	assert_int_equal(b.stop_why, BOARD_STOP_RESET);
	assert_int_equal(b.type->irqs[KBD], 1);
	assert_int_equal(b.type->irqs[AUX], 12);
	fake_board_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_power_on),
		cmocka_unit_test(test_self_test),
		cmocka_unit_test(test_interface_tests),
		cmocka_unit_test(test_command_byte),
		cmocka_unit_test(test_port_switches),
		cmocka_unit_test(test_other_ports),
		cmocka_unit_test(test_reset_by_pulse),
		cmocka_unit_test(test_reset_by_output_port),
		cmocka_unit_test(test_loop_backs),
		cmocka_unit_test(test_no_mouse),
		cmocka_unit_test(test_keyboard),
		cmocka_unit_test(test_scan_sets),
		cmocka_unit_test(test_translated),
		cmocka_unit_test(test_interrupts),
		cmocka_unit_test(test_disabled),
		cmocka_unit_test(test_answer_order),
		cmocka_unit_test(test_answers_wait),
		cmocka_unit_test(test_disable_is_default),
		cmocka_unit_test(test_strange),
		cmocka_unit_test(test_keyboard_queue_full),
		cmocka_unit_test(test_keyboard_queue_nearly_full),
		cmocka_unit_test(test_controller_queue_full),
		cmocka_unit_test(test_reset_is_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
