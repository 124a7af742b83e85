/* objects: disk/select.o disk/overlay.o disk/changes.o disk/changes_saved.o util/stash.o disk/raw.o disk/file.o */
/* objects: disk/map.o disk/bits.o util/bus_error.o disk/kind.o util/log.o util/sink.o util/lock.o */
/*
 * Disks under a layer of changes, against a copy in memory: whatever is written
 * reads back, the base stays as it is, and what was flushed is in the file
 * without any more ado. And files that are no overlay of this disk, or damaged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catch.h"
#include "disk.h"

#define SIZE	(300 * 1024 + 512) /* its last cluster is one sector */
#define SECTORS (SIZE / DISK_SECTOR)
#define STEPS	3000
#define MAP_AT	4096 /* of the bits: see disk/changes.h */

static char folder[] = "/tmp/mkvm-overlay-XXXXXX";
static char base[64], changes[64];
static uint8_t model[SIZE], bytes[SIZE], original[SIZE];
static struct disk *disk;
static uint32_t seed;

static uint32_t chance(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

static void write_file(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

	assert_int_equal(write(fd, data, len), len);
	close(fd);
}

static int make_files(void **state)
{
	(void)state;
	memcpy(folder + sizeof(folder) - 7, "XXXXXX", 6);
	assert_non_null(mkdtemp(folder));
	snprintf(base, sizeof(base), "%s/base", folder);
	snprintf(changes, sizeof(changes), "%s/changes", folder);
	for (size_t i = 0; i < SIZE; i++)
		original[i] = model[i] = 1 + i % 251;
	write_file(base, model, SIZE);
	seed = 1;
	return 0;
}

static int remove_files(void **state)
{
	(void)state;
	unlink(base);
	unlink(changes);
	return rmdir(folder);
}

static int try_open(const char *overlay, bool read_only)
{
	const struct disk_ask ask = { .name = base,
				      .format = overlay ? NULL : "overlay",
				      .overlay = overlay,
				      .read_only = read_only };

	return disk_open(&disk, &ask);
}

static void open_it(const char *overlay)
{
	assert_int_equal(try_open(overlay, false), 0);
	assert_int_equal(disk->size, SIZE);
}

/* @len bytes, in three pieces of any size. */
static unsigned int cut(struct iovec *iov, uint8_t *at, size_t len)
{
	size_t one = chance(len + 1), two = chance(len - one + 1);

	iov[0] = (struct iovec){ at, one };
	iov[1] = (struct iovec){ at + one, two };
	iov[2] = (struct iovec){ at + one + two, len - one - two };
	return 3;
}

static void check_all(void)
{
	struct iovec iov = { bytes, SIZE };

	memset(bytes, 0, SIZE);
	assert_int_equal(disk->format->read(disk, &iov, 1, 0), 0);
	assert_memory_equal(bytes, model, SIZE);
}

static void check_base(void)
{
	int fd = open(base, O_RDONLY);

	assert_int_equal(read(fd, bytes, SIZE), SIZE);
	assert_memory_equal(bytes, original, SIZE);
	close(fd);
}

/* What can be read in a file at once must be the same. */
static void check_place(uint64_t at, uint64_t len)
{
	const struct iovec iov = { bytes, len };
	uint64_t place = at;
	int fd = disk->format->place(disk, &place, len);

	if (!disk->format->read_now(disk, &iov, 1, at))
		assert_memory_equal(bytes, model + at, len);
	if (fd < 0)
		return;
	assert_int_equal(pread(fd, bytes, len, place), len);
	assert_memory_equal(bytes, model + at, len);
}

static void step(void)
{
	const uint64_t first = chance(SECTORS);
	const uint64_t room = SECTORS - first < 40 ? SECTORS - first : 40;
	const uint64_t at = first * DISK_SECTOR;
	const uint64_t len = (1 + chance(room)) * DISK_SECTOR;
	struct iovec iov[3];

	switch (chance(8)) {
	case 0:
		assert_int_equal(disk->format->zero(disk, at, len, chance(2)),
				 0);
		memset(model + at, 0, len);
		break;
	case 1:
	case 2:
	case 3:
		for (size_t i = 0; i < len; i++)
			model[at + i] = chance(256);
		memcpy(bytes, model + at, len);
		assert_int_equal(disk->format->write(disk, iov,
						     cut(iov, bytes, len), at),
				 0);
		break;
	case 4:
		assert_int_equal(disk->format->flush(disk), 0);
		break;
	case 5:
		check_place(at, len);
		break;
	default:
		memset(bytes, 0, len);
		assert_int_equal(disk->format->read(disk, iov,
						    cut(iov, bytes, len), at),
				 0);
		assert_memory_equal(bytes, model + at, len);
	}
}

static void is_what_was_written(void **state)
{
	(void)state;
	open_it(NULL);
	for (unsigned int i = 0; i < STEPS; i++)
		step();
	check_all();
	disk_close(disk);
	check_base();
}

static void is_kept_in_a_file(void **state)
{
	(void)state;
	for (unsigned int round = 0; round < 10; round++) {
		open_it(changes);
		check_all();
		for (unsigned int i = 0; i < STEPS / 10; i++)
			step();
		check_all();
		disk_close(disk);
	}
	check_base();
	assert_int_equal(try_open(changes, true), 0);
	check_all();
	disk_close(disk);
}

/* A copy of the file after a flush is what a host finds that stopped then. */
static void is_there_after_a_flush(void **state)
{
	static uint8_t kept[SIZE], file[2 * SIZE];
	ssize_t len;
	int fd;

	(void)state;
	for (unsigned int round = 0; round < 20; round++) {
		open_it(changes);
		memcpy(model, original, SIZE);
		for (unsigned int i = 0; i < 30; i++)
			step();
		assert_int_equal(disk->format->flush(disk), 0);
		memcpy(kept, model, SIZE);
		fd = open(changes, O_RDONLY);
		len = read(fd, file, sizeof(file));
		close(fd);
		disk_close(disk);
		write_file(changes, file, len);
		open_it(changes);
		memcpy(model, kept, SIZE);
		check_all();
		disk_close(disk);
		unlink(changes);
	}
}

/* What was given up reads as something; what is beside it as before. */
static void gives_room_back(void **state)
{
	struct iovec iov = { bytes, 65536 };
	struct stat before, after;

	(void)state;
	open_it(changes);
	memset(bytes, 9, 65536);
	assert_int_equal(disk->format->write(disk, &iov, 1, 65536), 0);
	assert_int_equal(disk->format->flush(disk), 0);
	stat(changes, &before);
	assert_int_equal(disk->format->discard(disk, 65536 + 512, 65536 - 1024),
			 0);
	assert_int_equal(disk->format->flush(disk), 0);
	stat(changes, &after);
	assert_true(after.st_blocks < before.st_blocks);
	assert_int_equal(disk->format->read(disk, &iov, 1, 65536), 0);
	assert_int_equal(bytes[0], 9);
	assert_int_equal(bytes[4095], 9);
	assert_int_equal(bytes[4096], 0);
	assert_int_equal(bytes[65535], 9);
	assert_int_equal(disk->format->discard(disk, 0, 0), 0);
	assert_int_equal(disk->format->discard(disk, 512, 512), 0);
	assert_int_equal(disk->format->discard(disk, SIZE - 512, 512), 0);
	disk_close(disk);
	check_base();
}

static void refuses(const char *words)
{
	char *said;

	catch_begin();
	assert_int_equal(try_open(changes, false), -EINVAL);
	said = catch_end();
	if (!strstr(said, words))
		fail_msg("not '%s': %s", words, said);
}

static void poke(uint64_t at, uint8_t val)
{
	int fd = open(changes, O_WRONLY);

	assert_int_equal(pwrite(fd, &val, 1, at), 1);
	close(fd);
}

/* Another value, whatever there is: the sum of the header's depends on times. */
static void spoil(uint64_t at)
{
	int fd = open(changes, O_RDWR);
	uint8_t val;

	assert_int_equal(pread(fd, &val, 1, at), 1);
	val ^= 0xa5;
	assert_int_equal(pwrite(fd, &val, 1, at), 1);
	close(fd);
}

static void refuses_what_is_none(void **state)
{
	(void)state;
	write_file(changes, "something else, and it is long enough", 37);
	refuses("it is something else");
	write_file(changes, "k", 1);
	refuses("it is something else");
	write_file(changes, original, SIZE);
	refuses("it is something else");
	for (unsigned int at = 8; at < 48; at++) { /* all of the header */
		unlink(changes);
		open_it(changes);
		disk_close(disk);
		spoil(at);
		refuses("damaged");
	}
	unlink(changes);
	open_it(changes);
	disk_close(disk);
	assert_int_equal(truncate(changes, 100000), 0);
	refuses("too short or too long");
	assert_int_equal(truncate(changes, 1 << 30), 0);
	refuses("too short or too long");
	unlink(changes);
	assert_int_equal(mkdir(changes, 0700), 0);
	refuses("Is a directory");
	rmdir(changes);
	assert_int_equal(symlink("changes", changes), 0);
	refuses("symbolic links");
}

static void refuses_another_disk(void **state)
{
	const struct timespec times[2] = { { 1, 2 }, { 3, 4 } };

	(void)state;
	open_it(changes);
	disk_close(disk);
	utimensat(AT_FDCWD, base, times, 0);
	refuses("is not what it was made for");
	unlink(changes);
	open_it(changes);
	disk_close(disk);
	assert_int_equal(truncate(base, SIZE + 512), 0);
	refuses("is not what it was made for");
}

/* Bits for clusters that the disk has not: nothing is read for them. */
static void bears_any_bits(void **state)
{
	(void)state;
	open_it(changes);
	disk_close(disk);
	for (unsigned int i = 0; i < 4096; i += 3)
		poke(MAP_AT + i, 0xff);
	open_it(changes);
	for (unsigned int i = 0; i < 200; i++) {
		struct iovec iov = { bytes, SIZE };

		assert_int_equal(disk->format->read(disk, &iov, 1, 0), 0);
	}
	disk_close(disk);
}

static void is_begun_in_pieces(void **state)
{
	(void)state;
	open_it(changes);
	disk_close(disk);
	assert_int_equal(truncate(changes, MAP_AT), 0); /* killed in between */
	open_it(changes);
	for (unsigned int i = 0; i < 100; i++)
		step();
	check_all();
	disk_close(disk);
	open_it(changes);
	check_all();
	disk_close(disk);
}

static void is_locked(void **state)
{
	const struct disk_ask write = { .name = base, .format = "raw" };
	struct disk *other = NULL, *first;

	(void)state;
	open_it(changes);
	first = disk;
	refuses("in use");
	open_it(NULL); /* another one on the same base */
	disk_close(disk);
	catch_begin();
	assert_int_equal(disk_open(&other, &write), -EINVAL);
	assert_non_null(strstr(catch_end(), "in use"));
	disk_close(first);
	assert_int_equal(disk_open(&other, &write), 0);
	catch_begin();
	assert_int_equal(try_open(NULL, false), -EINVAL);
	assert_non_null(strstr(catch_end(), "somebody writes to it"));
	disk_close(other);
}

#define ROW(test) \
	cmocka_unit_test_setup_teardown(test, make_files, remove_files)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(is_what_was_written),
		ROW(is_kept_in_a_file),
		ROW(is_there_after_a_flush),
		ROW(gives_room_back),
		ROW(refuses_what_is_none),
		ROW(refuses_another_disk),
		ROW(bears_any_bits),
		ROW(is_begun_in_pieces),
		ROW(is_locked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
