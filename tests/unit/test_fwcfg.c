/* objects: devices/fwcfg.o devices/fwcfg_dma.o devices/fwcfg_saved.o util/fwfile.o util/log.o util/sink.o */
/* fw_cfg as firmware uses it: the directory, files, and DMA, hostile requests among
 * them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "util/fwfile.h"
#include "util/stash.h"
#include "reloaded.h"

#define SELECT	 0x510
#define DATA	 0x511
#define DMA_HIGH 0x514
#define DMA_LOW	 0x518
#define RAM_SIZE 0x10000
#define REQUEST	 0x100
#define BUFFER	 0x200

#define READ   0x02
#define SKIP   0x04
#define CHOOSE 0x08
#define WRITE  0x10

static uint8_t ram[RAM_SIZE];

static struct fw_files *open_files(struct board *b)
{
	struct fw_files *files = calloc(1, sizeof(*files));

	assert_int_equal(fw_add(files, "etc/one", "12345", 5, 5), 0);
	assert_int_equal(fw_add(files, "two", "ab", 2, 4096), 0);
	fake_files = files;
	memset(ram, 0xee, sizeof(ram));
	fake_board_open(b, "fwcfg");
	b->ram = ram;
	b->ram_size = sizeof(ram);
	return files;
}

static void close_files(struct board *b, struct fw_files *files)
{
	fake_board_close(b);
	fake_files = NULL;
	fw_free(files);
}

/* Asks; what is left of the control word. */
static uint32_t ask(struct board *b, uint32_t control, uint32_t len,
		    uint64_t gpa)
{
	const uint32_t words[] = { htobe32(control), htobe32(len),
				   htobe32(gpa >> 32), htobe32(gpa) };
	uint32_t left;

	memcpy(ram + REQUEST, words, sizeof(words));
	fake_out(b, DMA_LOW, 4, htobe32(REQUEST));
	memcpy(&left, ram + REQUEST, sizeof(left));
	return be32toh(left);
}

static void has_a_directory(void **state)
{
	static const uint8_t wanted[] = { 0,  0, 0, 2,	 0,   0,   5,	0,
					  32, 0, 0, 'e', 't', 'c', '/', 'o' };
	struct board b;
	struct fw_files *files = open_files(&b);

	(void)state;
	fake_out(&b, SELECT, 2, 0x19);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(fake_in(&b, DATA, 1), wanted[i]);
	assert_int_equal(ask(&b, 0x190000 | CHOOSE | READ, 4 + 2 * 64, BUFFER),
			 0);
	assert_memory_equal(ram + BUFFER, "\0\0\0\2", 4);
	assert_memory_equal(ram + BUFFER + 4, "\0\0\0\5\0\x20\0\0etc/one\0",
			    16);
	assert_memory_equal(ram + BUFFER + 68, "\0\0\x10\0\0\x21\0\0two\0", 12);
	close_files(&b, files);
}

static void gives_files(void **state)
{
	struct board b;
	struct fw_files *files = open_files(&b);

	(void)state;
	fake_out(&b, SELECT, 2, 0x20);
	assert_int_equal(fake_in(&b, DATA, 1), '1');
	assert_int_equal(ask(&b, SKIP, 2, 0), 0);
	assert_int_equal(ask(&b, READ, 4, BUFFER), 0);
	assert_memory_equal(ram + BUFFER, "45\0\0\xee", 5);
	assert_int_equal(ask(&b, 0x210000 | CHOOSE | READ, 4096, BUFFER), 0);
	assert_memory_equal(ram + BUFFER, "ab\0\0", 4);
	assert_int_equal(ram[BUFFER + 4096], 0xee);
	assert_int_equal(ask(&b, 0x220000 | CHOOSE | READ, 2, BUFFER), 0);
	assert_memory_equal(ram + BUFFER, "\0\0", 2); /* nobody knows it */
	close_files(&b, files);
}

static void refuses_what_cannot_be(void **state)
{
	static const struct {
		uint32_t control, len;
		uint64_t gpa;
	} bad[] = {
		{ READ, 1, RAM_SIZE },
		{ READ, 2, RAM_SIZE - 1 },
		{ READ, UINT32_MAX, 0 },
		{ READ, 1, UINT64_MAX },
		{ READ, 16, UINT64_MAX - 8 },
		{ WRITE, 1, BUFFER },
		{ 0x200000 | CHOOSE | WRITE, 4, BUFFER },
	};
	struct board b;
	struct fw_files *files = open_files(&b);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
			ask(&b, bad[i].control, bad[i].len, bad[i].gpa), 1);
	assert_int_equal(ram[BUFFER], 0xee);
	assert_memory_equal(files->list[0].data, "12345", 5);
	assert_int_equal(ask(&b, SKIP, UINT32_MAX, 0), 0);
	assert_int_equal(ask(&b, READ, 1, BUFFER), 0);
	assert_int_equal(ram[BUFFER], 0);
	fake_out(&b, DMA_HIGH, 4, htobe32(1)); /* no request is there */
	fake_out(&b, DMA_LOW, 4, htobe32(REQUEST));
	fake_out(&b, DMA_LOW, 4, htobe32(RAM_SIZE - 15));
	assert_int_equal(b.oddities, 9);
	close_files(&b, files);
}

/* Within what it has; a request that reads as well only reads. */
static void takes_what_may_be_written(void **state)
{
	struct board b;
	struct fw_files *files = open_files(&b);
	struct stash stash = { 0 }, first = { 0 };

	(void)state;
	files->list[0].writable = true;
	fake_remember(&b, &first);
	memcpy(ram + BUFFER, "abcde", 5);
	assert_int_equal(ask(&b, 0x200000 | CHOOSE | WRITE, 6, BUFFER), 1);
	assert_int_equal(ask(&b, 0x200000 | CHOOSE | WRITE, 2, RAM_SIZE - 1),
			 1);
	assert_int_equal(ask(&b, 0x200000 | CHOOSE | WRITE | SKIP, 1, BUFFER),
			 0);
	assert_int_equal(ask(&b, SKIP, 1, 0), 0);
	assert_int_equal(ask(&b, WRITE, 4, BUFFER), 1);
	assert_int_equal(ask(&b, WRITE, 3, BUFFER + 2), 0);
	assert_int_equal(ask(&b, WRITE, 1, BUFFER), 1);
	assert_int_equal(ask(&b, WRITE, 0, BUFFER), 0);
	assert_memory_equal(files->list[0].data, "a2cde", 5);
	fake_save(&b, &stash);
	close_files(&b, files);
	files = open_files(&b);
	assert_true(fake_restore(&b, 0, &stash));
	stash_free(&stash);
	assert_int_equal(ask(&b, 0x200000 | CHOOSE | WRITE | READ, 2, BUFFER),
			 0);
	assert_memory_equal(files->list[0].data, "a2cde", 5);
	assert_memory_equal(ram + BUFFER, "a2", 2);
	assert_int_equal(ask(&b, 0x210000 | CHOOSE | WRITE, 1, BUFFER), 1);
	assert_true(fake_reset(&b, &first)); /* as it was at the start */
	stash_free(&first);
	assert_memory_equal(files->list[0].data, "12345", 5);
	close_files(&b, files);
}

/* Over its own request, which is read once. */
static void may_be_written_over(void **state)
{
	struct board b;
	struct fw_files *files = open_files(&b);

	(void)state;
	assert_int_equal(ask(&b, 0x210000 | CHOOSE | READ, 64, REQUEST), 0);
	close_files(&b, files);
}

static void says_that_it_has_dma(void **state)
{
	static const char *const without[] = { "fwcfg-dma", NULL };
	struct board b;
	struct fw_files *files = open_files(&b);

	(void)state;
	assert_int_equal(fake_in(&b, DMA_HIGH, 4), htobe32(0x51454d55));
	assert_int_equal(fake_in(&b, DMA_LOW, 4), htobe32(0x20434647));
	close_files(&b, files);
	fake_without = without;
	files = open_files(&b);
	fake_out(&b, SELECT, 2, 1);
	assert_int_equal(fake_in(&b, DATA, 1), 1);
	assert_int_equal(fake_in(&b, DMA_HIGH, 4), 0xffffffff);
	ram[BUFFER] = 0xee;
	ask(&b, READ, 1, BUFFER);
	assert_int_equal(ram[BUFFER], 0xee);
	fake_without = NULL;
	close_files(&b, files);
}

/* A machine that is made anew tells of itself; no loader runs. */
static void remembers_what_a_loader_gave(void **state)
{
	struct board b;
	struct fw_files *files = open_files(&b);
	struct stash stash = { 0 };
	size_t len;

	(void)state;
	assert_int_equal(fw_add_item(files, 0x11, "kernel", 6), 0);
	assert_int_equal(fw_add(files, "none", NULL, 0, 0), 0);
	fake_save(&b, &stash);
	close_files(&b, files);
	files = open_files(&b);
	assert_true(fake_restore(&b, 0, &stash));
	assert_int_equal(files->nr, 4);
	assert_int_equal(ask(&b, 0x110000 | CHOOSE | READ, 7, BUFFER), 0);
	assert_memory_equal(ram + BUFFER, "kernel", 7);
	assert_int_equal(ask(&b, 0x210000 | CHOOSE | READ, 3, BUFFER), 0);
	assert_memory_equal(ram + BUFFER, "ab", 3);
	for (len = stash.len; stash.len--;) {
		stash.at = stash.bad = 0;
		assert_false(fake_restore(&b, 0, &stash));
	}
	stash.len = len;
	stash.at = 0;
	stash.data[sizeof(uint64_t) * 3] = FW_FILES_MAX + 1;
	assert_false(fake_restore(&b, 0, &stash));
	stash_free(&stash);
	close_files(&b, files);
}

/* A guest without firmware has none, and no file of a snapshot makes any. */
static void has_no_files_without_firmware(void **state)
{
	struct board b;
	struct stash stash = { 0 };

	(void)state;
	fake_board_open(&b, "fwcfg");
	fake_save(&b, &stash);
	assert_true(fake_restore(&b, 0, &stash));
	stash.at = 0;
	stash.data[sizeof(uint64_t) * 3] = 1;
	assert_false(fake_restore(&b, 0, &stash));
	stash_free(&stash);
	fake_board_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_a_directory),
		cmocka_unit_test(gives_files),
		cmocka_unit_test(refuses_what_cannot_be),
		cmocka_unit_test(takes_what_may_be_written),
		cmocka_unit_test(may_be_written_over),
		cmocka_unit_test(says_that_it_has_dma),
		cmocka_unit_test(remembers_what_a_loader_gave),
		cmocka_unit_test(has_no_files_without_firmware),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
