/* objects: virtio/blk.o virtio/blk_config.o virtio/blk_request.o disk/saved.o virtio/blk_ring.o disk/select.o */
/* objects: disk/raw.o disk/file.o disk/kind.o util/log.o util/sink.o util/lock.o */
/* objects: disk/map.o disk/bits.o util/bus_error.o */
/*
 * The block device by its requests: each kind in each cut of buffers, what is
 * no request, and the edges of the disk.
 */
#define _GNU_SOURCE /* fallocate() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <signal.h>

#include "blk_world.h"
#include "catch.h"

#define SIZE	   (1 << 20)
#define SECTORS	   (SIZE / DISK_SECTOR)
#define UNTOUCHED  0xee
#define ALL	   (~0ULL)
#define TYPE_IN	   0
#define TYPE_OUT   1
#define TYPE_FLUSH 4
#define TYPE_ID	   8
#define TYPE_TRIM  11
#define TYPE_ZERO  13

static struct blk_world world, *const w = &world;
static char path[] = "/tmp/mkvm-blk-XXXXXX";
static struct disk_ask ask = { .name = path };

struct header {
	uint32_t type, reserved;
	uint64_t sector;
};

struct range {
	uint64_t sector;
	uint32_t count, flags;
};

static uint8_t byte_at(uint64_t at)
{
	return at * 7 + (at >> 9);
}

static int make_file(void **state)
{
	uint8_t bytes[DISK_SECTOR];
	int fd;

	(void)state;
	memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
	fd = mkstemp(path);
	for (unsigned int s = 0; s < SECTORS; s++) {
		for (unsigned int i = 0; i < DISK_SECTOR; i++)
			bytes[i] = byte_at(s * DISK_SECTOR + i);
		assert_int_equal(write(fd, bytes, sizeof(bytes)),
				 sizeof(bytes));
	}
	return close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

/* One request, with its data in one piece: its status. */
static uint8_t request(uint32_t type, uint64_t sector, void *data, size_t len)
{
	struct header header = { type, 0, sector };
	struct virtio_chain *chain;
	uint8_t status = UNTOUCHED;
	const bool in = type == TYPE_IN || type == TYPE_ID;

	world_forget(w);
	chain = world_chain(w);
	chain_add(chain, false, &header, sizeof(header));
	if (data)
		chain_add(chain, in, data, len);
	chain_add(chain, true, &status, 1);
	world_run(w);
	assert_int_equal(w->virtio.nr_done, 1);
	return status;
}

static uint8_t ranges(uint32_t type, uint64_t sector, uint32_t count,
		      uint32_t flags)
{
	struct range range = { sector, count, flags };

	return request(type, 0, &range, sizeof(range));
}

static void check_file(uint64_t at, uint8_t want)
{
	uint8_t got;
	int fd = open(path, O_RDONLY);

	assert_int_equal(pread(fd, &got, 1, at), 1);
	assert_int_equal(got, want);
	close(fd);
}

static void open_disk(void)
{
	assert_int_equal(world_open(w, &ask, ALL), 0);
}

static void says_what_it_is(void **state)
{
	uint64_t sectors;

	(void)state;
	open_disk();
	memcpy(&sectors, w->virtio.config, sizeof(sectors));
	assert_int_equal(sectors, SECTORS);
	assert_int_equal(w->virtio.config[34], 2); /* queues: two vCPUs */
	assert_int_equal(w->virtio.nr_queues, 2);
	assert_true(w->virtio.offered & F_FLUSH);
	assert_false(w->virtio.offered & F_RO);
	world_close(w);
}

static void reads_and_writes(void **state)
{
	static uint8_t data[SIZE];

	(void)state;
	open_disk();
	assert_int_equal(request(TYPE_IN, 0, data, SIZE), 0);
	assert_int_equal(w->virtio.written[0], SIZE + 1);
	for (unsigned int i = 0; i < SIZE; i += 101)
		assert_int_equal(data[i], byte_at(i));
	memset(data, 0x5a, sizeof(data));
	assert_int_equal(request(TYPE_OUT, 3, data, 1024), 0);
	assert_int_equal(w->virtio.written[0], 1);
	check_file(3 * 512 - 1, byte_at(3 * 512 - 1));
	check_file(3 * 512, 0x5a);
	check_file(5 * 512 - 1, 0x5a);
	check_file(5 * 512, byte_at(5 * 512));
	assert_int_equal(request(TYPE_FLUSH, 0, NULL, 0), 0);
	assert_int_equal(request(TYPE_IN, SECTORS - 1, data, 512), 0);
	assert_int_equal(data[511], byte_at(SIZE - 1));
	assert_int_equal(request(TYPE_IN, 7, data, 0), 0);
	world_close(w);
}

static void keeps_to_its_edges(void **state)
{
	/* sector, bytes, the status */
	static const struct {
		uint64_t sector;
		uint32_t len;
		uint8_t status;
	} rows[] = {
		{ SECTORS - 1, 512, 0 },
		{ SECTORS - 1, 1024, 1 },
		{ SECTORS, 512, 1 },
		{ SECTORS, 0, 0 },
		{ SECTORS + 1, 0, 1 },
		{ UINT64_MAX, 512, 1 },
		{ UINT64_MAX / 512, 512, 1 },
		{ UINT64_MAX / 512 + 1, 512, 1 },
		{ 0, 511, 1 },
		{ 0, 1, 1 },
		{ 0, 513, 1 },
		{ 1ULL << 63, 512, 1 },
		{ (1ULL << 55) + 1, 512, 1 },
	};
	static uint8_t data[2048];

	(void)state;
	open_disk();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(data, UNTOUCHED, sizeof(data));
		assert_int_equal(request(TYPE_IN, rows[i].sector, data,
					 rows[i].len),
				 rows[i].status);
		if (rows[i].status)
			assert_int_equal(data[0], UNTOUCHED);
		assert_int_equal(request(TYPE_OUT, rows[i].sector, data,
					 rows[i].len),
				 rows[i].status);
	}
	check_file(0, byte_at(0));
	world_close(w);
}

/* However the driver cuts it: each buffer is one byte, or the header's half. */
static void takes_any_cut(void **state)
{
	struct header header = { TYPE_IN, 0, 2 };
	uint8_t status = UNTOUCHED, data[512];
	struct virtio_chain *chain;

	(void)state;
	open_disk();
	for (unsigned int cut = 1; cut <= 16; cut += 5) {
		world_forget(w);
		chain = world_chain(w);
		for (unsigned int at = 0; at < 16; at += cut)
			chain_add(chain, false, (uint8_t *)&header + at,
				  16 - at < cut ? 16 - at : cut);
		chain_add(chain, true, data, 1);
		chain_add(chain, true, data + 1, 0);
		chain_add(chain, true, data + 1, 200);
		chain_add(chain, true, data + 201, 311);
		chain_add(chain, true, &status, 1);
		chain_add(chain, true, &status, 0);
		world_run(w);
		assert_int_equal(status, 0);
		assert_int_equal(data[0], byte_at(1024));
		assert_int_equal(data[511], byte_at(1535));
	}
	world_close(w);
}

/* The status may be the end of the data's buffer, and data begin behind the
 * header in its own. */
static void takes_status_in_data(void **state)
{
	struct {
		struct header header;
		uint8_t data[512];
	} out = { { TYPE_OUT, 0, 1 }, { 0 } };
	struct header header = { TYPE_IN, 0, 1 };
	uint8_t in[513], status;
	struct virtio_chain *chain;

	(void)state;
	open_disk();
	memset(out.data, 0x77, sizeof(out.data));
	chain = world_chain(w);
	chain_add(chain, false, &out, sizeof(out));
	chain_add(chain, true, &status, 1);
	chain = world_chain(w);
	chain_add(chain, false, &header, sizeof(header));
	chain_add(chain, true, in, sizeof(in));
	world_run(w);
	assert_int_equal(status, 0);
	assert_int_equal(in[512], 0);
	assert_int_equal(in[511], 0x77);
	assert_int_equal(w->virtio.written[1], 513);
	assert_int_equal(w->virtio.tells, 1); /* for both */
	world_close(w);
}

static void breaks_at_what_is_none(void **state)
{
	/* bytes of the header, of what the device writes */
	static const unsigned int rows[][2] = {
		{ 0, 0 }, { 0, 1 }, { 15, 1 }, { 15, 513 }, { 16, 0 },
	};
	struct header header = { TYPE_IN, 0, 0 };
	uint8_t in[513];

	(void)state;
	open_disk();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct virtio_chain *chain;

		world_forget(w);
		memset(in, UNTOUCHED, sizeof(in));
		chain = world_chain(w);
		if (rows[i][0])
			chain_add(chain, false, &header, rows[i][0]);
		if (rows[i][1])
			chain_add(chain, true, in, rows[i][1]);
		world_run(w);
		assert_int_equal(w->virtio.breaks, 1);
		assert_int_equal(w->virtio.nr_done, 1);
		for (unsigned int k = 0; k < sizeof(in); k++)
			assert_int_equal(in[k], UNTOUCHED);
	}
	world_close(w);
}

static void knows_no_others(void **state)
{
	static const uint32_t types[] = { 2, 3, 5, 9, 10, 12, 14, 0x80000000 };
	uint8_t data[512];

	(void)state;
	open_disk();
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		assert_int_equal(request(types[i], 0, data, 512), 2);
	world_close(w);
}

static void has_a_name(void **state)
{
	char id[21];

	(void)state;
	open_disk();
	for (unsigned int len = 0; len <= 21; len++) {
		memset(id, UNTOUCHED, sizeof(id));
		assert_int_equal(request(TYPE_ID, 0, id, len), 0);
		assert_int_equal(w->virtio.written[0],
				 (len < 20 ? len : 20) + 1);
		assert_memory_equal(id, "a serial\0\0\0\0\0\0\0\0\0\0\0\0",
				    len < 20 ? len : 20);
		assert_int_equal((uint8_t)id[20], UNTOUCHED);
	}
	world_close(w);
}

static blkcnt_t blocks(void)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_blocks;
}

static void gives_room_back(void **state)
{
	uint8_t data[4096];
	blkcnt_t before;

	(void)state;
	open_disk();
	if (!(w->virtio.offered & F_DISCARD)) {
		world_close(w);
		skip(); /* a file system without holes */
	}
	before = blocks();
	assert_int_equal(ranges(TYPE_TRIM, 256, 512, 0), 0);
	assert_true(blocks() <= before - 512 / 2);
	assert_int_equal(ranges(TYPE_ZERO, 8, 9, 0), 0);
	assert_int_equal(request(TYPE_IN, 8, data, 4096), 0);
	for (unsigned int i = 0; i < sizeof(data); i++)
		assert_int_equal(data[i], 0);
	check_file(8 * 512 - 1, byte_at(8 * 512 - 1));
	check_file(17 * 512 - 1, 0);
	check_file(17 * 512, byte_at(17 * 512));
	assert_int_equal(ranges(TYPE_ZERO, 32, 16, 1), 0);
	check_file(32 * 512, 0);
	world_close(w);
}

static void checks_ranges(void **state)
{
	static const struct {
		uint32_t type;
		uint64_t sector;
		uint32_t count, flags;
		uint8_t status;
	} rows[] = {
		{ TYPE_TRIM, 0, 0, 0, 0 },
		{ TYPE_TRIM, SECTORS, 1, 0, 1 },
		{ TYPE_TRIM, 1, SECTORS, 0, 1 },
		{ TYPE_TRIM, UINT64_MAX, 1, 0, 1 },
		{ TYPE_TRIM, 0, UINT32_MAX, 0, 1 },
		{ TYPE_TRIM, 0, 1, 1, 2 }, /* unmap is of the other */
		{ TYPE_TRIM, 0, 1, 2, 2 },
		{ TYPE_ZERO, SECTORS - 1, 2, 0, 1 },
		{ TYPE_ZERO, 0, 1, 2, 2 },
		{ TYPE_ZERO, 0, 1, 0x80000001, 2 },
	};
	struct range many[17] = { 0 };

	(void)state;
	open_disk();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(ranges(rows[i].type, rows[i].sector,
					rows[i].count, rows[i].flags),
				 rows[i].status);
	assert_int_equal(request(TYPE_ZERO, 0, many, 16 * 16), 0);
	assert_int_equal(request(TYPE_ZERO, 0, many, 17 * 16), 1);
	assert_int_equal(request(TYPE_ZERO, 0, many, 15), 1);
	assert_int_equal(request(TYPE_ZERO, 0, NULL, 0), 1);
	many[0].count = 1; /* of several, a wrong one leaves all alone */
	many[1].sector = UINT64_MAX;
	many[1].count = 1;
	assert_int_equal(request(TYPE_ZERO, 0, many, 32), 1);
	check_file(1, byte_at(1));
	w->virtio.features = 0;
	assert_int_equal(ranges(TYPE_TRIM, 0, 1, 0), 2);
	assert_int_equal(ranges(TYPE_ZERO, 0, 1, 0), 2);
	world_close(w);
}

static void can_be_read_only(void **state)
{
	const struct disk_ask only = { .name = path, .read_only = true };
	uint8_t data[512] = { 0 };

	(void)state;
	assert_int_equal(world_open(w, &only, ALL), 0);
	assert_true(w->virtio.offered & F_RO);
	assert_false(w->virtio.offered & (F_DISCARD | F_WRITE_ZEROES));
	assert_int_equal(request(TYPE_IN, 0, data, 512), 0);
	assert_int_equal(request(TYPE_OUT, 0, data, 512), 1);
	assert_int_equal(request(TYPE_FLUSH, 0, NULL, 0), 0);
	assert_int_equal(ranges(TYPE_ZERO, 0, 1, 0), 2);
	check_file(0, byte_at(0));
	world_close(w);
}

/* A host without room: the guest sees an error each time, the person one line,
 * and the disk goes on. */
static void survives_a_full_host(void **state)
{
	struct rlimit limit, small = { 4096, RLIM_INFINITY };
	uint8_t data[512] = { 0 };
	char *said;

	(void)state;
	open_disk();
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	setrlimit(RLIMIT_FSIZE, &small);
	catch_begin();
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(request(TYPE_OUT, 100, data, 512), 1);
	said = catch_end();
	setrlimit(RLIMIT_FSIZE, &limit);
	assert_non_null(strstr(said, "File too large; the guest gets"));
	assert_null(strchr(strchr(said, '\n') + 1, '\n'));
	assert_int_equal(request(TYPE_OUT, 100, data, 512), 0);
	world_close(w);
}

/* Somebody else makes the file shorter. */
static void survives_a_short_file(void **state)
{
	uint8_t data[1024];

	(void)state;
	open_disk();
	assert_int_equal(truncate(path, 512 * 10 + 100), 0);
	catch_begin();
	assert_int_equal(request(TYPE_IN, 9, data, 512), 0);
	assert_int_equal(request(TYPE_IN, 10, data, 512), 1);
	assert_int_equal(request(TYPE_IN, 100, data, 512), 1);
	assert_non_null(strstr(catch_end(), "Input/output error"));
	world_close(w);
}

static void serves_many(void **state)
{
	static struct header headers[CHAINS_MAX];
	static uint8_t data[CHAINS_MAX][512], status[CHAINS_MAX];

	(void)state;
	open_disk();
	memset(status, UNTOUCHED, sizeof(status));
	for (unsigned int i = 0; i < CHAINS_MAX; i++) {
		struct virtio_chain *chain = world_chain(w);

		headers[i] = (struct header){ TYPE_IN, 0, i * 5 };
		chain_add(chain, false, &headers[i], sizeof(headers[i]));
		chain_add(chain, true, data[i], 512);
		chain_add(chain, true, &status[i], 1);
	}
	world_run(w);
	for (unsigned int i = 0; i < CHAINS_MAX; i++) {
		assert_int_equal(status[i], 0);
		assert_int_equal(data[i][17], byte_at(i * 5 * 512 + 17));
	}
	world_close(w);
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, make_file, remove_file)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(says_what_it_is),	    ROW(reads_and_writes),
		ROW(keeps_to_its_edges),    ROW(takes_any_cut),
		ROW(takes_status_in_data),  ROW(breaks_at_what_is_none),
		ROW(knows_no_others),	    ROW(has_a_name),
		ROW(gives_room_back),	    ROW(checks_ranges),
		ROW(can_be_read_only),	    ROW(survives_a_full_host),
		ROW(survives_a_short_file), ROW(serves_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
