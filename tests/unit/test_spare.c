/* objects: virtio/blk.o virtio/blk_config.o virtio/blk_request.o virtio/blk_ring.o virtio/blk_spare.o */
/* objects: virtio/pci.o virtio/pci_spare.o virtio/pci_saved.o virtio/pci_common.o virtio/queue.o */
/* objects: virtio/chain.o virtio/split.o virtio/packed.o virtio/event_idx.o virtio/status.o virtio/saved.o */
/* objects: pci/host.o pci/config.o pci/saved.o pci/interrupt.o core/plan.o core/feature.o */
/* objects: disk/words.o disk/saved.o disk/select.o disk/raw.o disk/file.o disk/kind.o disk/map.o disk/bits.o */
/* objects: util/bus_error.o util/event.o util/stash.o util/log.o util/sink.o util/lock.o */
/*
 * A disk in a spare slot of PCI: what a guest sees of it when it comes, while it is
 * there, and when it has gone, with requests under way.
 */
#include "pci_world.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "abi/pc.h"
#include "core/plan.h"
#include "disk.h"
#include "plug.h"
#include "util/stash.h"
#include "virtio/blk.h"
#include "virtio/blk_spare.h"

TABLE_DECLARE(plug, plug);

#define SECTOR 512
#define DESC   0x1000
#define AVAIL  0x2000
#define USED   0x3000
#define BUFFER 0x4000

static struct world world;
static struct world *const w = &world;
static struct plan *plan;
static char paths[2][32];

static int make_files(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		int fd;

		snprintf(paths[i], sizeof(paths[i]), "%s",
			 "/tmp/mkvm-spare-XXXXXX");
		fd = mkstemp(paths[i]);
		assert_true(fd >= 0);
		assert_int_equal(ftruncate(fd, SECTOR * (i + 8)), 0);
		assert_int_equal(pwrite(fd, i ? "two" : "one", 3, 0), 3);
		close(fd);
	}
	return 0;
}

static int remove_files(void **state)
{
	(void)state;
	unlink(paths[0]);
	unlink(paths[1]);
	return 0;
}

static int plug_in(const char *option, const char *arg)
{
	return plan_plug(plan, option, arg);
}

static void open_slot(bool is_full)
{
	char arg[64];

	plan = plan_new(&(struct plan_guest){ .without = NULL });
	snprintf(arg, sizeof(arg), "1:%s,ro", paths[0]);
	if (is_full)
		assert_int_equal(plug_in("--spare-disk", arg), 0);
	assert_int_equal(plug_in("--spare-slots", "1"), 0);
	assert_int_equal(plan->nr, 1);
	fake_config = plan->devices[0].config;
	memset(w, 0, sizeof(*w));
	open_world(w, plan->devices[0].type);
	w->board.absent = !is_full;
	plan->devices[0].made = true;
}

static void close_slot(void)
{
	close_world(w);
	plan_free(plan);
	fake_config = NULL;
}

/* As core/spares.c does. */
static void fill(unsigned int which, bool read_only)
{
	const struct disk_ask ask = { .read_only = read_only };
	struct blk_given given;

	assert_true(w->board.absent);
	assert_int_equal(blk_spare_open(&given, "test", paths[which], &ask), 0);
	w->board.type->spare->fill(w->board.dev, &given);
	w->board.absent = false;
}

static void eject(void)
{
	w->board.absent = true;
	w->board.type->spare->empty(w->board.dev);
}

static void run_workers(void)
{
	while (fake_work(&w->board))
		;
}

/* Whether nobody has the file any more. */
static bool is_free(unsigned int which)
{
	int fd = open(paths[which], O_RDWR);
	bool free = !flock(fd, LOCK_EX | LOCK_NB);

	close(fd);
	return free;
}

static void place(void)
{
	put(w, 0x10, 4, 0xd8000000);
	put(w, 0x14, 4, 0xd8008000);
	put(w, 0x18, 4, 0xf000);
	put(w, 0x04, 2, 7);
}

static void wr(uint64_t off, unsigned int size, uint32_t val)
{
	out(w, 0, off, size, val);
}

static uint32_t rd(uint64_t off, unsigned int size)
{
	return in(w, 0, off, size);
}

static void set16(unsigned int at, uint16_t val)
{
	memcpy(w->ram + at, &val, sizeof(val));
}

static void set_desc(unsigned int nr, uint64_t gpa, uint32_t len,
		     uint16_t flags, uint16_t next)
{
	uint8_t *at = w->ram + DESC + 16 * nr;

	memcpy(at, &gpa, 8);
	memcpy(at + 8, &len, 4);
	memcpy(at + 12, &flags, 2);
	memcpy(at + 14, &next, 2);
}

/* A driver as far as a queue of four that runs. */
static void drive(void)
{
	place();
	wr(0x14, 1, 0);
	wr(0x14, 1, 3);
	wr(0x08, 4, 1);
	wr(0x0c, 4, 1);
	wr(0x14, 1, 0x0b);
	assert_int_equal(rd(0x14, 1), 0x0b);
	wr(0x16, 2, 0);
	wr(0x18, 2, 4);
	wr(0x20, 4, DESC);
	wr(0x28, 4, AVAIL);
	wr(0x30, 4, USED);
	wr(0x1c, 2, 1);
	memset(w->ram + DESC, 0, BUFFER - DESC);
	wr(0x14, 1, 0x0f);
	assert_int_equal(rd(0x14, 1), 0x0f);
}

/* A read of the first sector, number @nr since drive(). */
static void request(uint16_t nr)
{
	memset(w->ram + BUFFER, 0, 16);
	set_desc(0, BUFFER, 16, 1, 1);
	set_desc(1, BUFFER + 0x100, SECTOR, 3, 2);
	set_desc(2, BUFFER + 0x400, 1, 2, 0);
	w->ram[BUFFER + 0x400] = 0xee;
	set16(AVAIL + 4 + 2 * (nr % 4), 0);
	set16(AVAIL + 2, nr + 1);
	wr(0x2000, 2, 0);
}

static void test_comes(void **state)
{
	(void)state;
	open_slot(false);
	assert_int_equal(get(w, 0, 4), 0xffffffff); /* nobody is there */
	assert_int_equal(rd(0x14, 1), 0xff);
	wr(0x14, 1, 1);
	fill(0, false);
	assert_int_equal(get(w, 0, 4), 0x10421af4);
	assert_int_equal(get(w, 4, 2), 0); /* no firmware was here */
	assert_int_equal(get(w, 0x10, 4), 0);
	assert_int_equal(get(w, 0x18, 4), 1);
	for (unsigned int bar = 0; bar < 3; bar++)
		assert_false(w->board.bars[bar].on);
	assert_int_equal(rd(0x14, 1), 0);
	assert_int_equal(rd(0x3000, 4), 8); /* sectors */
	drive();
	assert_true(w->board.bars[0].on && w->board.bars[2].on);
	request(0);
	run_workers();
	assert_int_equal(w->ram[BUFFER + 0x400], 0);
	assert_memory_equal(w->ram + BUFFER + 0x100, "one", 3);
	assert_false(is_free(0));
	close_slot();
	assert_true(is_free(0));
}

/* With a kick that no worker has seen, and one that has been served. */
static void test_goes(void **state)
{
	(void)state;
	open_slot(true);
	assert_int_equal(get(w, 0, 4), 0x10421af4);
	assert_int_equal(get(w, 4, 2) & 3, 3); /* firmware was */
	drive();
	request(0);
	run_workers();
	assert_memory_equal(w->ram + BUFFER + 0x100, "one", 3);
	request(1);
	eject();
	assert_int_equal(w->board.emptied, 0);
	for (unsigned int bar = 0; bar < 3; bar++)
		assert_false(w->board.bars[bar].on);
	assert_int_equal(w->board.nr_ioevents, 0);
	assert_false(w->board.pin);
	request(2); /* by one who was on his way */
	assert_int_equal(rd(0x14, 1), 0xff);
	run_workers();
	assert_int_equal(w->board.emptied, 1);
	assert_int_equal(w->ram[BUFFER + 0x400], 0xee);
	run_workers();
	assert_int_equal(w->board.emptied, 1);
	assert_int_equal(get(w, 0, 4), 0xffffffff);
	close_slot();
}

/* Nothing is left of the one before: not its driver, nor its features. */
static void test_another(void **state)
{
	uint32_t features;

	(void)state;
	open_slot(false);
	for (unsigned int round = 0; round < 3; round++) {
		fill(0, true);
		assert_int_equal(rd(0x3000, 4), 8);
		place();
		wr(0x00, 4, 0);
		features = rd(0x04, 4);
		assert_int_equal(features >> 5 & 1, 1); /* read only */
		drive();
		request(0);
		run_workers();
		assert_memory_equal(w->ram + BUFFER + 0x100, "one", 3);
		eject();
		run_workers();
		assert_int_equal(w->board.emptied, 2 * round + 1);
		assert_true(is_free(0));
		fill(1, false);
		assert_int_equal(rd(0x14, 1), 0);
		assert_int_equal(rd(0x3000, 4), 9);
		wr(0x00, 4, 0);
		features = rd(0x04, 4);
		assert_int_equal(features >> 5 & 1, 0);
		wr(0x2000, 2, 0); /* what there is not is not kicked */
		run_workers();
		drive();
		request(0);
		run_workers();
		assert_memory_equal(w->ram + BUFFER + 0x100, "two", 3);
		eject();
		run_workers();
		assert_true(is_free(1));
	}
	close_slot();
}

/* The guest ends before a worker comes to it. */
static void test_ends(void **state)
{
	(void)state;
	open_slot(false);
	fill(0, false);
	drive();
	request(0);
	eject();
	close_slot();
	assert_true(is_free(0));
}

/* A machine that never comes to be. */
static void test_forgotten(void **state)
{
	char arg[64];

	(void)state;
	plan = plan_new(&(struct plan_guest){ .without = NULL });
	snprintf(arg, sizeof(arg), "1:%s", paths[0]);
	assert_int_equal(plug_in("--spare-disk", arg), 0);
	assert_false(is_free(0));
	plan_free(plan);
	assert_true(is_free(0));
}

static void save(struct stash *saved)
{
	*saved = (struct stash){ 0 };
	w->board.type->save(w->board.dev, saved);
}

static void test_saved(void **state)
{
	struct stash full, empty;

	(void)state;
	open_slot(true);
	save(&full);
	assert_true(w->board.type->still(w->board.dev));
	eject();
	assert_false(w->board.type->still(w->board.dev));
	run_workers();
	assert_true(w->board.type->still(w->board.dev));
	save(&empty);
	close_slot();

	open_slot(false);
	assert_false(w->board.type->restored(w->board.dev, &full));
	assert_non_null(strstr(w->board.refused, "--spare-disk"));
	close_slot();
	open_slot(true); /* which the options say, and has gone since */
	assert_true(w->board.type->restored(w->board.dev, &empty));
	assert_true(w->board.absent);
	run_workers();
	assert_int_equal(w->board.emptied, 1);
	close_slot();
	stash_free(&full);
	stash_free(&empty);
}

static void test_options(void **state)
{
	static const char *const without[] = { "pci", NULL };
	static const struct {
		const char *option, *arg;
	} wrong[] = {
		{ "--spare-slots", "0" },   { "--spare-slots", "5" },
		{ "--spare-slots", "" },    { "--spare-slots", "1x" },
		{ "--spare-disk", "1" },    { "--spare-disk", "0:/x" },
		{ "--spare-disk", "5:/x" }, { "--spare-disk", "2:/none" },
		{ "--spare-disk", "2:" },
	};
	char arg[64];

	(void)state;
	plan = plan_new(&(struct plan_guest){ .without = NULL });
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_not_equal(plug_in(wrong[i].option, wrong[i].arg), 0);
	assert_int_equal(plan->nr, 0);
	snprintf(arg, sizeof(arg), "3:%s,ro", paths[0]);
	assert_int_equal(plug_in("--spare-disk", arg), 0);
	assert_int_not_equal(plug_in("--spare-disk", arg), 0);
	assert_int_equal(plug_in("--spare-slots", "4"), 0);
	assert_int_equal(plan->nr, 4);
	assert_int_equal(plan->devices[0].type->pci->slot, PC_PCI_SPARE + 2);
	assert_true(plan_has_slot(plan, PC_PCI_SPARE));
	plan_free(plan);
	assert_true(is_free(0));
	plan = plan_new(&(struct plan_guest){ .without = without });
	assert_int_not_equal(plug_in("--spare-slots", "1"), 0);
	assert_int_not_equal(plug_in("--spare-disk", arg), 0);
	plan_free(plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_comes),	  cmocka_unit_test(test_goes),
		cmocka_unit_test(test_another),	  cmocka_unit_test(test_ends),
		cmocka_unit_test(test_forgotten), cmocka_unit_test(test_saved),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
