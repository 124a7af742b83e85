/* objects: virtio/balloon.o util/size.o virtio/transport.o virtio/pci.o virtio/pci_saved.o virtio/pci_common.o virtio/queue.o virtio/chain.o virtio/split.o virtio/packed.o virtio/event_idx.o virtio/status.o virtio/saved.o util/event.o util/log.o util/sink.o util/lock.o */
/* objects: pci/host.o pci/config.o pci/saved.o pci/interrupt.o */
/*
 * The balloon: which pages go back to the host, how many are wanted, and what a
 * guest can say that makes no sense.
 */
#include "virtio_queues.h"

#include <errno.h>

#define F_DEFLATE_ON_OOM (1U << 2)
#define F_REPORTING	 (1U << 5)

enum { INFLATE, DEFLATE, REPORTING, LAST = 4 };

static void open_balloon(const char *size)
{
	memset(w, 0, sizeof(*w));
	open_device(size);
}

static void put_pages(uint64_t gpa, const uint32_t *pages, size_t nr)
{
	memcpy(w->ram + gpa, pages, nr * sizeof(*pages));
}

static void says_how_much(void **state)
{
	static const struct {
		const char *arg;
		uint32_t pages;
	} rows[] = {
		{ NULL, 0 },	    { "0", 0 },		{ "4095", 0 },
		{ "64M", 1 << 14 }, { "4T", 128 << 8 }, /* all there is */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		open_balloon(rows[i].arg);
		assert_int_equal(rd(CONFIG, 4), rows[i].pages);
		assert_int_equal(rd(CONFIG + 4, 4), 0);
		wr(CONFIG + 4, 4, 5);
		assert_int_equal(rd(CONFIG + 4, 4), 5);
		wr(CONFIG, 4, 5); /* not the guest's to say */
		assert_int_equal(rd(CONFIG, 4), rows[i].pages);
		assert_int_equal(offers() & 0x3f,
				 F_DEFLATE_ON_OOM | F_REPORTING);
		close_world(w);
	}
	assert_int_equal((*__start_table_plug)->plug(NULL, "much"), -EINVAL);
	assert_int_equal((*__start_table_plug)->plug(NULL, ""), -EINVAL);
}

static void gives_pages_back(void **state)
{
	static const uint32_t pages[] = { 0x14, 0x15, 0x16, 0x1b, 0x1a, 0x18 };

	(void)state;
	open_balloon(NULL);
	start_queues(F_DEFLATE_ON_OOM, 2);
	memset(w->ram + DATA, 7, RAM_SIZE - DATA);
	put_pages(DATA, pages, 6);
	give(INFLATE, 0, DATA, sizeof(pages), 0);
	kick_queue(INFLATE);
	assert_int_equal(w->board.discards, 3); /* rows of pages */
	assert_int_equal(w->board.discarded_len, 6 * 4096);
	for (unsigned int page = 0x13; page < 0x1e; page++)
		assert_int_equal(w->ram[page * 4096] == 0,
				 page != 0x13 && page != 0x17 && page != 0x19 &&
					 page < 0x1c);
	assert_int_equal(used_in(INFLATE), 1);
	give(DEFLATE, 0, DATA, sizeof(pages), 0);
	kick_queue(DEFLATE);
	assert_int_equal(used_in(DEFLATE), 1);
	assert_int_equal(w->board.discards, 3);
	assert_int_equal(w->board.oddities, 0);
	close_world(w);
}

/* Where buffers end says nothing, and what is left over is no page. */
static void reads_pieces(void **state)
{
	static const uint32_t pages[] = { 0x14, 0x18, 0x1c };

	(void)state;
	open_balloon(NULL);
	start_queues(0, 2);
	put_pages(DATA, pages, 3);
	describe(QUEUE_OF(INFLATE), 0, DATA, 1, NEXT, 1);
	describe(QUEUE_OF(INFLATE), 1, DATA + 1, 0, NEXT, 2);
	describe(QUEUE_OF(INFLATE), 2, DATA + 1, 6, NEXT, 3);
	describe(QUEUE_OF(INFLATE), 3, DATA + 7, 4, NEXT, 4);
	describe(QUEUE_OF(INFLATE), 4, DATA + 0x1000, 8, WRITE, 0);
	offer_in(INFLATE, 0);
	kick_queue(INFLATE);
	assert_int_equal(w->board.discards, 2);
	assert_int_equal(w->board.discarded, 0x18000);
	assert_int_equal(used_in(INFLATE), 1);
	close_world(w);
}

static void keeps_what_is_no_ram(void **state)
{
	static const uint32_t pages[] = { 0x20, 0x14, UINT32_MAX, 0x1f, 0x20 };

	(void)state;
	open_balloon(NULL);
	start_queues(0, 2);
	put_pages(DATA, pages, 5);
	give(INFLATE, 0, DATA, sizeof(pages), 0);
	kick_queue(INFLATE);
	assert_int_equal(w->board.discards, 1);
	assert_int_equal(w->board.discarded, 0x14000);
	assert_int_equal(w->board.oddities, 3);
	assert_int_equal(used_in(INFLATE), 1);
	assert_int_equal(rd(STATUS, 1), DRIVER_OK);
	w->board.ends = true;
	give(INFLATE, 0, DATA, sizeof(pages), 0);
	kick_queue(INFLATE);
	assert_int_equal(w->board.discards, 1);
	close_world(w);
}

/* By either way of counting queues. */
static void takes_reports(void **state)
{
	(void)state;
	for (unsigned int q = REPORTING; q <= LAST; q++) {
		open_balloon(NULL);
		start_queues(F_REPORTING, q + 1);
		memset(w->ram + DATA, 7, RAM_SIZE - DATA);
		describe(QUEUE_OF(q), 0, 0x14000, 0x2000, WRITE | NEXT, 1);
		describe(QUEUE_OF(q), 1, 0x18000, 0x1000, WRITE, 0);
		offer_in(q, 0);
		kick_queue(q);
		assert_int_equal(w->board.discards, 2);
		assert_int_equal(w->board.discarded_len, 0x3000);
		assert_int_equal(w->ram[0x15fff], 0);
		assert_int_equal(w->ram[0x16000], 7);
		assert_int_equal(used_in(q), 1);
		give(q, 0, 0x1f000, 0x2000, WRITE); /* not all of it RAM */
		kick_queue(q);
		assert_int_equal(w->board.discards, 2);
		assert_true(rd(STATUS, 1) & NEEDS_RESET);
		close_world(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_how_much),
		cmocka_unit_test(gives_pages_back),
		cmocka_unit_test(reads_pieces),
		cmocka_unit_test(keeps_what_is_no_ram),
		cmocka_unit_test(takes_reports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
