/* objects: disk/saved.o disk/select.o disk/overlay.o disk/changes.o disk/changes_saved.o */
/* objects: disk/raw.o disk/file.o disk/map.o disk/bits.o disk/kind.o util/bus_error.o */
/* objects: util/stash.o util/log.o util/sink.o util/lock.o */
/*
 * Disks of a guest that is saved and restored, or that forks: what is in a file has
 * to be as it was; what is in none comes along; and copies do not get in each
 * other's way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk.h"
#include "fake_board.h"
#include "util/stash.h"
#include "virtio/blk.h"

#define SIZE	(600 * 4096 + 512) /* its last cluster is one sector */
#define CLUSTER 4096

static char folder[] = "/tmp/mkvm-disk-saved-XXXXXX";
static char base[64], changes[64];
static struct board board;
static struct disk *disk;

static void write_base(size_t size)
{
	int fd = open(base, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	uint8_t *bytes = malloc(size);

	memset(bytes, 0x55, size);
	assert_int_equal(write(fd, bytes, size), size);
	close(fd);
	free(bytes);
}

static int make_files(void **state)
{
	(void)state;
	memcpy(folder + sizeof(folder) - 7, "XXXXXX", 6);
	assert_non_null(mkdtemp(folder));
	snprintf(base, sizeof(base), "%s/base", folder);
	snprintf(changes, sizeof(changes), "%s/changes", folder);
	write_base(SIZE);
	memset(&board, 0, sizeof(board));
	return 0;
}

static int remove_files(void **state)
{
	(void)state;
	disk_close(disk);
	disk = NULL;
	board.without = NULL;
	unlink(base);
	unlink(changes);
	return rmdir(folder);
}

static void open_disk(const struct disk_ask *ask)
{
	struct disk_ask whole = *ask;

	whole.name = base;
	disk_close(disk);
	disk = NULL;
	assert_int_equal(disk_open(&disk, &whole), 0);
	*board.refused = '\0';
}

static struct stash save(void)
{
	struct stash stash = { 0 };

	*board.refused = '\0';
	disk_save(disk, &board, &stash);
	assert_false(stash.bad);
	return stash;
}

static bool try_restore(struct stash *stash)
{
	stash->at = 0;
	stash->bad = false;
	*board.refused = '\0';
	return disk_restore(disk, &board, stash) && stash_is_done(stash);
}

/* One byte, all over the @len bytes at @at. */
static void put(uint64_t at, size_t len, uint8_t byte)
{
	uint8_t *bytes = malloc(len);
	const struct iovec iov = { bytes, len };

	memset(bytes, byte, len);
	assert_int_equal(disk->format->write(disk, &iov, 1, at), 0);
	free(bytes);
}

static uint8_t byte_at(uint64_t at)
{
	uint8_t bytes[DISK_SECTOR];
	const struct iovec iov = { bytes, sizeof(bytes) };

	at = at / DISK_SECTOR * DISK_SECTOR;
	assert_int_equal(disk->format->read(disk, &iov, 1, at), 0);
	for (size_t i = 1; i < sizeof(bytes); i++)
		assert_int_equal(bytes[i], bytes[0]);
	return bytes[0];
}

static const struct disk_ask plain = { .read_only = false };
static const struct disk_ask only_read = { .read_only = true };
static const struct disk_ask thrown_away = { .format = "overlay" };
static const struct disk_ask a_copy = { .copy = true };

/* Other bytes at another time, by another program. */
static void change(const char *path)
{
	static time_t when = 1000000000;
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
				     { .tv_sec = when++ } };
	int fd = open(path, O_WRONLY);

	assert_int_equal(futimens(fd, times), 0);
	close(fd);
}

static void check_unchanged_or_refused(const struct disk_ask *ask,
				       const char *file)
{
	static const char *const without[] = { "disk-check", NULL };
	struct stash stash;

	open_disk(ask);
	if (!ask->read_only)
		put(0, CLUSTER, 0x11);
	stash = save();
	assert_string_equal(board.refused, "");
	open_disk(ask);
	assert_true(try_restore(&stash));
	disk_close(disk);
	disk = NULL;
	change(file);
	open_disk(ask);
	assert_false(try_restore(&stash));
	assert_non_null(strstr(board.refused, "--no-disk-check"));
	board.without = without;
	assert_true(try_restore(&stash));
	board.without = NULL;
	stash_free(&stash);
}

static void has_to_be_as_it_was(void **state)
{
	const struct disk_ask kept = { .overlay = changes };

	(void)state;
	check_unchanged_or_refused(&plain, base);
	check_unchanged_or_refused(&only_read, base);
	check_unchanged_or_refused(&kept, changes);
}

/* A guest that went on for a moment after it was saved, also where nobody notes
 * what is written by memory. */
static void notes_each_change(void **state)
{
	const struct disk_ask kept = { .overlay = changes };
	const struct disk_ask *asks[] = { &plain, &kept };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct stash stash;

		open_disk(asks[i]);
		put(0, CLUSTER, 0x11);
		stash = save();
		put(0, CLUSTER, 0x22);
		open_disk(asks[i]);
		assert_false(try_restore(&stash));
		stash_free(&stash);
	}
}

static void has_to_be_as_long(void **state)
{
	struct stash stash;

	(void)state;
	open_disk(&only_read);
	stash = save();
	disk_close(disk);
	disk = NULL;
	write_base(SIZE + 512);
	open_disk(&only_read);
	assert_false(try_restore(&stash));
	assert_non_null(strstr(board.refused, "another disk"));
	stash_free(&stash);
}

/* Data, zeroes, the last sector, and what was never touched. */
static void check_written(void)
{
	assert_int_equal(byte_at(0), 0x55);
	assert_int_equal(byte_at(CLUSTER), 0x11);
	assert_int_equal(byte_at(400 * CLUSTER), 0x11);
	assert_int_equal(byte_at(401 * CLUSTER), 0);
	assert_int_equal(byte_at(403 * CLUSTER), 0x55);
	assert_int_equal(byte_at(SIZE - 1), 0x77);
}

static void write_some(void)
{
	put(CLUSTER, 400 * CLUSTER, 0x11);
	assert_int_equal(
		disk->format->zero(disk, 401 * CLUSTER, 2 * CLUSTER, true), 0);
	put(SIZE - 512, 512, 0x77);
}

static void brings_what_is_in_no_file(void **state)
{
	struct stash stash;

	(void)state;
	open_disk(&thrown_away);
	write_some();
	stash = save();
	assert_string_equal(board.refused, "");
	for (unsigned int i = 0; i < 3; i++) {
		open_disk(&thrown_away);
		assert_int_equal(byte_at(CLUSTER), 0x55);
		assert_true(try_restore(&stash));
		check_written();
		put(CLUSTER, CLUSTER, 0x33);
	}
	change(base);
	open_disk(&thrown_away);
	assert_false(try_restore(&stash));
	assert_non_null(strstr(board.refused, "written to since"));
	stash_free(&stash);
}

/* The guest that forks goes on, and holds its files meanwhile. */
static void copies_stand_beside_it(void **state)
{
	const struct disk_ask kept = { .overlay = changes };
	const struct disk_ask *asks[] = { &kept, &thrown_away };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct disk_ask copy = *asks[i];
		struct disk *parent;
		struct stash stash;

		copy.copy = true;
		open_disk(asks[i]);
		write_some();
		board.forks = true;
		stash = save();
		board.forks = false;
		assert_string_equal(board.refused, "");
		parent = disk;
		disk = NULL;
		for (unsigned int nr = 0; nr < 3; nr++) {
			open_disk(&copy);
			assert_true(try_restore(&stash));
			check_written();
			put(0, SIZE, 0x99);
		}
		disk_close(disk);
		disk = parent;
		check_written();
		stash_free(&stash);
	}
}

/* It would change beneath the copies. */
static void does_not_share_a_file_it_writes(void **state)
{
	struct stash stash;

	(void)state;
	open_disk(&plain);
	board.forks = true;
	stash = save();
	assert_non_null(strstr(board.refused, "overlay=FILE"));
	stash_free(&stash);
	open_disk(&only_read);
	stash = save();
	assert_string_equal(board.refused, "");
	open_disk(&only_read);
	assert_true(try_restore(&stash));
	stash_free(&stash);
	open_disk(&a_copy); /* over what it can write to */
	assert_true(disk->forgets);
}

static void survives_damage(void **state)
{
	static const uint8_t wrong[] = { 0x01, 0x80, 0xff };
	struct stash good;

	(void)state;
	open_disk(&thrown_away);
	put(CLUSTER, CLUSTER, 0x11);
	put(5 * CLUSTER, CLUSTER, 0);
	put(SIZE - 512, 512, 0x77);
	good = save();
	for (size_t i = 0; i < good.len; i++) {
		uint8_t *bytes = malloc(good.len);
		struct stash bad = { .data = bytes, .len = good.len };

		/* Most of them are a sector's, and say nothing. */
		if (i > 128 && i + 128 < good.len && i % 61)
			i += 7;
		memcpy(bytes, good.data, good.len);
		bytes[i] ^= wrong[i % sizeof(wrong)];
		open_disk(&thrown_away);
		try_restore(&bad);
		bad.len = i;
		open_disk(&thrown_away);
		assert_false(try_restore(&bad));
		free(bytes);
	}
	stash_free(&good);
}

int main(void)
{
#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, make_files, remove_files)
	const struct CMUnitTest tests[] = {
		CASE(has_to_be_as_it_was),
		CASE(notes_each_change),
		CASE(has_to_be_as_long),
		CASE(brings_what_is_in_no_file),
		CASE(copies_stand_beside_it),
		CASE(does_not_share_a_file_it_writes),
		CASE(survives_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
