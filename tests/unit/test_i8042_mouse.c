/* objects: devices/i8042.o devices/i8042_kbd.o devices/i8042_keys.o */
/* objects: devices/i8042_scan.o devices/i8042_input.o */
/* objects: devices/i8042_mouse.o devices/i8042_ko_none.o */
/* The mouse at the auxiliary port: commands, packets, the wheel, the rate. */
#include "steps.h"

#define DATA   0x60
#define STATUS 0x64

#define KBD 0
#define AUX 1

#define MS 1000000ULL

#define IDLE 0x34 /* the last byte was the mouse's */
#define NONE IN(STATUS, IDLE)

/* A byte for the mouse, and what it says first. */
#define TELL(byte)	    OUT(STATUS, 0xd4), OUT(DATA, byte)
#define ASK(byte)	    TELL(byte), IN(STATUS, 0x35), IN(DATA, 0xfa)
#define ASK2(byte, arg)	    ASK(byte), ASK(arg)
#define PACKET(a, b, c)	    IN(DATA, a), IN(DATA, b), IN(DATA, c)
#define PACKET4(a, b, c, d) PACKET(a, b, c), IN(DATA, d)
#define KNOCK		    ASK2(0xf3, 200), ASK2(0xf3, 100), ASK2(0xf3, 80)

static const struct step reset_answers[] = {
	ASK(0xff), IN(DATA, 0xaa), IN(DATA, 0x00),
	NONE,	   ASK(0xf2),	   IN(DATA, 0x00),
	NONE,	   ASK(0xe9),	   PACKET(0x00, 0x02, 100),
	NONE,	   ODD(0),
};

static const struct step settings[] = {
	ASK2(0xe8, 3),
	ASK2(0xf3, 60),
	ASK(0xe7),
	ASK(0xf4),
	ASK(0xf0),
	ASK(0xe9),
	PACKET(0x70, 0x03, 60),
	ASK(0xf6),
	ASK(0xe9),
	PACKET(0x00, 0x02, 100),
	NONE,
};

/* Buttons are left, middle and right there, and left, right, middle in a packet. */
static const struct step buttons[] = {
	POINT(0x01, 0, 0, 0),
	ASK(0xe9),
	PACKET(0x04, 0x02, 100),
	POINT(0x02, 0, 0, 0),
	ASK(0xe9),
	PACKET(0x01, 0x02, 100),
	POINT(0x04, 0, 0, 0),
	ASK(0xe9),
	PACKET(0x02, 0x02, 100),
	NONE,
	ASK(0xeb),
	PACKET(0x0c, 0x00, 0x00),
	POINT(0xff, 0, 0, 0),
	ASK(0xeb),
	PACKET(0x0f, 0x00, 0x00),
	NONE,
};

/* Nothing comes unasked before reporting is on; then IRQ12, with bit 5. */
static const struct step stream[] = {
	OUT(STATUS, 0x60), OUT(DATA, 0x47),   POINT(0, 5, 5, 0),
	IN(STATUS, 0x14),  ASK(0xf4),	      NONE,
	IRQ(AUX, 0),	   POINT(0, 3, 4, 0), IRQ(AUX, 1),
	IRQ(KBD, 0),	   IN(STATUS, 0x35),  IN(DATA, 0x28),
	IRQ(AUX, 1),	   IN(DATA, 0x03),    IN(DATA, 0xfc),
	IRQ(AUX, 0),	   IN(STATUS, 0x34),  ASK(0xf5),
	POINT(1, 9, 9, 0), IN(STATUS, 0x34),  ODD(0),
};

/* 100 a second: what happens in between adds up, and a click is seen. */
static const struct step paces[] = {
	NOW(1000 * MS),		  ASK(0xf4),
	POINT(0, 1, 0, 0),	  PACKET(0x08, 0x01, 0x00),
	POINT(0, 2, 1, 0),	  POINT(1, 3, 1, 0),
	POINT(0, -1, -4, 0),	  IN(STATUS, 0x34),
	UNTIL(1009 * MS),	  IN(STATUS, 0x34),
	UNTIL(1010 * MS),	  PACKET(0x09, 0x04, 0x02),
	IN(STATUS, 0x34),	  UNTIL(1020 * MS),
	PACKET(0x08, 0x00, 0x00), IN(STATUS, 0x34),
	UNTIL(9000 * MS),	  IN(STATUS, 0x34),
	ASK2(0xf3, 10),		  POINT(0, 1, 0, 0),
	PACKET(0x08, 0x01, 0x00), POINT(0, 1, 0, 0),
	UNTIL(9099 * MS),	  IN(STATUS, 0x34),
	UNTIL(9100 * MS),	  PACKET(0x08, 0x01, 0x00),
	IN(STATUS, 0x34),
};

/* Nine bits and a sign; the rest comes with the next packet, and what nobody
 * could want any more never. */
static const struct step far[] = {
	ASK(0xf4),
	POINT(0, 300, -300, 0),
	PACKET(0x08, 0xff, 0xff),
	UNTIL(10 * MS),
	PACKET(0x08, 45, 45),
	UNTIL(20 * MS),
	POINT(0, -256, 1, 0),
	PACKET(0x38, 0x01, 0xff),
	UNTIL(30 * MS),
	PACKET(0x18, 0xff, 0x00),
	UNTIL(40 * MS),
	IN(STATUS, 0x34),
	ASK(0xf0),
	POINT(0, 0, 0, 0),
	ASK(0xf4),
	ASK(0xea),
	POINT(0, 0x7fffffff, (int)0x80000000, 0),
	PACKET(0x08, 0xff, 0xff),
	ASK(0xf0),
	ASK(0xeb),
	PACKET(0x08, 0x00, 0x00),
	NONE,
};

static const struct step wheel[] = {
	POINT(0, 0, 0, 1),
	KNOCK,
	ASK(0xf2),
	IN(DATA, 0x03),
	ASK(0xf4),
	POINT(0, 0, 0, 1),
	PACKET4(0x08, 0x00, 0x00, 0xff),
	UNTIL(100 * MS),
	POINT(0, 0, 0, -10),
	PACKET4(0x08, 0x00, 0x00, 0x07),
	UNTIL(200 * MS),
	PACKET4(0x08, 0x00, 0x00, 0x03),
	UNTIL(300 * MS),
	IN(STATUS, 0x34),
	ASK(0xff),
	IN(DATA, 0xaa),
	IN(DATA, 0x00),
	ASK(0xf2),
	IN(DATA, 0x00),
	ASK(0xf4),
	POINT(0, 0, 0, 1),
	IN(STATUS, 0x34),
	ASK2(0xf3, 200),
	ASK2(0xf3, 100),
	ASK2(0xf3, 60),
	ASK2(0xf3, 80),
	ASK(0xf2),
	IN(DATA, 0x00),
	NONE,
};

static const struct step remote[] = {
	ASK(0xf0),
	ASK(0xf4),
	POINT(1, 7, 0, 0),
	IN(STATUS, 0x34),
	ASK(0xeb),
	PACKET(0x09, 0x07, 0x00),
	ASK(0xeb),
	PACKET(0x09, 0x00, 0x00),
	ASK(0xea),
	IN(STATUS, 0x34),
	POINT(0, 0, 0, 0),
	PACKET(0x08, 0x00, 0x00),
	NONE,
};

/* 1:1 up to a half, more beyond; of a stream alone. */
static const struct step scaling[] = {
	ASK(0xe7),
	ASK2(0xf3, 200),
	ASK(0xf4),
	POINT(0, 2, 0, 0),
	PACKET(0x08, 1, 0),
	UNTIL(10 * MS),
	POINT(0, 4, 0, 0),
	PACKET(0x08, 6, 0),
	UNTIL(20 * MS),
	POINT(0, -5, 0, 0),
	PACKET(0x18, 0xf7, 0),
	UNTIL(30 * MS),
	POINT(0, 100, 0, 0),
	PACKET(0x08, 200, 0),
	UNTIL(40 * MS),
	POINT(0, 200, 0, 0),
	PACKET(0x08, 255, 0),
	UNTIL(50 * MS),
	POINT(0, 2, 0, 0),
	PACKET(0x08, 1, 0),
	UNTIL(60 * MS),
	ASK(0xf0),
	POINT(0, 4, 0, 0),
	ASK(0xeb),
	PACKET(0x08, 4, 0),
	NONE,
};

/* All comes back but two. */
static const struct step wrap[] = {
	ASK(0xee),	TELL(0xf4),	   IN(DATA, 0xf4),
	TELL(0x55),	IN(DATA, 0x55),	   TELL(0xee),
	IN(DATA, 0xee), POINT(0, 1, 0, 0), IN(STATUS, 0x34),
	ASK(0xec),	TELL(0x55),	   IN(DATA, 0xfe),
	NONE,
};

/* Bytes that make no sense, once and again; a command where an argument was
 * expected; arguments that are none. */
static const struct step wrong[] = {
	TELL(0x00),
	IN(DATA, 0xfe),
	TELL(0xe5),
	IN(DATA, 0xfc),
	ASK(0xf2),
	IN(DATA, 0x00),
	TELL(0xf9),
	IN(DATA, 0xfe),
	ASK(0xe8),
	TELL(4),
	IN(DATA, 0xfe),
	ASK(0xf3),
	TELL(0),
	IN(DATA, 0xfe),
	ASK(0xf3),
	ASK(0xe9),
	PACKET(0x00, 0x02, 100),
	NONE,
	ODD(0),
};

static const struct step resend[] = {
	ASK(0xe9),
	PACKET(0x00, 0x02, 100),
	TELL(0xfe),
	IN(DATA, 0xfa),
	PACKET(0x00, 0x02, 100),
	ASK(0xf4),
	POINT(0, 1, 2, 0),
	IN(DATA, 0x28),
	TELL(0xfe),
	IN(DATA, 0x01), /* that had been sent */
	PACKET(0x28, 0x01, 0xfe),
	NONE,
};

/* A command drops what was not read, but for the byte in the buffer. */
static const struct step cut_off[] = {
	TELL(0xe9),	TELL(0xf2),	IN(DATA, 0xfa),
	IN(DATA, 0xfa), IN(DATA, 0x00), NONE,
};

/* The controller holds the mouse's clock: what it has to say waits. */
static const struct step held[] = {
	ASK(0xf4),	   OUT(STATUS, 0xa7),
	POINT(1, 1, 1, 0), IN(STATUS, 0x3c),
	POINT(0, 1, 1, 0), IN(STATUS, 0x3c),
	OUT(STATUS, 0xa8), PACKET(0x29, 0x02, 0xfe),
	UNTIL(10 * MS),	   PACKET(0x08, 0x00, 0x00),
	IN(STATUS, 0x3c),
};

/* The keyboard's own bytes go on, each with its mark. */
static const struct step beside_keys[] = {
	ASK(0xf4),	   PRESS(30),
	POINT(0, 1, 0, 0), LET_GO(30),
	IN(STATUS, 0x15),  IN(DATA, 0x1e),
	IN(STATUS, 0x15),  IN(DATA, 0x9e),
	IN(STATUS, 0x35),  PACKET(0x08, 0x01, 0x00),
	IN(STATUS, 0x34),
};

TEST_STEPS(test_reset, "i8042", reset_answers)
TEST_STEPS(test_settings, "i8042", settings)
TEST_STEPS(test_buttons, "i8042", buttons)
TEST_STEPS(test_stream, "i8042", stream)
TEST_STEPS(test_paces, "i8042", paces)
TEST_STEPS(test_far, "i8042", far)
TEST_STEPS(test_wheel, "i8042", wheel)
TEST_STEPS(test_remote, "i8042", remote)
TEST_STEPS(test_scaling, "i8042", scaling)
TEST_STEPS(test_wrap, "i8042", wrap)
TEST_STEPS(test_wrong, "i8042", wrong)
TEST_STEPS(test_resend, "i8042", resend)
TEST_STEPS(test_cut_off, "i8042", cut_off)
TEST_STEPS(test_held, "i8042", held)
TEST_STEPS(test_beside_keys, "i8042", beside_keys)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_buttons),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_paces),
		cmocka_unit_test(test_far),
		cmocka_unit_test(test_wheel),
		cmocka_unit_test(test_remote),
		cmocka_unit_test(test_scaling),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_resend),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_beside_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
