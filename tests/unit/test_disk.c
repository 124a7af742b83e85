/* objects: disk/select.o disk/raw.o disk/file.o disk/kind.o */
/* objects: disk/map.o disk/bits.o util/bus_error.o util/log.o util/sink.o util/lock.o */
/*
 * What --disk refuses, and that it says what to do instead; who else may have a
 * file; and slices of buffers.
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
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catch.h"
#include "disk.h"
#include "disk/file.h"

static char folder[] = "/tmp/mkvm-disk-XXXXXX";
static char path[64];

static int make_folder(void **state)
{
	(void)state;
	memcpy(folder + sizeof(folder) - 7, "XXXXXX", 6);
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/file", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void make_file(const void *data, size_t len, off_t size)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

	assert_int_equal(write(fd, data, len), len);
	assert_int_equal(ftruncate(fd, size), 0);
	close(fd);
}

static void refuses(const struct disk_ask *ask, const char *words)
{
	struct disk *disk;
	char *said;

	catch_begin();
	assert_int_equal(disk_open(&disk, ask), -EINVAL);
	said = catch_end();
	if (!strstr(said, words))
		fail_msg("not '%s': %s", words, said);
	assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
}

static void says_what_is_wrong(void **state)
{
	const struct disk_ask ask = { .name = path };
	const struct disk_ask folder_ask = { .name = folder };
	const struct disk_ask folder_only = { .name = folder,
					      .read_only = true };
	const struct disk_ask other = { .name = path, .format = "qcow3" };
	const struct disk_ask overlay = { .name = path, .overlay = "/tmp/x" };
	const struct disk_ask zero = { .name = "/dev/zero", .read_only = true };
	const struct disk_ask ide = { .option = "--ide", .name = "/dev/zero" };

	(void)state;
	refuses(&ask, "No such file or directory; `truncate");
	refuses(&folder_ask, "Is a directory; a directory is given");
	refuses(&folder_only, "Is a directory; a directory is given");
	refuses(&zero, "--disk: /dev/zero: neither a file nor a block device");
	refuses(&ide, "--ide: /dev/zero: neither a file nor a block device");
	make_file("", 0, 0);
	refuses(&ask, "empty; `truncate");
	make_file("", 0, 513);
	refuses(&ask, "no multiple of 512");
	make_file("", 0, 512);
	refuses(&other, "qcow3: no such format");
	refuses(&overlay, "overlay: no such format"); /* not linked in here */
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0); /* nobody waits for it */
	refuses(&ask, "neither a file nor a block device");
}

static void names_other_images(void **state)
{
	static const struct {
		const char *magic, *words;
		unsigned int len, at;
	} rows[] = {
		{ "QFI\xfb", "of kind qcow2: `qemu-nbd -f qcow2", 4, 0 },
		{ "KDMV", "of kind vmdk", 4, 0 },
		{ "# Disk DescriptorFile", "of kind vmdk", 21, 0 },
		{ "conectix", "of kind vpc", 8, 0 },
		{ "vhdxfile", "of kind vhdx", 8, 0 },
		{ "\x7f\x10\xda\xbe", "of kind vdi", 4, 64 },
		{ "kvm-vmm\n", "an overlay, no disk of its own", 8, 0 },
	};
	const struct disk_ask ask = { .name = path };
	const struct disk_ask raw = { .name = path, .format = "raw" };
	struct disk *disk;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t head[128] = { 0 };

		memcpy(head + rows[i].at, rows[i].magic, rows[i].len);
		make_file(head, sizeof(head), 65536);
		refuses(&ask, rows[i].words);
		assert_int_equal(disk_open(&disk, &raw), 0);
		disk_close(disk);
	}
}

static void keeps_others_out(void **state)
{
	const struct disk_ask write = { .name = path };
	const struct disk_ask read = { .name = path, .read_only = true };
	struct disk *one, *two;
	int fd;

	(void)state;
	make_file("", 0, 4096);
	assert_int_equal(disk_open(&one, &write), 0);
	refuses(&write, "in use: somebody uses it");
	refuses(&read, "in use: somebody writes to it");
	disk_close(one);
	assert_int_equal(disk_open(&one, &read), 0);
	assert_int_equal(disk_open(&two, &read), 0);
	refuses(&write, "in use: somebody uses it");
	disk_close(one);
	disk_close(two);
	fd = open(path, O_RDONLY); /* another program */
	assert_int_equal(flock(fd, LOCK_EX), 0);
	refuses(&read, "in use");
	close(fd);
	assert_int_equal(disk_open(&one, &write), 0);
	disk_close(one);
}

/* Buffers of all sizes, walked through in steps of all sizes. */
static void slices_are_whole(void **state)
{
	static uint8_t bytes[1000];
	const struct iovec iov[] = {
		{ bytes, 0 },	    { bytes, 1 },	  { bytes + 1, 499 },
		{ bytes + 500, 0 }, { bytes + 500, 400 }, { bytes + 900, 100 },
	};

	(void)state;
	for (uint64_t by = 1; by < 1010; by += 7) {
		struct slice slice = { .iov = iov, .nr = 6 };
		struct slice skipped = slice;
		uint64_t sum = 0;

		for (;;) {
			struct iovec part[2];
			uint64_t len = by, seen = 0;
			unsigned int nr = slice_take(&slice, part, 2, &len);

			for (unsigned int i = 0; i < nr; i++) {
				assert_ptr_equal(part[i].iov_base,
						 bytes + sum + seen);
				seen += part[i].iov_len;
			}
			assert_int_equal(seen, len);
			assert_true(len <= by);
			slice_skip(&skipped, len);
			assert_true(skipped.iov == slice.iov || !len);
			sum += len;
			if (!nr)
				break;
		}
		assert_int_equal(sum, sizeof(bytes));
	}
}

#define ROW(test) \
	cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(says_what_is_wrong),
		ROW(names_other_images),
		ROW(keeps_others_out),
		cmocka_unit_test(slices_are_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
