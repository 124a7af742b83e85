/* objects: devices/port92.o devices/fwcfg.o devices/fwcfg_dma.o devices/exit_port.o core/plan.o core/feature.o */
/* objects: devices/fwcfg_saved.o util/fwfile.o */
/* objects: util/log.o util/lock.o util/sink.o util/text.o */
/* Port 0x92, QEMU's fw_cfg and the exit port, register by register. */
#include "steps.h"

#include "catch.h"
#include "core/plan.h"

#define PORT_A 0x92
#define SELECT 0x510
#define DATA   0x511

TABLE_DECLARE(plug, plug);

static const struct step port92[] = {
	IN(PORT_A, 0x02),  OUT(PORT_A, 0x00), IN(PORT_A, 0x00),
	OUT(PORT_A, 0x02), IN(PORT_A, 0x02),  OUT(PORT_A, 0xfe),
	IN(PORT_A, 0xfe),  STOPS(0),	      OUT(PORT_A, 0x03),
	IN(PORT_A, 0x03),  STOPS(1),	      OUT(PORT_A, 0x03),
	STOPS(1), /* it is the edge that resets */
	OUT(PORT_A, 0x02), OUT(PORT_A, 0x01), STOPS(2),
};

#define BYTE(b) IN(DATA, b)
#define ITEM(i) OUT16(SELECT, i)

/* 3 + 3 GiB, 5 vCPUs */
static const struct step fwcfg[] = {
	/* power-on: the signature */
	BYTE('Q'),
	BYTE('E'),
	BYTE('M'),
	BYTE('U'),
	BYTE(0),
	ITEM(0x00),
	BYTE('Q'),
	BYTE('E'),
	ITEM(0x00),
	BYTE('Q'), /* anew */
	ITEM(0x01),
	BYTE(0x03), /* these ports, and DMA */
	BYTE(0),
	BYTE(0),
	BYTE(0),
	BYTE(0),
	ITEM(0x03),
	BYTE(0),
	BYTE(0),
	BYTE(0),
	BYTE(0x80),
	BYTE(0x01),
	BYTE(0),
	BYTE(0),
	BYTE(0),
	BYTE(0),
	ITEM(0x05),
	BYTE(5),
	BYTE(0),
	BYTE(0),
	ITEM(0x0f),
	BYTE(5),
	BYTE(0),
	BYTE(0),
	ITEM(0x19),
	BYTE(0),
	BYTE(0),
	BYTE(0),
	BYTE(0),
	BYTE(0),
	ITEM(0x4005),
	BYTE(5), /* the bit that was for writing */
	ITEM(0x8000),
	BYTE(0),
	ITEM(0xffff),
	BYTE(0),
	/* a byte is no selector, and nothing is written */
	ITEM(0x05),
	OUT(SELECT, 0x00),
	OUT(DATA, 0x77),
	BYTE(5),
	ITEM(0x00),
	IN(SELECT, 'Q'),
	IN16(SELECT, 0),
	BYTE('E'),
	STOPS(0),
	ODD(0),
};

TEST_STEPS(test_port92, "port92", port92)
TEST_STEPS(run_fwcfg, "fwcfg", fwcfg)

static void test_fwcfg(void **state)
{
	const struct board_size usual = fake_size;

	fake_size = (struct board_size){ 3ULL << 30, 3ULL << 30, 5 };
	run_fwcfg(state);
	fake_size = usual;
}

static struct plan *plan_of(const char *arg, int *err)
{
	const struct plug *const *row;
	struct plan *plan = plan_new(&(struct plan_guest){ 0 });

	assert_non_null(plan);
	*err = -1;
	TABLE_FOREACH(plug, row) {
		if (!strcmp((*row)->option, "--exit-port"))
			*err = (*row)->plug(plan, arg);
	}
	return plan;
}

/* What is written, how wide, and the status that comes of it. */
static const struct {
	unsigned int size;
	uint64_t val;
	int status;
	bool odd;
} values[] = {
	{ 1, 0, 1, false },	     { 2, 0x10, 33, false },
	{ 4, 0x11, 35, false },	     { 1, 31, 63, false },
	{ 1, 32, 63, true },	     { 1, 255, 63, true },
	{ 2, 0x100, 63, true },	     { 4, 0xffffffff, 63, true },
	{ 4, 0x80000000, 63, true },
};

static void test_exit_values(void **state)
{
	int err;
	struct plan *plan = plan_of("0xf4", &err);
	const struct device_type *type = plan->devices[0].type;
	struct board b;

	(void)state;
	assert_int_equal(err, 0);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		fake_board_open_type(&b, type);
		assert_int_equal(type->read(b.dev, 0, 0, values[i].size), 0);
		assert_int_equal(b.stops, 0);
		type->write(b.dev, 0, 0, values[i].size, values[i].val);
		assert_int_equal(b.stops, 1);
		assert_int_equal(b.stop_why, BOARD_STOP_EXIT);
		assert_int_equal(b.stop_status, values[i].status);
		assert_int_equal(b.oddities, values[i].odd);
		fake_board_close(&b);
	}
	plan_free(plan);
}

/* Words for --exit-port, and where the ports are then; 0 ports: refused. */
static const struct {
	const char *word;
	uint64_t base, len;
} words[] = {
	{ "0xf4", 0xf4, 4 },
	{ "244", 244, 4 },
	{ "0xf4,1", 0xf4, 1 },
	{ "0xf4,0x4", 0xf4, 4 },
	{ "0", 0, 4 },
	{ "0xfffc", 0xfffc, 4 },
	{ "0xffff,1", 0xffff, 1 },
	{ "0xffff", 0, 0 },
	{ "0x10000", 0, 0 },
	{ "0xf4,5", 0, 0 },
	{ "0xf4,0", 0, 0 },
	{ "0xf4,", 0, 0 },
	{ "0xf4,1,", 0, 0 },
	{ "0xf4x", 0, 0 },
	{ "f4", 0, 0 },
	{ "", 0, 0 },
	{ ",1", 0, 0 },
	{ "-1", 0, 0 },
	{ "+1", 0, 0 },
	{ " 1", 0, 0 },
	{ "1,-1", 0, 0 },
	{ "18446744073709551615", 0, 0 },
	{ "1,18446744073709551615", 0, 0 },
	{ "99999999999999999999", 0, 0 },
};

static void test_exit_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct plan *plan;
		int err;

		catch_begin();
		plan = plan_of(words[i].word, &err);
		assert_int_equal(*catch_end() != '\0', !words[i].len);
		if (!words[i].len != !!err)
			fail_msg("'%s': %d", words[i].word, err);
		assert_int_equal(plan->nr, !!words[i].len);
		if (plan->nr) {
			const struct dev_range *r = plan->devices[0].ranges;

			assert_int_equal(r->base, words[i].base);
			assert_int_equal(r->len, words[i].len);
			assert_int_equal(r[1].len, 0);
		}
		plan_free(plan);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_port92),
		cmocka_unit_test(test_fwcfg),
		cmocka_unit_test(test_exit_values),
		cmocka_unit_test(test_exit_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
