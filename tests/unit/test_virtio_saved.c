/* objects: virtio/rng.o virtio/transport.o virtio/mmio.o virtio/mmio_saved.o virtio/pci.o virtio/pci_saved.o virtio/pci_common.o virtio/queue.o virtio/chain.o virtio/split.o virtio/packed.o virtio/event_idx.o virtio/status.o virtio/saved.o util/event.o util/log.o util/sink.o util/lock.o */
/* objects: pci/host.o pci/config.o pci/saved.o pci/interrupt.o */
/*
 * A virtio device that is saved at any time and restored: over either transport its
 * registers read as before, and the driver goes on. And states that no device was
 * ever in. How far the queues are is unit/queue's.
 */
#define _GNU_SOURCE /* memmem() */
#include "saved_world.h"

#define REGISTERS 64

static const char *const transports[] = { "mmio", "pci" };

static void read_registers(uint32_t *vals)
{
	static const uint64_t regs[] = { OFFER,	     STATUS,	   GENERATION,
					 QUEUE_SIZE, QUEUE_ENABLE, QUEUE_DESC };
	unsigned int nr = 0;

	for (unsigned int select = 0; select < 3; select++) {
		wr(OFFER_SELECT, 4, select);
		wr(QUEUE_SELECT, 2, select);
		for (size_t i = 0; i < sizeof(regs) / sizeof(regs[0]); i++)
			vals[nr++] = rd(
				regs[i],
				regs[i] == STATUS || regs[i] == GENERATION ? 1 :
									     4);
	}
	for (unsigned int reg = 0; reg < PCI_CONFIG_SIZE && !over_mmio;
	     reg += 32)
		vals[nr++] = get(w, reg, 4);
}

static void check_same(void)
{
	uint32_t before[REGISTERS] = { 0 }, after[REGISTERS] = { 0 };

	read_registers(before);
	restore_device();
	read_registers(after);
	assert_memory_equal(before, after, sizeof(before));
}

/* A buffer, which comes back full. */
static void use_once(void)
{
	const uint16_t used = *half(USED + 2);
	const size_t before = w->board.random_len;

	describe(DESC, 0, BUFFER, 16, WRITE, 0);
	offer(0);
	kick();
	assert_int_equal((uint16_t)(*half(USED + 2) - used), 1);
	assert_int_equal(w->board.random_len - before, 16);
}

static void open_rng_over(const char *transport)
{
	memset(w, 0, sizeof(*w));
	open_over(transport, NULL);
}

/* Between any two steps of a driver. */
static void is_the_same_device(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		open_rng_over(transports[i]);
		check_same();
		wr(STATUS, 1, 3);
		check_same();
		wr(TAKE_SELECT, 4, 1);
		check_same();
		wr(TAKE, 4, 1);
		wr(STATUS, 1, FEATURES_OK);
		check_same();
		assert_int_equal(rd(STATUS, 1), FEATURES_OK);
		wr(QUEUE_SELECT, 2, 0);
		wr(QUEUE_SIZE, 2, 8);
		wr(QUEUE_DESC, 4, DESC);
		check_same();
		wr(QUEUE_SELECT, 2, 0);
		wr(QUEUE_AVAIL, 4, AVAIL);
		wr(QUEUE_USED, 4, USED);
		wr(QUEUE_ENABLE, 2, 1);
		check_same();
		wr(STATUS, 1, DRIVER_OK);
		check_same();
		for (unsigned int n = 0; n < 20; n++) {
			use_once();
			check_same();
		}
		wr(STATUS, 1, 0);
		check_same();
		start(8);
		use_once();
		close_world(w);
	}
}

/* What it counted goes on, for who reads it. */
static void counts_on(void **state)
{
	(void)state;
	open_rng_over("mmio");
	start(8);
	use_once();
	use_once();
	restore_device();
	use_once();
	assert_int_equal(w->board.counts[0].chains, 3);
	assert_int_equal(w->board.counts[0].bytes_in, 48);
	close_world(w);
}

/* The line is the interrupt controllers'; why it is high is the device's. */
static void keeps_its_interrupt(void **state)
{
	(void)state;
	open_rng_over("mmio");
	start(8);
	use_once();
	restore_device();
	assert_true(w->board.irq[0]);
	assert_int_equal(rd(ISR, 1), 1);
	out(w, 0, 0x64, 4, 1);
	assert_false(w->board.irq[0]);
	close_world(w);

	open_rng_over("pci");
	start(8);
	use_once();
	restore_device();
	assert_true(w->board.pin);
	assert_int_equal(rd(ISR, 1), 1);
	assert_false(w->board.pin);
	close_world(w);
}

/* A guest that has begun anew before the device went on. */
static void is_reset_before_it_goes_on(void **state)
{
	struct stash stash;

	(void)state;
	open_rng_over("pci");
	start(8);
	use_once();
	stash = save_device();
	renew_device(true);
	assert_true(try_restore(&stash));
	stash_free(&stash);
	start(8);
	go_on();
	use_once();
	close_world(w);
}

/* A run that offers less than the guest has taken. */
static void needs_the_same_features(void **state)
{
	static const char *const without[] = { "event-idx", NULL };
	struct stash stash;

	(void)state;
	open_rng_over("pci");
	wr(STATUS, 1, 3);
	wr(TAKE_SELECT, 4, 0);
	wr(TAKE, 4, 1U << 29);
	wr(TAKE_SELECT, 4, 1);
	wr(TAKE, 4, 1);
	wr(STATUS, 1, FEATURES_OK);
	assert_int_equal(rd(STATUS, 1), FEATURES_OK);
	stash = save_device();
	fake_without = without;
	renew_device(true);
	assert_false(try_restore(&stash));
	assert_non_null(strstr(w->board.refused, "0x20000000"));
	fake_without = NULL;
	renew_device(true);
	assert_true(try_restore(&stash));
	stash_free(&stash);
	close_world(w);
}

static void use_it(void)
{
	describe(DESC, 0, BUFFER, 16, WRITE, 0);
	offer(0);
	kick();
	wr(STATUS, 1, 0);
}

static void survives_damage(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		open_rng_over(transports[i]);
		start(8);
		use_once();
		damage_device(use_it);
		close_world(w);
	}
}

/* Queues that are not where a queue can be. */
static void refuses_queues_elsewhere(void **state)
{
	static const uint64_t places[] = { RAM_SIZE, RAM_SIZE - 16,
					   UINT64_MAX & ~15ULL, 8 };
	struct stash good;

	(void)state;
	open_rng_over("mmio");
	start(8);
	use_once();
	good = save_device();
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const uint64_t here = DESC;
		uint8_t *at = memmem(good.data, good.len, &here, sizeof(here));
		uint64_t val = places[i];

		assert_non_null(at);
		memcpy(at, &val, sizeof(val));
		renew_device(true);
		assert_false(try_restore(&good));
		memcpy(at, &here, sizeof(here));
	}
	renew_device(true);
	assert_true(try_restore(&good));
	stash_free(&good);
	close_world(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_the_same_device),
		cmocka_unit_test(counts_on),
		cmocka_unit_test(keeps_its_interrupt),
		cmocka_unit_test(is_reset_before_it_goes_on),
		cmocka_unit_test(needs_the_same_features),
		cmocka_unit_test(survives_damage),
		cmocka_unit_test(refuses_queues_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
