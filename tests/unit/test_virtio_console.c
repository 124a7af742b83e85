/* objects: virtio/console.o virtio/transport.o virtio/pci.o virtio/pci_saved.o virtio/pci_common.o virtio/queue.o virtio/chain.o virtio/split.o virtio/packed.o virtio/event_idx.o virtio/status.o virtio/saved.o util/event.o util/log.o util/sink.o util/lock.o */
/* objects: pci/host.o pci/config.o pci/saved.o pci/interrupt.o */
/*
 * The console: what is printed goes out in whole buffers, keys wait until the guest
 * has shown that it reads them here, and the terminal's size.
 */
#include "virtio_queues.h"

#define F_SIZE	      1U
#define F_EMERG_WRITE 4U

enum { TYPED, PRINTED };

static void open_console(unsigned int columns, unsigned int lines)
{
	memset(w, 0, sizeof(*w));
	fake_columns = columns;
	fake_lines = lines;
	open_device(NULL);
}

static void put_text(uint64_t gpa, const char *text)
{
	memcpy(w->ram + gpa, text, strlen(text));
}

static void say(const char *text)
{
	put_text(DATA, text);
	give(PRINTED, 0, DATA, strlen(text), 0);
	kick_queue(PRINTED);
}

static size_t type(const char *text)
{
	return fake_offer(&w->board, text, strlen(text));
}

static void prints_whole_buffers(void **state)
{
	(void)state;
	open_console(0, 0);
	start_queues(0, 2);
	put_text(DATA, "Hello, world\n");
	describe(QUEUE_OF(PRINTED), 0, DATA, 7, NEXT, 1);
	describe(QUEUE_OF(PRINTED), 1, DATA + 7, 6, NEXT, 2);
	describe(QUEUE_OF(PRINTED), 2, DATA, 0, 0, 0); /* nothing */
	offer_in(PRINTED, 0);
	put_text(DATA + 0x100, "!\n");
	give(PRINTED, 3, DATA + 0x100, 2, 0);
	give(PRINTED, 4, DATA, 8, WRITE); /* not to be read */
	kick_queue(PRINTED);
	assert_string_equal(w->board.tx, "Hello, world\n!\n");
	assert_int_equal(w->board.tx_calls, 3);
	assert_int_equal(used_in(PRINTED), 3);
	assert_int_equal(used_len(PRINTED, 0), 0);
	assert_int_equal(w->ram[DATA], 'H');
	assert_int_equal(w->board.oddities, 0);
	close_world(w);
}

static void prints_long_buffers(void **state)
{
	(void)state;
	open_console(0, 0);
	start_queues(0, 2);
	for (unsigned int i = 0; i < 10000; i++)
		w->ram[DATA + i] = 'a' + i % 26;
	give(PRINTED, 0, DATA, 10000, 0);
	kick_queue(PRINTED);
	assert_int_equal(w->board.tx_len, 10000);
	assert_int_equal(w->board.tx_calls, 3);
	assert_memory_equal(w->board.tx, w->ram + DATA, FAKE_TX_MAX - 1);
	w->board.ends = true; /* not all of it, then */
	give(PRINTED, 0, DATA, 10000, 0);
	kick_queue(PRINTED);
	assert_int_equal(w->board.tx_len, 10000);
	close_world(w);
}

/* A driver gives buffers for keys long before anybody reads them. */
static void asks_when_it_is_used(void **state)
{
	(void)state;
	open_console(0, 0);
	start_queues(0, 2);
	give(TYPED, 0, DATA + 0x1000, 16, WRITE);
	kick_queue(TYPED);
	assert_int_equal(w->board.rx_readies, 0);
	say("login: ");
	assert_int_equal(w->board.rx_readies, 1);
	say("more");
	kick_queue(TYPED);
	assert_int_equal(w->board.rx_readies, 1);
	close_world(w);
}

static void asks_when_it_has_buffers(void **state)
{
	(void)state;
	open_console(0, 0);
	start_queues(0, 2);
	say("nobody can type yet");
	assert_int_equal(w->board.rx_readies, 0);
	give(TYPED, 0, DATA + 0x1000, 16, WRITE);
	kick_queue(TYPED);
	assert_int_equal(w->board.rx_readies, 1);
	close_world(w);
}

static void asks_at_once_where_none_is_early(void **state)
{
	(void)state;
	open_console(0, 0);
	w->board.not_early = true;
	start_queues(0, 2);
	give(TYPED, 0, DATA + 0x1000, 16, WRITE);
	kick_queue(TYPED);
	assert_int_equal(w->board.rx_readies, 1);
	close_world(w);
}

static void takes_what_there_is_room_for(void **state)
{
	(void)state;
	open_console(0, 0);
	assert_int_equal(type("early"), 0);
	start_queues(0, 2);
	describe(QUEUE_OF(TYPED), 0, DATA + 0x1000, 3, WRITE | NEXT, 1);
	describe(QUEUE_OF(TYPED), 1, DATA + 0x2000, 2, WRITE, 0);
	offer_in(TYPED, 0);
	give(TYPED, 2, DATA + 0x3000, 0, WRITE); /* of no use */
	give(TYPED, 3, DATA + 0x3000, 4, 0);	 /* not to be written */
	give(TYPED, 4, DATA + 0x4000, 3, WRITE);
	kick_queue(TYPED);
	say("> ");
	assert_int_equal(type("abcdefghi"), 8);
	assert_memory_equal(w->ram + DATA + 0x1000, "abc", 4);
	assert_memory_equal(w->ram + DATA + 0x2000, "de", 3);
	assert_memory_equal(w->ram + DATA + 0x4000, "fgh", 4);
	assert_int_equal(w->ram[DATA + 0x3000], 0);
	assert_int_equal(used_in(TYPED), 4);
	assert_int_equal(used_len(TYPED, 0), 5);
	assert_int_equal(used_len(TYPED, 1), 0);
	assert_int_equal(used_len(TYPED, 2), 0);
	assert_int_equal(used_len(TYPED, 3), 3);
	assert_int_equal(w->board.rx_mores, 1); /* for what was early */
	give(TYPED, 0, DATA + 0x5000, 3, WRITE);
	kick_queue(TYPED);
	assert_int_equal(w->board.rx_mores, 2);
	assert_int_equal(type("i"), 1);
	assert_int_equal(used_len(TYPED, 4), 1);
	kick_queue(TYPED); /* all was taken */
	assert_int_equal(w->board.rx_mores, 2);
	close_world(w);
}

static void goes_on_after_a_reset(void **state)
{
	(void)state;
	open_console(0, 0);
	start_queues(0, 2);
	give(TYPED, 0, DATA + 0x1000, 4, WRITE);
	kick_queue(TYPED);
	say("> ");
	wr(STATUS, 1, 0);
	assert_int_equal(type("abc"), 0);
	start_queues(0, 2);
	give(TYPED, 0, DATA + 0x1000, 4, WRITE);
	kick_queue(TYPED);
	assert_int_equal(w->board.rx_mores, 1);
	assert_int_equal(type("abc"), 3);
	close_world(w);
}

static void tells_the_size(void **state)
{
	(void)state;
	open_console(0, 0);
	assert_int_equal(offers() & (F_SIZE | F_EMERG_WRITE), F_EMERG_WRITE);
	close_world(w);
	open_console(132, 43);
	assert_int_equal(offers() & F_SIZE, F_SIZE);
	assert_int_equal(rd(CONFIG, 2), 132);
	assert_int_equal(rd(CONFIG + 2, 2), 43);
	start_queues(F_SIZE, 2);
	w->board.columns = 80;
	w->board.type->resize(w->board.dev);
	assert_int_equal(rd(CONFIG, 2), 80);
	assert_int_equal(rd(ISR, 1), 2);
	w->board.type->resize(w->board.dev); /* the same */
	assert_int_equal(rd(ISR, 1), 0);
	w->board.columns = 0; /* there is no terminal any more */
	w->board.type->resize(w->board.dev);
	assert_int_equal(rd(CONFIG, 2), 80);
	w->board.columns = 80;
	wr(CONFIG, 2, 7); /* not the guest's to say */
	assert_int_equal(rd(CONFIG, 2), 80);
	close_world(w);
}

static void prints_without_a_queue(void **state)
{
	(void)state;
	open_console(0, 0);
	wr(CONFIG + 8, 4, 'o');
	wr(CONFIG + 8, 1, 'k');
	wr(CONFIG + 4, 4, 'x'); /* the number of ports */
	wr(CONFIG + 9, 1, 'x');
	assert_string_equal(w->board.tx, "ok");
	close_world(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints_whole_buffers),
		cmocka_unit_test(prints_long_buffers),
		cmocka_unit_test(asks_when_it_is_used),
		cmocka_unit_test(asks_when_it_has_buffers),
		cmocka_unit_test(asks_at_once_where_none_is_early),
		cmocka_unit_test(takes_what_there_is_room_for),
		cmocka_unit_test(goes_on_after_a_reset),
		cmocka_unit_test(tells_the_size),
		cmocka_unit_test(prints_without_a_queue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
