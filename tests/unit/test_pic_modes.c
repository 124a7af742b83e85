/* objects: devices/pic.o */
/*
 * The pair of 8259As: every way to end an interrupt, rotating priorities,
 * automatic EOI, special mask and special fully nested mode, polling.
 */
#include "pic_steps.h"

static const struct step specific_eoi[] = {
	INIT,
	LINE(5, 1),
	ACK(0x25),
	LINE(3, 1),
	ACK(0x23),
	OUT(M, READ_ISR),
	IN(M, 0x28),
	OUT(M, SPECIFIC | 5),
	IN(M, 0x08),
	OUT(M, SPECIFIC | 6),
	IN(M, 0x08),
	OUT(M, SPECIFIC | 3),
	IN(M, 0x00),
	/* the highest is what a plain EOI ends; with none it does nothing */
	LINE(5, 0),
	LINE(3, 0),
	LINE(5, 1),
	ACK(0x25),
	LINE(3, 1),
	ACK(0x23),
	OUT(M, EOI),
	IN(M, 0x20),
	OUT(M, EOI),
	IN(M, 0x00),
	OUT(M, EOI),
	IN(M, 0x00),
	OUT(M, 0x40),
	IN(M, 0x00),
};

static const struct step rotation[] = {
	INIT,
	/* rotate on a plain EOI: 4 becomes the lowest, 5 the highest */
	LINE(4, 1),
	ACK(0x24),
	OUT(M, 0xa0),
	LINE(4, 0),
	LINE(4, 1),
	LINE(3, 1),
	LINE(5, 1),
	ACK(0x25),
	OUT(M, EOI),
	ACK(0x23),
	OUT(M, EOI),
	ACK(0x24),
	OUT(M, EOI),
	INTR(0),
	LINE(3, 0),
	LINE(4, 0),
	LINE(5, 0),
	/* rotate on a specific EOI */
	LINE(6, 1),
	ACK(0x26),
	OUT(M, 0xe6),
	LINE(6, 0),
	LINE(6, 1),
	LINE(7, 1),
	LINE(0, 1),
	ACK(0x27),
	OUT(M, EOI),
	ACK(0x20),
	OUT(M, EOI),
	ACK(0x26),
	OUT(M, EOI),
	INTR(0),
	LINE(6, 0),
	LINE(7, 0),
	LINE(0, 0),
	/* set the lowest: 1, so that 2 and 3 come before 0 and 1 */
	OUT(M, 0xc1),
	LINE(0, 1),
	LINE(1, 1),
	LINE(3, 1),
	ACK(0x23),
	INTR(0),
	OUT(M, EOI),
	ACK(0x20),
	INTR(0),
	OUT(M, EOI),
	ACK(0x21),
	/* what is in service bars by the same order */
	LINE(0, 0),
	LINE(0, 1),
	INTR(1),
	ACK(0x20),
	/* ICW1: 7 is the lowest again */
	INIT,
	LINE(0, 0),
	LINE(7, 1),
	LINE(0, 1),
	ACK(0x20),
};

static const struct step rotation_aeoi[] = {
	INIT_WITH(0x11, 0x03, 0x01),
	OUT(M, READ_ISR),
	/* automatic, no rotation */
	LINE(3, 1),
	LINE(4, 1),
	ACK(0x23),
	IN(M, 0x00),
	INTR(1),
	LINE(3, 0),
	LINE(3, 1),
	ACK(0x23),
	ACK(0x24),
	INTR(0),
	/* with rotation: 3 goes to the end */
	OUT(M, 0x80),
	LINE(3, 0),
	LINE(4, 0),
	LINE(3, 1),
	LINE(4, 1),
	ACK(0x23),
	LINE(3, 0),
	LINE(3, 1),
	ACK(0x24),
	ACK(0x23),
	INTR(0),
	/* off again: the order stays as it is */
	OUT(M, 0x00),
	LINE(3, 0),
	LINE(4, 0),
	LINE(3, 1),
	LINE(4, 1),
	ACK(0x24),
	LINE(4, 0),
	LINE(4, 1),
	ACK(0x24),
	ACK(0x23),
};

static const struct step special_mask[] = {
	INIT,
	LINE(3, 1),
	ACK(0x23),
	LINE(5, 1),
	INTR(0),
	OUT(MMASK, 0x08),
	INTR(0), /* not in this mode */
	OUT(M, 0x68),
	INTR(1),
	ACK(0x25),
	OUT(M, READ_ISR),
	IN(M, 0x28),
	/* a plain EOI passes over what is masked */
	OUT(M, EOI),
	IN(M, 0x08),
	OUT(M, EOI),
	IN(M, 0x08),
	LINE(5, 0),
	LINE(5, 1),
	INTR(1),
	OUT(M, 0x28),
	INTR(1), /* SMM without ESMM counts for nothing */
	OUT(M, 0x48),
	INTR(0), /* off: 3 bars 5 again */
	OUT(M, 0x68),
	INTR(1),
	OUT(MMASK, 0x00),
	INTR(0),
	OUT(M, SPECIFIC | 3),
	INTR(1),
	ACK(0x25),
};

/* Fully nested across the cascade: a higher one of the slave gets through. */
static const struct step special_nested[] = {
	INIT_WITH(0x11, 0x11, 0x01),
	LINE(12, 1),
	ACK(0x2c),
	LINE(8, 1),
	INTR(1),
	ACK(0x28),
	INTR(0),
	LINE(9, 1),
	INTR(0), /* lower than 8 in service */
	LINE(3, 1),
	INTR(0), /* lower than the cascade */
	OUT(S, EOI),
	INTR(1),
	ACK(0x29),
	OUT(S, EOI),
	INTR(0),
	OUT(S, EOI),
	OUT(S, READ_ISR),
	IN(S, 0x00),
	OUT(M, EOI),
	INTR(1),
	ACK(0x23),
	/* and the mode is gone with the next ICW4 */
	INIT,
	LINE(8, 0),
	LINE(12, 0),
	LINE(12, 1),
	ACK(0x2c),
	LINE(8, 1),
	INTR(0),
};

static const struct step poll[] = {
	INIT,
	OUT(M, POLL),
	IN(M, 0x07), /* nothing */
	IN(M, 0x00), /* one read only */
	LINE(4, 1),
	LINE(6, 1),
	OUT(M, POLL),
	INTR(1),
	IN(M, 0x84),
	INTR(0),
	IN(M, 0x40),
	OUT(M, READ_ISR),
	IN(M, 0x10),
	OUT(M, POLL),
	IN(M, 0x07), /* 4 bars 6 */
	OUT(M, EOI),
	INTR(1),
	OUT(M, POLL),
	IN(MMASK, 0x86),
	IN(MMASK, 0x00),
	OUT(M, EOI),
	INTR(0),
	/* the slave by two polls */
	LINE(14, 1),
	OUT(M, POLL),
	IN(M, 0x82),
	OUT(S, POLL),
	IN(S, 0x86),
	IN(M, 0x04),
	OUT(S, READ_ISR),
	IN(S, 0x40),
	OUT(S, EOI),
	OUT(M, EOI),
	INTR(0),
	IN(M, 0x00),
	IN(S, 0x00),
	LINE(0, 1),
	OUT(M, POLL),
	IN(M, 0x80),
	OUT(M, EOI),
	INTR(0),
};

TEST_STEPS(test_specific_eoi, "pic", specific_eoi)
TEST_STEPS(test_rotation, "pic", rotation)
TEST_STEPS(test_rotation_aeoi, "pic", rotation_aeoi)
TEST_STEPS(test_special_mask, "pic", special_mask)
TEST_STEPS(test_special_nested, "pic", special_nested)
TEST_STEPS(test_poll, "pic", poll)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_specific_eoi),
		cmocka_unit_test(test_rotation),
		cmocka_unit_test(test_rotation_aeoi),
		cmocka_unit_test(test_special_mask),
		cmocka_unit_test(test_special_nested),
		cmocka_unit_test(test_poll),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
