/* objects: devices/i8042.o devices/i8042_kbd.o devices/i8042_keys.o */
/* objects: devices/i8042_scan.o devices/i8042_input.o */
/* objects: devices/i8042_mouse.o devices/i8042_ko_none.o */
/* objects: devices/serial.o devices/serial_irq.o devices/serial_fifo.o */
/*
 * Who gets what is typed: when the keyboard asks for the console, when it
 * does not, how it takes turns with COM1, and that no key is ever lost.
 */
#include "steps.h"
#include "util/stash.h"

#define DATA   0x60
#define STATUS 0x64

#define KBD 0
#define AUX 1

/* What the BIOS has done does not count, nor does looking once. */
static const struct step at_power_on[] = {
	READY(0),	  TYPE("a", 0), IN(STATUS, 0x14), IN(DATA, 0x00),
	IN(STATUS, 0x14), READY(0),	IRQ(KBD, 0),
};

static const struct step by_command_byte[] = {
	OUT(STATUS, 0x60), READY(0),	   OUT(DATA, 0x45),  READY(1),
	TYPE("a", 1),	   IRQ(KBD, 1),	   IN(STATUS, 0x15), IN(DATA, 0x1e),
	IRQ(KBD, 1),	   IN(DATA, 0x9e), IN(STATUS, 0x14), IRQ(KBD, 0),
	READY(1),
};

static const struct step by_enable[] = {
	OUT(DATA, 0xf4), READY(1),	 TYPE("a", 1),	  IN(DATA, 0xfa),
	IN(DATA, 0x1e),	 IN(DATA, 0x9e), OUT(DATA, 0xf4), IN(DATA, 0xfa),
	READY(1), /* it had the console already */
};

/* Interrupts off and on again: a new start, which may win the console back. */
static const struct step starts_again[] = {
	OUT(STATUS, 0x60), OUT(DATA, 0x45), READY(1),	     OUT(STATUS, 0x60),
	OUT(DATA, 0x44),   READY(1),	    TYPE("a", 0),    OUT(STATUS, 0x60),
	OUT(DATA, 0x45),   READY(2),	    OUT(DATA, 0xf5), IN(DATA, 0xfa),
	TYPE("a", 0),	   OUT(DATA, 0xf4), IN(DATA, 0xfa),  READY(3),
	TYPE("a", 1),	   IN(DATA, 0x1e),  IN(DATA, 0x9e),
};

/* A reset keyboard scans again. */
static const struct step reset_scans[] = {
	OUT(DATA, 0xf4), IN(DATA, 0xfa),  OUT(DATA, 0xf5), IN(DATA, 0xfa),
	TYPE("a", 0),	 OUT(DATA, 0xff), READY(2),	   IN(DATA, 0xfa),
	IN(DATA, 0xaa),	 TYPE("a", 1),	  IN(DATA, 0x1e),  IN(DATA, 0x9e),
};

/* The keyboard disabled for a while keeps the console. */
static const struct step port_off[] = {
	OUT(STATUS, 0x60), OUT(DATA, 0x45),  READY(1),
	OUT(STATUS, 0xad), TYPE("a", 1),     IN(STATUS, 0x1c),
	OUT(STATUS, 0xae), IN(STATUS, 0x1d), IN(DATA, 0x1e),
	IN(DATA, 0x9e),	   READY(1),
};

/*
 * Linux 6.1, drivers/input/serio/i8042.c and drivers/input/keyboard/atkbd.c:
 * loop test of the auxiliary port, both interrupts on; identify the keyboard,
 * set it up and enable it; look for a mouse.
 */
static const struct step linux_starts[] = {
	IN(STATUS, 0x14),  OUT(STATUS, 0x20),
	IN(DATA, 0x65),	   OUT(STATUS, 0x60),
	OUT(DATA, 0x74), /* keyboard off */
	OUT(STATUS, 0xd3), OUT(DATA, 0x5a),
	IN(DATA, 0x5a),	   OUT(STATUS, 0xa7),
	OUT(STATUS, 0x20), IN(DATA, 0x74),
	OUT(STATUS, 0xa8), OUT(STATUS, 0x20),
	IN(DATA, 0x54),	   OUT(STATUS, 0x60),
	OUT(DATA, 0x56), /* auxiliary port on */
	OUT(STATUS, 0xd3), OUT(DATA, 0xa5),
	IRQ(AUX, 1),	   IN(DATA, 0xa5),
	OUT(STATUS, 0x60), OUT(DATA, 0x47), /* keyboard on */
	OUT(DATA, 0xf2),   IN(DATA, 0xfa),
	IN(DATA, 0xab),	   IN(DATA, 0x41),
	OUT(DATA, 0xf5),   IN(DATA, 0xfa),
	OUT(DATA, 0xed),   IN(DATA, 0xfa),
	OUT(DATA, 0x00),   IN(DATA, 0xfa),
	OUT(DATA, 0xf3),   IN(DATA, 0xfa),
	OUT(DATA, 0x00),   IN(DATA, 0xfa),
	OUT(DATA, 0xf4),   IN(DATA, 0xfa),
	OUT(STATUS, 0xd4), OUT(DATA, 0xf2),
	IN(DATA, 0xfa),	   IN(DATA, 0x00),
	READY(0),	   TYPE("uname\n", 0),
	IN(STATUS, 0x34),
};

TEST_STEPS(test_at_power_on, "i8042", at_power_on)
TEST_STEPS(test_by_command_byte, "i8042", by_command_byte)
TEST_STEPS(test_by_enable, "i8042", by_enable)
TEST_STEPS(test_starts_again, "i8042", starts_again)
TEST_STEPS(test_reset_scans, "i8042", reset_scans)
TEST_STEPS(test_port_off, "i8042", port_off)
TEST_STEPS(test_linux_starts, "i8042", linux_starts)

/* That is for the console; what is typed at its screen Linux gets. */
static void test_linux_at_its_screen(void **state)
{
	struct board b;
	size_t taken;

	(void)state;
	fake_board_open(&b, "i8042");
	RUN_STEPS(&b, linux_starts);
	assert_true(b.screen_readies > 0);
	b.at_screen = true;
	taken = fake_offer(&b, "aaaaaaaaaaaaaaaaaaaa", 20);
	assert_in_range(taken, 8, 19);
	for (unsigned int i = 0; i < taken; i++) {
		assert_int_equal(fake_in(&b, DATA, 1), 0x1e);
		assert_int_equal(fake_in(&b, DATA, 1), 0x9e);
	}
	assert_true(b.rx_mores > 0);
	b.at_screen = false;
	assert_int_equal(fake_offer(&b, "a", 1), 0);
	fake_board_close(&b);
}

/* At its screen a guest has a keyboard as the BIOS leaves it: an interrupt for
 * each byte, whether or not the guest ever wrote to the controller. */
static void test_at_the_screen(void **state)
{
	static const struct step steps[] = {
		TYPE("ab", 2),	IRQ(KBD, 1),	IN(DATA, 0x1e), IRQ(KBD, 1),
		IN(DATA, 0x9e), IN(DATA, 0x30), IN(DATA, 0xb0), IRQ(KBD, 0),
		EDGES(KBD, 8),	READY(0),
	};
	struct board b;

	(void)state;
	fake_board_open(&b, "i8042");
	assert_int_equal(b.screen_readies, 1);
	b.at_screen = true;
	RUN_STEPS(&b, steps);
	fake_board_close(&b);
}

/* Such a guest is lent a key while nobody asks, but not at once; its interrupt
 * comes again, and reading it is the sign that it listens. */
static void test_lent(void **state)
{
	struct board b;

	(void)state;
	fake_board_open(&b, "i8042");
	assert_int_equal(fake_offer(&b, "a", 1), 0);
	assert_int_equal(b.deadline_ns, 0);
	b.lends = true;
	assert_int_equal(fake_offer(&b, "ab", 2), 0);
	fake_run_until(&b, b.deadline_ns);
	assert_int_equal(b.rx_mores, 1);
	b.rx_readies = 0; /* that was not the guest */
	assert_int_equal(fake_offer(&b, "ab", 2), 1);
	assert_int_equal(fake_offer(&b, "ab", 2), 0);
	assert_true(b.irq[KBD]);
	fake_run_until(&b, b.deadline_ns);
	assert_int_equal(b.irq_changes[KBD], 3);
	assert_true(b.irq[KBD]);
	assert_int_equal(fake_in(&b, DATA, 1), 0x1e);
	assert_int_equal(b.rx_readies, 1);
	assert_int_equal(fake_in(&b, DATA, 1), 0x9e);
	assert_int_equal(fake_offer(&b, "b", 1), 1);
	assert_int_equal(fake_in(&b, DATA, 1), 0x30);
	fake_run_until(&b, b.deadline_ns);
	assert_int_equal(b.deadline_ns, 0);
	fake_board_close(&b);
}

static void look(struct board *b, unsigned int times)
{
	while (times--)
		assert_int_equal(fake_in(b, STATUS, 1) & 0x01, 0);
}

/* A guest without interrupts looks until there is something. */
static void test_by_polling(void **state)
{
	struct board b;

	(void)state;
	fake_board_open(&b, "i8042");
	look(&b, 15);
	assert_int_equal(b.rx_readies, 0);
	fake_out(&b, STATUS, 1, 0xae); /* a driver at work */
	look(&b, 15);
	fake_out(&b, DATA, 1, 0xee);
	assert_int_equal(fake_in(&b, STATUS, 1) & 0x01, 1);
	assert_int_equal(fake_in(&b, DATA, 1), 0xee);
	look(&b, 15);
	assert_int_equal(b.rx_readies, 0);
	look(&b, 1);
	assert_int_equal(b.rx_readies, 1);
	assert_int_equal(fake_offer(&b, "a", 1), 1);
	assert_int_equal(fake_in(&b, DATA, 1), 0x1e);
	assert_int_equal(fake_in(&b, DATA, 1), 0x9e);
	look(&b, 100);
	fake_out(&b, DATA, 1, 0xed); /* lights do not end it */
	assert_int_equal(fake_in(&b, DATA, 1), 0xfa);
	assert_int_equal(b.rx_readies, 1);
	assert_int_equal(fake_offer(&b, "b", 1), 1);
	fake_board_close(&b);
}

/* Printing and waiting for keys by turns, as small programs do. */
static void test_polling_both(void **state)
{
	struct board kbd, uart;

	(void)state;
	fake_board_open(&kbd, "i8042");
	fake_board_open(&uart, "serial");
	for (int i = 0; i < 1000; i++) {
		fake_in(&uart, 0x3fd, 1);
		fake_in(&kbd, STATUS, 1);
		if (i % 100 == 99)
			fake_out(&uart, 0x3f8, 1, '.');
	}
	assert_int_equal(uart.rx_readies, 1);
	assert_int_equal(kbd.rx_readies, 1);
	fake_board_close(&uart);
	fake_board_close(&kbd);
}

/*
 * More than the keyboard takes at once: what does not fit stays, it asks for
 * more when it has nothing left, and every key comes, in order.
 */
static void test_nothing_lost(void **state)
{
	char text[5001];
	size_t taken, total = 0, codes = 0;
	struct board b;

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = i % 3 ? 'a' : 'A';
	fake_board_open(&b, "i8042");
	fake_out(&b, STATUS, 1, 0x60);
	fake_out(&b, DATA, 1, 0x45);
	while (total < sizeof(text) - 1) {
		assert_int_equal(b.rx_readies, b.rx_mores + 1);
		b.rx_ready = false;
		taken = fake_offer(&b, text + total, sizeof(text) - 1 - total);
		assert_in_range(taken, 1, 16);
		assert_int_equal(fake_offer(&b, text, 1), 0);
		total += taken;
		for (int last = 0; fake_in(&b, STATUS, 1) & 0x01;) {
			uint8_t code = fake_in(&b, DATA, 1);

			last += b.rx_ready; /* not before it is empty */
			assert_in_range(last, 0, 2);
			codes += (code & 0x7f) == 0x1e;
			assert_true(b.irq[KBD] == (fake_in(&b, STATUS, 1) & 1));
		}
		assert_true(b.rx_ready);
	}
	assert_int_equal(codes, 2 * total);
	assert_int_equal(b.oddities, 0);
	fake_board_close(&b);
}

/* Commands amid typing: answers come whole, codes come whole, none is lost. */
static void test_commands_amid_keys(void **state)
{
	static const uint8_t expect[] = {
		0xe0, 0x75, 0xfa, 0xe0, 0xf0, 0x75, /* up; the first ACK */
	};
	struct board b;

	(void)state;
	fake_board_open(&b, "i8042");
	fake_out(&b, STATUS, 1, 0x60);
	fake_out(&b, DATA, 1, 0x05);
	assert_int_equal(fake_offer(&b, "\033[Ax", 4), 4);
	fake_out(&b, DATA, 1, 0xf4);
	for (size_t i = 0; i < sizeof(expect); i++)
		assert_int_equal(fake_in(&b, DATA, 1), expect[i]);
	/* 'x' is pressed in the buffer; then lights, whose argument is due */
	fake_out(&b, DATA, 1, 0xed);
	assert_int_equal(fake_in(&b, DATA, 1), 0x22);
	assert_int_equal(fake_in(&b, DATA, 1), 0xfa);
	assert_int_equal(fake_in(&b, STATUS, 1), 0x14);
	fake_out(&b, DATA, 1, 0x02);
	assert_int_equal(fake_in(&b, DATA, 1), 0xfa);
	assert_int_equal(fake_in(&b, DATA, 1), 0xf0);
	fake_out(&b, DATA, 1, 0xff); /* even a reset keeps what was typed */
	assert_int_equal(fake_in(&b, DATA, 1), 0x22);
	assert_int_equal(fake_in(&b, DATA, 1), 0xfa);
	assert_int_equal(fake_in(&b, DATA, 1), 0xaa);
	assert_int_equal(fake_in(&b, STATUS, 1), 0x14);
	fake_board_close(&b);
}

/* A keyboard that must not scan keeps what it has until it may. */
static void test_disabled_keeps_keys(void **state)
{
	struct board b;

	(void)state;
	fake_board_open(&b, "i8042");
	fake_out(&b, DATA, 1, 0xf4);
	assert_int_equal(fake_in(&b, DATA, 1), 0xfa);
	assert_int_equal(fake_offer(&b, "ab", 2), 2);
	fake_out(&b, DATA, 1, 0xf5);
	assert_int_equal(fake_in(&b, DATA, 1), 0x1e);
	assert_int_equal(fake_in(&b, DATA, 1), 0xfa);
	assert_int_equal(fake_in(&b, STATUS, 1) & 1, 0);
	assert_int_equal(fake_offer(&b, "c", 1), 0);
	fake_out(&b, DATA, 1, 0xf4);
	assert_int_equal(fake_in(&b, DATA, 1), 0xfa);
	assert_int_equal(fake_in(&b, DATA, 1), 0x9e);
	assert_int_equal(fake_in(&b, DATA, 1), 0x30);
	assert_int_equal(fake_in(&b, DATA, 1), 0xb0);
	assert_true(b.rx_ready); /* for the "c" */
	fake_board_close(&b);
}

/* Who listens asks once more where it is restored, in case another had the keys by
 * --keys; who does not listen does not. */
static void test_restored(void **state)
{
	static const char *const names[] = { "i8042", "serial" };
	struct stash stash = { 0 };
	struct board b;

	(void)state;
	for (int i = 0; i < 4; i++) {
		fake_board_open(&b, names[i / 2]);
		if (i % 2)
			fake_out(&b, i / 2 ? 0x3f9 : DATA, 1, i / 2 ? 1 : 0xf4);
		if (i == 3)
			fake_in(&b, 0x3fd, 1); /* not to try what IER has */
		assert_int_equal(b.rx_readies, i % 2);
		fake_save(&b, &stash);
		assert_true(fake_restore(&b, 0, &stash));
		assert_int_equal(b.rx_readies, 2 * (i % 2));
		stash_free(&stash);
		fake_board_close(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_restored),
		cmocka_unit_test(test_at_power_on),
		cmocka_unit_test(test_by_command_byte),
		cmocka_unit_test(test_by_enable),
		cmocka_unit_test(test_starts_again),
		cmocka_unit_test(test_reset_scans),
		cmocka_unit_test(test_port_off),
		cmocka_unit_test(test_linux_starts),
		cmocka_unit_test(test_at_the_screen),
		cmocka_unit_test(test_lent),
		cmocka_unit_test(test_linux_at_its_screen),
		cmocka_unit_test(test_by_polling),
		cmocka_unit_test(test_polling_both),
		cmocka_unit_test(test_nothing_lost),
		cmocka_unit_test(test_commands_amid_keys),
		cmocka_unit_test(test_disabled_keeps_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
