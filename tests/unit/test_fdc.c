/* objects: floppy/controller.o floppy/regs.o floppy/command.o floppy/transfer.o */
/* objects: floppy/find.o floppy/work.o floppy/media.o floppy/dma8237.o floppy/saved.o */
/* objects: util/event.o util/log.o util/sink.o */
/*
 * A floppy disk controller by its registers, as Intel's data sheet of the 82077AA has
 * them: resets, each command's bytes, data by DMA and by the port, what ends a
 * transfer, and what there is no sector for.
 */
#include <errno.h>

#include "fdc_world.h"
#include "steps.h"

#define SRA  0x3f0
#define SRB  0x3f1
#define DOR  0x3f2
#define TDR  0x3f3
#define MSR  0x3f4
#define DATA 0x3f5
#define DIR  0x3f7

#define ALL(...) __VA_ARGS__
/* A byte of a command; one of its result; the last one leaves the next command free. */
#define C(byte)		IN(MSR, 0x80), OUT(DATA, byte)
#define M(byte)		IN(MSR, 0x90), OUT(DATA, byte)
#define R(byte)		IN(MSR, 0xd0), IN(DATA, byte)
#define DONE		IN(MSR, 0x80)
#define SENSE(st0, pcn) C(0x08), R(st0), R(pcn), DONE
#define RESET                                                               \
	OUT(DOR, 0), IN(MSR, 0), OUT(DOR, 0x1c), IRQ(0, 1), SENSE(0xc0, 0), \
		IRQ(0, 0), SENSE(0xc1, 0), SENSE(0xc2, 0), SENSE(0xc3, 0)
/* DMA: @count bytes to or from @at below 64 KiB. */
#define DMA(mode, at, count)                                              \
	OUT(0x0a, 6), OUT(0x0c, 0), OUT(4, (at)&0xff), OUT(4, (at) >> 8), \
		OUT(0x0c, 0), OUT(5, ((count)-1) & 0xff),                 \
		OUT(5, ((count)-1) >> 8), OUT(0x0b, mode), OUT(0x81, 0),  \
		OUT(0x0a, 2)
#define RW(code, unit, c, h, r, eot) \
	C(code), M(unit), M(c), M(h), M(r), M(2), M(eot), M(0x1b), M(0xff)
#define RESULT(st0, st1, st2, c, h, r)                                        \
	IRQ(0, 1), R(st0), IRQ(0, 0), R(st1), R(st2), R(c), R(h), R(r), R(2), \
		DONE
#define HD OUT(DIR, 0) /* 500 kbit/s */

#define FDC_TEST(test, a, b, steps)           \
	static void test(void **state)        \
	{                                     \
		(void)state;                  \
		open_fdc(a, b);               \
		RUN_STEPS(&fdc.board, steps); \
		close_fdc();                  \
	}

static const struct step resets[] = {
	IN(MSR, 0),
	IN(SRA, 0x46),
	IN(SRB, 0xc0),
	IN(TDR, 0xfc),
	IN(DIR, 0xfc),
	RESET,
	HD,
	IN(DIR, 0xf8),
	ODD(0),
	OUT(MSR, 0x82),
	IRQ(0, 1),
	IN(SRA, 0xc6),
	IN(DIR, 0xfc), /* DSR */
	SENSE(0xc0, 0),
	IRQ(0, 0),
	OUT(DOR, 0x14), /* not to the bus */
	C(7),
	M(0),
	IRQ(0, 0),
	OUT(DOR, 0x3c),
	IRQ(0, 1),
	SENSE(0x20, 0),
	IN(SRB, 0xc3),
	OUT(DOR, 0x3d),
	IN(SRB, 0xe3),
	IN(DOR, 0x3d),
	IN(DIR, 0x7d),
	IN(SRA, 0x54),
	OUT(TDR, 0xff),
	IN(TDR, 0xff),
	ODD(0),
	OUT(SRA, 0),
	IN(DATA, 0),
	ODD(2),
};
FDC_TEST(test_reset, 1440, 0, resets)

static const struct step commands[] = {
	RESET,		C(0x10),	R(0x90),	DONE, /* VERSION */
	C(0x18),	R(0x80),	DONE, /* PART ID is a later one's */
	C(0x08),	R(0x80),	DONE, /* nothing to be sensed */
	C(0x03),	M(0xdf),	M(0x02),	DONE,	 C(0x13),
	M(0),		M(0x57),	M(9),		DONE,	 C(0x12),
	M(0x8e),	DONE,		C(0x94),	R(0x10), DONE,
	C(0x0e),	R(0),		R(0),		R(0),	 R(0),
	R(0xdf),	R(2),		R(0),		R(0x8e), R(0x57),
	R(9),		DONE,		C(0x12),	M(0x01), DONE,
	OUT(MSR, 0x80), SENSE(0xc0, 0), C(0x0e),	R(0),	 R(0),
	R(0),		R(0),		R(0xdf),	R(2),	 R(0),
	R(0x8c),	R(0x07),	R(9),		DONE,	 C(0x14),
	R(0),		DONE,		OUT(MSR, 0x80), C(0x0e), R(0),
	R(0),		R(0),		R(0),		R(0xdf), R(2),
	R(0),		R(0x0c),	R(0x20),	R(0),	 DONE,
	C(0x04),	M(4),		R(0x3c),	DONE,	 C(0x04),
	M(1),		R(0x29),	DONE,		ODD(0),
};
FDC_TEST(test_commands, 1440, 0, commands)

static const struct step seeks[] = {
	RESET,
	HD,
	IN(DIR, 0xf8),
	C(7),
	M(0),
	SENSE(0x20, 0),
	IN(DIR, 0xf8),
	C(15),
	M(4),
	M(5),
	IRQ(0, 1),
	SENSE(0x24, 5),
	IRQ(0, 0),
	IN(DIR, 0x78),
	C(4),
	M(0),
	R(0x28),
	DONE,
	C(0xcf),
	M(0),
	M(3),
	SENSE(0x20, 8),
	C(0x8f),
	M(0),
	M(8),
	SENSE(0x20, 0),
	C(4),
	M(0),
	R(0x38),
	DONE,
	C(15),
	M(0),
	M(200),
	SENSE(0x20, 200), /* the heads stop at 83 */
	C(7),
	M(0),
	SENSE(0x70, 0),
	C(7),
	M(0),
	SENSE(0x20, 0),
	C(7),
	M(1),
	SENSE(0x71, 0), /* there is no B: */
	C(15),
	M(1),
	M(3),
	C(15),
	M(0),
	M(2),
	IRQ(0, 1),
	SENSE(0x20, 2),
	IRQ(0, 1),
	SENSE(0x21, 0),
	IRQ(0, 0),
	ODD(0),
	/* A driver that asks for one unit alone after a reset. */
	OUT(DOR, 0),
	OUT(DOR, 0x1c),
	SENSE(0xc0, 2),
	C(7),
	M(0),
	IRQ(0, 1),
	SENSE(0x20, 0),
	C(8),
	R(0x80),
	DONE,
};
FDC_TEST(test_seeks, 1440, 0, seeks)

static const struct step errors[] = {
	RESET,
	RW(0xe6, 0, 0, 0, 1, 18),
	RESULT(0x40, 0x01, 0, 0, 0, 1), /* 250 kbit/s */
	HD,
	RW(0x06, 0, 0, 0, 1, 18),
	RESULT(0x40, 1, 0, 0, 0, 1), /* FM */
	RW(0x46, 0, 0, 0, 19, 36),
	RESULT(0x40, 4, 0, 0, 0, 19),
	RW(0x46, 0, 0, 0, 0, 36),
	RESULT(0x40, 4, 0, 0, 0, 0),
	RW(0x46, 4, 0, 0, 1, 18),
	RESULT(0x44, 4, 0, 0, 0, 1),
	RW(0x46, 0, 1, 0, 1, 18),
	RESULT(0x40, 4, 0x10, 1, 0, 1),
	RW(0x46, 0, 0xff, 0, 1, 18),
	RESULT(0x40, 4, 0x12, 0xff, 0, 1),
	RW(0x46, 1, 0, 0, 1, 18),
	RESULT(0x41, 1, 0, 0, 0, 1),
	ODD(0),
	C(0x4a),
	M(0),
	RESULT(0, 0, 0, 0, 0, 2),
	C(0x4a),
	M(4),
	RESULT(4, 0, 0, 0, 1, 3),
	C(15),
	M(0),
	M(80),
	SENSE(0x20, 80),
	C(0x4a),
	M(0),
	IRQ(0, 1),
	R(0x40),
	R(1),
	R(0),
	R(0),
	R(0),
	R(0),
	R(0),
	OUT(DOR, 0x0c),
	RW(0x46, 0, 0, 0, 1, 18),
	RESULT(0x40, 1, 0, 0, 0, 1),
	ODD(1), /* the motor is off */
};
FDC_TEST(test_errors, 1440, 0, errors)

static void run(const struct step *steps, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		step_run(&fdc.board, "run", i, &steps[i]);
}
#define RUN(...)                                            \
	do {                                                \
		const struct step run_[] = { __VA_ARGS__ }; \
		run(run_, sizeof(run_) / sizeof(run_[0]));  \
	} while (0)

static void is_sector(const uint8_t *bytes, unsigned int nr)
{
	for (unsigned int i = 0; i < DISK_SECTOR; i++)
		if (bytes[i] != (uint8_t)(nr + i))
			fail_msg("byte %u of sector %u is %02x", i, nr,
				 bytes[i]);
}

static void test_dma(void **state)
{
	const uint8_t before = 0xaa;

	(void)state;
	open_fdc(1440, 2880);
	memset(fdc.ram, before, sizeof(fdc.ram));
	/* Two tracks' ends, with MT; TC, and the numbers of the next one. */
	RUN(RESET, HD, DMA(0x46, 0x8000, 2048), RW(0xc6, 0, 0, 0, 17, 18),
	    IN(MSR, 0x10), IRQ(0, 0), WORK, RESULT(0x04, 0, 0, 0, 1, 3));
	for (unsigned int i = 0; i < 4; i++)
		is_sector(fdc.ram + 0x8000 + i * 512, 16 + i);
	assert_int_equal(fdc.ram[0x8800], before);
	assert_int_equal(fdc.stores[0].reads, 4);
	RUN(IN(8, 4), IN(8, 0), IN(0x0f, 0xff)); /* it is through, and masked */
	/* EOT without TC; less than a sector; over the end of 64 KiB. */
	RUN(DMA(0x46, 0x8000, 2048), RW(0x46, 0, 0, 0, 18, 18), WORK,
	    RESULT(0x40, 0x80, 0, 1, 0, 1), DMA(0x46, 0xff00, 700),
	    RW(0x46, 0, 0, 0, 1, 18), WORK, RESULT(0, 0, 0, 0, 0, 3));
	assert_memory_equal(fdc.ram + 0xff00, fdc.stores[0].bytes, 256);
	assert_memory_equal(fdc.ram, fdc.stores[0].bytes + 256, 444);
	assert_int_equal(fdc.ram[444], before);
	/* A channel that is closed is waited for; a write, with zeroes behind. */
	RUN(OUT(DOR, 0x2d), OUT(DIR, 3), DMA(0x4a, 0x8000, 600), OUT(0x0a, 6),
	    RW(0xc5, 5, 0, 1, 36, 36), IN(MSR, 0x10), WORK, IN(MSR, 0x10),
	    OUT(0x0a, 2), WORK, RESULT(0x45, 0x80, 0, 1, 0, 1));
	assert_memory_equal(fdc.stores[1].bytes + 71 * 512, fdc.ram + 0x8000,
			    512);
	RUN(DMA(0x4a, 0x8000, 100), RW(0x45, 1, 0, 0, 1, 36), WORK,
	    RESULT(1, 0, 0, 0, 0, 2));
	assert_memory_equal(fdc.stores[1].bytes, fdc.ram + 0x8000, 100);
	assert_int_equal(fdc.stores[1].bytes[100], 0);
	assert_int_equal(fdc.board.oddities, 0);
	close_fdc();
}

static void test_pio(void **state)
{
	(void)state;
	open_fdc(720, 0);
	RUN(RESET, C(3), M(0xaf), M(3), DONE, /* ND */
	    RW(0x46, 0, 0, 0, 8, 9), IN(MSR, 0x30), WORK, IN(MSR, 0xf0),
	    IRQ(0, 1), EDGES(0, 3));
	for (unsigned int i = 0; i < 1024; i++) {
		assert_int_equal(fake_in(&fdc.board, DATA, 1),
				 (uint8_t)(7 + i / 512 + i));
		while (i == 511 && fake_work(&fdc.board))
			;
	}
	RUN(EDGES(0, 2 * 1024 + 3), RESULT(0x40, 0x80, 0, 1, 0, 1));
	/* With a FIFO of 16 bytes, one interrupt for each. */
	RUN(C(0x13), M(0), M(0x00), M(0), DONE, RW(0x45, 4, 0, 1, 2, 2),
	    IN(MSR, 0xb0), IRQ(0, 1));
	for (unsigned int i = 0; i < 512; i++)
		fake_out(&fdc.board, DATA, 1, i * 3);
	RUN(EDGES(0, 2 * 1024 + 4 + 2 * 32), IN(MSR, 0x30), WORK,
	    RESULT(0x44, 0x80, 0, 1, 1, 1));
	for (unsigned int i = 0; i < 512; i++)
		assert_int_equal(fdc.stores[0].bytes[10 * 512 + i],
				 (uint8_t)(i * 3));
	assert_int_equal(fdc.board.oddities, 0);
	close_fdc();
}

static void test_marks(void **state)
{
	struct stash first = { 0 };

	(void)state;
	open_fdc(360, 0);
	fake_remember(&fdc.board, &first);
	RUN(RESET, DMA(0x4a, 0x8000, 512), RW(0x49, 0, 0, 0, 3, 9), WORK,
	    RESULT(0, 0, 0, 0, 0, 4), DMA(0x46, 0x8000, 2048),
	    RW(0x46, 0, 0, 0, 2, 9), WORK, RESULT(0, 0, 0x40, 0, 0, 3),
	    DMA(0x46, 0x8000, 1024), RW(0x66, 0, 0, 0, 2, 9), WORK,
	    RESULT(0, 0, 0x40, 0, 0, 5)); /* SK: 2 and 4 */
	is_sector(fdc.ram + 0x8200, 3);
	RUN(DMA(0x46, 0x8000, 512), RW(0x6c, 0, 0, 0, 1, 9), WORK,
	    RESULT(0, 0, 0x40, 0, 0, 4), /* the third alone */
	    DMA(0x46, 0x8000, 512), RW(0x4c, 0, 0, 0, 1, 9), WORK,
	    RESULT(0, 0, 0x40, 0, 0, 1));
	/* VERIFY until EOT, and so many; READ TRACK in the order of the track. */
	RUN(RW(0xd6, 0, 0, 0, 4, 9), WORK, RESULT(4, 0, 0, 1, 0, 1), C(0x56),
	    M(0x80), M(0), M(0), M(4), M(2), M(9), M(0x1b), M(2), WORK,
	    RESULT(0, 0, 0, 0, 0, 6), DMA(0x46, 0x8000, 2048),
	    RW(0x42, 0, 0, 0, 77, 2), WORK, RESULT(0x40, 0x84, 0, 0, 0, 79));
	is_sector(fdc.ram + 0x8000, 0);
	is_sector(fdc.ram + 0x8200, 1);
	assert_true(fake_reset(&fdc.board, &first)); /* the disk stays */
	stash_free(&first);
	RUN(RESET, DMA(0x46, 0x8000, 512), RW(0x46, 0, 0, 0, 3, 9), WORK,
	    RESULT(0, 0, 0x40, 0, 0, 3));
	close_fdc();
}

static void test_format(void **state)
{
	static const uint8_t ids[] = { 3, 1, 2, 2, 3, 1, 1, 2, 3, 1, 9, 2 };

	(void)state;
	open_fdc(360, 0);
	memcpy(fdc.ram + 0x8000, ids, sizeof(ids));
	RUN(RESET, C(15), M(4), M(3), SENSE(0x24, 3), DMA(0x4a, 0x8000, 12),
	    C(0x4d), M(4), M(2), M(3), M(0x50), M(0xf6), WORK,
	    RESULT(4, 0, 0, 3, 1, 9), ODD(0));
	for (unsigned int i = 0; i < 9; i++)
		assert_int_equal(fdc.stores[0].bytes[(63 + i) * 512 + 511],
				 i < 2 || i == 8 ? 0xf6 :
						   (uint8_t)(63 + i + 511));
	fdc.ram[0x800a] = 10;
	RUN(DMA(0x4a, 0x8000, 12), C(0x4d), M(4), M(2), M(3), M(0x50), M(0xf6),
	    WORK, RESULT(4, 0, 0, 3, 1, 10), ODD(1));
	fdc_disk(0)->read_only = true;
	RUN(C(0x4d), M(4), M(2), M(3), M(0x50), M(0xf6), IRQ(0, 1), R(0x44),
	    R(2), R(0), R(0), R(0), R(0), R(2), DONE, RW(0x45, 4, 3, 1, 1, 9),
	    RESULT(0x44, 2, 0, 3, 1, 1), C(4), M(0), R(0x68), DONE);
	close_fdc();
}

/* Nobody is told of what was on its way before a reset. */
static void cut(void)
{
	fdc.board.let_go = false;
	fake_out(&fdc.board, DOR, 1, 0);
	fake_out(&fdc.board, DOR, 1, 0x1c);
	assert_int_equal(fake_in(&fdc.board, MSR, 1), 0);
	fdc.board.let_go = true;
}

static void test_worker(void **state)
{
	const struct device_type *type = fdc_device();

	(void)state;
	open_fdc(160, 0);
	RUN(RESET, DMA(0x46, 0x8000, 512), RW(0x46, 0, 0, 0, 1, 8));
	assert_false(type->still(fdc.board.dev));
	fdc.stores[0].meanwhile = cut;
	RUN(WORK);
	fdc.stores[0].meanwhile = NULL;
	assert_true(type->still(fdc.board.dev));
	assert_true(fdc.board.rings);
	RUN(IRQ(0, 1), SENSE(0xc0, 0), IRQ(0, 0));
	fdc.stores[0].err = -EIO;
	RUN(RW(0x46, 0, 0, 0, 1, 8), WORK, RESULT(0x40, 0x20, 0x20, 0, 0, 1),
	    RW(0x46, 4, 0, 0, 1, 8), RESULT(0x44, 1, 0, 0, 0, 1));
	/* An implied seek. */
	RUN(C(0x13), M(0), M(0x60), M(0), DONE, RW(0x46, 0, 9, 0, 1, 8), WORK,
	    RESULT(0, 0, 0, 9, 0, 2));
	is_sector(fdc.ram + 0x8000, 72);
	RUN(RW(0x46, 0, 9, 0, 1, 8));
	type->reset(fdc.board.dev); /* waits, and the guest is to end */
	assert_int_equal(fdc.board.waits, 1);
	close_fdc();
}

/* What no file may say: the next byte of a command would lie behind its place. */
static void test_saved(void **state)
{
	struct stash stash = { 0 };
	struct fdc *f;

	(void)state;
	open_fdc(1440, 0);
	fake_save(&fdc.board, &stash);
	assert_true(fake_restore(&fdc.board, 0, &stash));
	stash_free(&stash);
	f = fdc.board.dev;
	f->state.nr = FDC_CODES;
	fake_save(&fdc.board, &stash);
	assert_false(fake_restore(&fdc.board, 0, &stash));
	stash_free(&stash);
	close_fdc();
}

static const struct step dma[] = {
	IN(0x0f, 0xff),	 IN(0xde, 0xfe), IN(8, 0),	  OUT(0x0c, 0),
	OUT(0, 0x34),	 OUT(0, 0x12),	 OUT(7, 0x78),	  OUT(7, 0x56),
	IN(0, 0x34),	 IN(0, 0x12),	 IN(7, 0x78),	  OUT(0x0c, 0),
	IN(7, 0x78),	 IN(7, 0x56),	 OUT(0xc4, 0xcd), OUT(0xc5, 0xab),
	IN(0xc4, 0xcd),	 IN(0xc4, 0xab), OUT(0x0f, 0xf5), IN(0x0f, 0xf5),
	OUT(0x0a, 5),	 IN(0x0f, 0xf7), OUT(0x0a, 0),	  IN(0x0f, 0xf6),
	OUT(0x0e, 0),	 IN(0x0f, 0xf0), OUT(0x0d, 0),	  IN(0x0f, 0xff),
	OUT(0xda, 0),	 IN(0xde, 0xff), OUT(0x87, 0x11), IN(0x87, 0x11),
	OUT(0x8f, 0x22), IN(0x8f, 0x22), OUT(0x84, 0x33), IN(0x84, 0x33),
	IN(0x81, 0),	 IN(0x0d, 0),	 ODD(0),	  OUT(9, 6),
	ODD(1),
};
FDC_TEST(test_registers_of_dma, 1440, 0, dma)

static void test_ways_of_dma(void **state)
{
	(void)state;
	open_fdc(720, 0);
	/* Addresses that go down, and begin anew after TC. */
	RUN(RESET, DMA(0x76, 0x81ff, 512), RW(0x46, 0, 0, 0, 1, 9), WORK,
	    RESULT(0, 0, 0, 0, 0, 2), IN(0x0f, 0xfb), OUT(0x0c, 0), IN(4, 0xff),
	    IN(4, 0x81), IN(5, 0xff), IN(5, 1));
	for (unsigned int i = 0; i < 512; i++)
		assert_int_equal(fdc.ram[0x81ff - i], fdc.stores[0].bytes[i]);
	/* Verify moves nothing; the other way round is a mistake; no RAM. */
	memset(fdc.ram + 0x8000, 0, 512);
	RUN(DMA(0x42, 0x8000, 512), RW(0x46, 0, 0, 0, 1, 9), WORK,
	    RESULT(0, 0, 0, 0, 0, 2), ODD(0), DMA(0x4a, 0x8000, 512),
	    RW(0x46, 0, 0, 0, 1, 9), WORK, RESULT(0, 0, 0, 0, 0, 2), ODD(1));
	assert_int_equal(fdc.ram[0x8001], 0);
	RUN(DMA(0x4a, 0x8000, 512), OUT(0x81, 0xff), RW(0x45, 0, 0, 0, 1, 9),
	    WORK, RESULT(0, 0, 0, 0, 0, 2));
	assert_int_equal(fdc.stores[0].bytes[1], 0xff);
	/* Off, or without the cascade, nothing comes. */
	RUN(DMA(0x46, 0x8000, 512), OUT(8, 4), RW(0x46, 0, 0, 0, 1, 9), WORK,
	    IN(MSR, 0x10), OUT(0xd4, 4), OUT(8, 0), IN(MSR, 0x10), OUT(0xd4, 0),
	    RESULT(0, 0, 0, 0, 0, 2));
	close_fdc();
}

static void test_formats(void **state)
{
	static const unsigned int kib[] = { 160, 180,  320,  360,
					    720, 1200, 1440, 2880 };

	(void)state;
	for (size_t i = 0; i < sizeof(kib) / sizeof(kib[0]); i++) {
		const struct floppy_format *f = floppy_format(kib[i] << 10);

		assert_int_equal(f->cylinders * f->heads * f->sectors,
				 kib[i] * 2);
	}
	assert_null(floppy_format(512));
	assert_null(floppy_format(1441 << 10));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_seeks),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_dma),
		cmocka_unit_test(test_pio),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_worker),
		cmocka_unit_test(test_saved),
		cmocka_unit_test(test_registers_of_dma),
		cmocka_unit_test(test_ways_of_dma),
		cmocka_unit_test(test_formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
