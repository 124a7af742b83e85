/* objects: disk/select.o disk/nbd.o disk/nbd_talk.o disk/file.o */
/* objects: disk/map.o disk/bits.o util/bus_error.o */
/* objects: util/log.o util/sink.o util/lock.o */
/*
 * The NBD client against a server in a thread, which keeps to the protocol but
 * for one thing: each lie, and each moment to go, must end in an error, never in
 * wrong bytes or a hang.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <endian.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "catch.h"
#include "disk.h"

#define SIZE	  65536
#define REQUESTS  64
#define GO_BASE	  26 /* bytes from the client's flags to the name */
#define REQUEST	  28
#define ANSWER	  20
#define ERROR	  0x80000000u
#define FLAGS_ALL 0x6d /* flush, FUA, trim, zeroes */

/* What is wrong with it; the rest is right. */
struct server {
	uint64_t magic, option_magic, answer_magic;
	uint16_t hello_flags, flags;
	uint32_t error; /* of the option */
	uint64_t size;
	uint32_t block[3]; /* minimum, preferred, maximum; 0: not told */
	uint32_t info_len, extra;
	uint32_t reply_magic, reply_error;
	uint64_t cookie_off;
	unsigned int go_after; /* bytes sent before it goes; 0: stays */
	bool silent;	       /* from the first request on */

	/* What it saw. */
	char name[64];
	struct {
		uint16_t flags, type;
		uint64_t at;
		uint32_t len;
	} requests[REQUESTS];
	unsigned int nr_requests;
	uint8_t bytes[SIZE];

	int fd, sent;
	pthread_t thread;
};

static struct server s;
static char path[] = "/tmp/mkvm-nbd-XXXXXX";
static char name[64];
static struct disk *disk;

static bool give(const void *data, size_t len)
{
	size_t part = len;

	if (s.go_after && s.sent + len > s.go_after)
		part = s.go_after - s.sent;
	s.sent += part;
	return send(s.fd, data, part, MSG_NOSIGNAL) == (ssize_t)part &&
	       part == len;
}

static bool get(void *data, size_t len)
{
	return recv(s.fd, data, len, MSG_WAITALL) == (ssize_t)len;
}

static bool give16(uint16_t val)
{
	val = htobe16(val);
	return give(&val, 2);
}

static bool give32(uint32_t val)
{
	val = htobe32(val);
	return give(&val, 4);
}

static bool give64(uint64_t val)
{
	val = htobe64(val);
	return give(&val, 8);
}

static bool answer(uint32_t type, uint32_t len)
{
	return give64(s.answer_magic) && give32(7) && give32(type) &&
	       give32(len);
}

static bool shake_hands(void)
{
	uint8_t go[GO_BASE];
	uint32_t len;
	uint8_t tail[4];

	if (!give64(s.magic) || !give64(s.option_magic) ||
	    !give16(s.hello_flags) || !get(go, 24))
		return false;
	memcpy(&len, go + 20, 4);
	len = be32toh(len);
	if (len >= sizeof(s.name) || !get(s.name, len) || !get(tail, 4))
		return false;
	if (s.error)
		return answer(s.error, 5) && give("sorry", 5) && false;
	if (!answer(3, s.info_len) || !give16(0) || !give64(s.size) ||
	    !give16(s.flags))
		return false;
	for (uint32_t i = 0; i < s.extra; i++)
		if (!answer(3, 4) || !give16(9) || !give16(0))
			return false;
	if (s.block[0] &&
	    (!answer(3, 14) || !give16(3) || !give32(s.block[0]) ||
	     !give32(s.block[1]) || !give32(s.block[2])))
		return false;
	return answer(1, 0);
}

static bool serve_one(void)
{
	uint32_t magic;
	uint64_t cookie, at;
	uint8_t head[REQUEST];
	uint32_t len, error;
	uint16_t type;

	if (!get(head, sizeof(head)))
		return false;
	memcpy(&magic, head, 4);
	memcpy(&s.requests[s.nr_requests].flags, head + 4, 2);
	memcpy(&type, head + 6, 2);
	memcpy(&cookie, head + 8, 8);
	memcpy(&at, head + 16, 8);
	memcpy(&len, head + 24, 4);
	at = be64toh(at);
	len = be32toh(len);
	type = be16toh(type);
	s.requests[s.nr_requests].type = type;
	s.requests[s.nr_requests].at = at;
	s.requests[s.nr_requests].len = len;
	s.nr_requests = (s.nr_requests + 1) % REQUESTS;
	if (magic != htobe32(0x25609513) || type == 2)
		return false;
	if (type < 2 && (at > SIZE || len > SIZE - at))
		return false;
	if (type == 1 && !get(s.bytes + at, len))
		return false;
	if (s.silent) {
		get(head, 1); /* until the other side goes */
		return false;
	}
	return give32(s.reply_magic) && give32(error = s.reply_error) &&
	       give(&(uint64_t){ cookie + s.cookie_off }, 8) &&
	       (type || error || give(s.bytes + at, len));
}

static void *server_main(void *arg)
{
	int listener = *(int *)arg;

	s.fd = accept(listener, NULL, NULL);
	if (shake_hands())
		while (serve_one())
			;
	close(s.fd);
	return NULL;
}

static int listener;

static int start(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	(void)state;
	memset(&s, 0, sizeof(s));
	s.magic = 0x4e42444d41474943;
	s.option_magic = 0x49484156454f5054;
	s.answer_magic = 0x3e889045565a9;
	s.hello_flags = 3;
	s.flags = FLAGS_ALL;
	s.size = SIZE;
	s.info_len = 12;
	s.reply_magic = 0x67446698;
	for (unsigned int i = 0; i < SIZE; i++)
		s.bytes[i] = i * 3 + (i >> 8);
	memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
	assert_non_null(mkdtemp(path));
	snprintf(name, sizeof(name), "nbd:unix:%s/s:an export", path);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", path);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(listener, (void *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 1), 0);
	return pthread_create(&s.thread, NULL, server_main, &listener);
}

static int stop(void **state)
{
	(void)state;
	shutdown(s.fd ?: -1, SHUT_RDWR); /* who has failed has not left */
	pthread_join(s.thread, NULL);
	close(listener);
	unlink(name + strlen("nbd:unix:"));
	name[strlen("nbd:unix:") + strlen(path) + 2] = '\0';
	unlink(name + strlen("nbd:unix:"));
	return rmdir(path);
}

static int try_open(bool read_only)
{
	const struct disk_ask ask = { .name = name, .read_only = read_only };

	return disk_open(&disk, &ask);
}

static int move(bool is_write, void *bytes, size_t len, uint64_t at)
{
	const struct iovec iov[] = { { bytes, len / 3 },
				     { (uint8_t *)bytes + len / 3,
				       len - len / 3 } };

	return (is_write ? disk->format->write : disk->format->read)(disk, iov,
								     2, at);
}

static void reads_and_writes(void **state)
{
	static uint8_t bytes[SIZE];

	(void)state;
	assert_int_equal(try_open(false), 0);
	assert_string_equal(s.name, "an export");
	assert_int_equal(disk->size, SIZE);
	assert_true(disk->can_discard && disk->can_zero);
	assert_int_equal(move(false, bytes, SIZE, 0), 0);
	assert_memory_equal(bytes, s.bytes, SIZE);
	memset(bytes, 1, 1024);
	assert_int_equal(move(true, bytes, 1024, 512), 0);
	assert_int_equal(disk->format->flush(disk), 0);
	assert_int_equal(disk->format->discard(disk, 4096, 8192), 0);
	assert_int_equal(disk->format->zero(disk, 0, 512, false), 0);
	assert_int_equal(disk->format->zero(disk, 0, 512, true), 0);
	disk_close(disk);
	pthread_join(s.thread, NULL);
	assert_int_equal(s.bytes[512], 1);
	assert_int_equal(s.bytes[1535], 1);
	assert_int_equal(s.requests[1].type, 1);
	assert_int_equal(s.requests[1].flags, 0);
	assert_int_equal(s.requests[2].type, 3);
	assert_int_equal(s.requests[3].type, 4);
	assert_int_equal(s.requests[3].at, 4096);
	assert_int_equal(s.requests[3].len, 8192);
	assert_int_equal(s.requests[4].type, 6);
	assert_int_equal(s.requests[4].flags, htobe16(2)); /* no hole */
	assert_int_equal(s.requests[5].flags, 0);
	assert_int_equal(s.requests[6].type, 2); /* good-bye */
	pthread_create(&s.thread, NULL, server_main, &(int){ -1 });
}

/* Whoever cannot flush writes for good, if it can. */
static void writes_for_good(void **state)
{
	uint8_t bytes[512] = { 0 };

	(void)state;
	s.flags = 0x9;
	assert_int_equal(try_open(false), 0);
	assert_false(disk->can_discard || disk->can_zero);
	assert_int_equal(move(true, bytes, 512, 0), 0);
	assert_int_equal(disk->format->flush(disk), 0);
	assert_int_equal(s.requests[0].flags, htobe16(1));
	assert_int_equal(s.nr_requests, 1);
	disk_close(disk);
}

static void keeps_to_its_sizes(void **state)
{
	static uint8_t bytes[SIZE];

	(void)state;
	s.block[0] = 1024;
	s.block[1] = 4096;
	s.block[2] = 16384;
	s.extra = 3; /* of no interest */
	assert_int_equal(try_open(false), 0);
	assert_int_equal(disk->block, 1024);
	assert_int_equal(move(false, bytes, SIZE, 0), 0);
	assert_memory_equal(bytes, s.bytes, SIZE);
	assert_int_equal(s.nr_requests, 4);
	assert_int_equal(disk->format->discard(disk, 0, SIZE), 0);
	assert_int_equal(s.nr_requests, 8);
	disk_close(disk);
}

static void refuses(const char *words)
{
	char *said;

	catch_begin();
	assert_int_equal(try_open(false), -EINVAL);
	said = catch_end();
	if (!strstr(said, words))
		fail_msg("not '%s': %s", words, said);
}

/* Each a server of its own; "" is any refusal. */
#define REFUSED(test, change, words)   \
	static void test(void **state) \
	{                              \
		(void)state;           \
		change;                \
		refuses(words);        \
	}
REFUSED(refuses_no_magic, s.magic++, "as an NBD server does")
REFUSED(refuses_old_style, s.option_magic = 0x420281861253, "as an NBD server")
REFUSED(refuses_not_fixed, s.hello_flags = 2, "as an NBD server")
REFUSED(refuses_answer, s.answer_magic++, "no answer of NBD's")
REFUSED(refuses_short_info, s.info_len = 11, "no answer of NBD's")
REFUSED(refuses_long_info, s.info_len = 100000, "no answer of NBD's")
REFUSED(refuses_no_end, s.extra = 100, "has no end")
REFUSED(refuses_name, s.error = ERROR + 6, "no export of that name: sorry")
REFUSED(refuses_tls, s.error = ERROR + 5, "it wants TLS")
REFUSED(refuses_no_go, s.error = ERROR + 1, "too old a server")
REFUSED(refuses_empty, s.size = 0, "it is empty")
REFUSED(refuses_odd, s.size = 1000, "no multiple of 512")
REFUSED(refuses_huge, s.size = 1ULL << 63, "no multiple of 512, the bytes")
REFUSED(refuses_read_only, s.flags |= 2, "it can only be read")
REFUSED(refuses_blocks, (s.block[0] = 8192, s.block[2] = 8192), "larger than 4")
REFUSED(refuses_no_power, (s.block[0] = 513, s.block[2] = 8192), "no answer of")
REFUSED(refuses_max, (s.block[0] = 4096, s.block[2] = 512), "no answer of NBD")

/* At each byte of the handshake. */
static void survives_its_going(void **state)
{
	(void)state;
	for (unsigned int after = 1; after < 70; after++) {
		s.go_after = after;
		s.sent = 0;
		refuses("--disk: nbd:unix:");
		pthread_join(s.thread, NULL);
		pthread_create(&s.thread, NULL, server_main, &listener);
	}
	s.go_after = 0;
	assert_int_equal(try_open(false), 0);
	disk_close(disk);
}

static void ends_with(const char *words)
{
	uint8_t bytes[4096];
	char *said;

	assert_int_equal(try_open(false), 0);
	catch_begin();
	for (unsigned int i = 0; i < 3; i++) { /* the second is not sent */
		assert_int_equal(move(false, bytes, sizeof(bytes), 0),
				 -DISK_HAS_SAID);
		assert_int_equal(move(true, bytes, sizeof(bytes), 0),
				 -DISK_HAS_SAID);
		assert_int_equal(disk->format->flush(disk), -DISK_HAS_SAID);
	}
	said = catch_end();
	assert_non_null(strstr(said, words));
	assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
	assert_int_equal(s.nr_requests, 1);
	disk_close(disk);
}

static void survives_reply(void **state)
{
	(void)state;
	s.reply_magic++;
	ends_with("does not answer what it was asked");
}

static void survives_cookie(void **state)
{
	(void)state;
	s.cookie_off = 1;
	ends_with("does not answer what it was asked");
}

static void survives_shutdown(void **state)
{
	(void)state;
	s.reply_error = 108;
	ends_with("has gone");
}

static void survives_short_data(void **state)
{
	(void)state;
	s.go_after = 18 + ANSWER + 12 + ANSWER + 16 + 100;
	ends_with("has gone");
}

/* An error of one request is none of the next. */
static void passes_errors_on(void **state)
{
	static const struct {
		uint32_t sent;
		int err;
	} rows[] = { { 1, -EPERM },   { 5, -EIO },     { 12, -ENOMEM },
		     { 22, -EINVAL }, { 28, -ENOSPC }, { 95, -EOPNOTSUPP },
		     { 77, -EIO } };
	uint8_t bytes[512];

	(void)state;
	assert_int_equal(try_open(false), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		s.reply_error = rows[i].sent;
		assert_int_equal(move(false, bytes, 512, 0), rows[i].err);
	}
	s.reply_error = 0;
	assert_int_equal(move(false, bytes, 512, 0), 0);
	disk_close(disk);
}

static void *wait_for_it(void *arg)
{
	uint8_t bytes[512];

	*(int *)arg = move(false, bytes, 512, 0);
	return NULL;
}

/* One that never answers ends with the guest. */
static void can_be_left(void **state)
{
	pthread_t waiting, other;
	int err = 0, err_other = 0;

	(void)state;
	s.silent = true;
	assert_int_equal(try_open(false), 0);
	catch_begin();
	pthread_create(&waiting, NULL, wait_for_it, &err);
	pthread_create(&other, NULL, wait_for_it, &err_other);
	disk->format->abort(disk);
	pthread_join(waiting, NULL);
	pthread_join(other, NULL);
	catch_end();
	assert_int_equal(err, -DISK_HAS_SAID);
	assert_int_equal(err_other, -DISK_HAS_SAID);
	disk_close(disk);
}

static void needs_a_server(void **state)
{
	(void)state;
	snprintf(name, sizeof(name), "nbd:unix:/nowhere/at/all");
	refuses("No such file or directory: `qemu-nbd -k");
	snprintf(name, sizeof(name), "nbd:tcp:localhost:1");
	catch_begin();
	assert_int_equal(
		disk_open(&disk,
			  &(struct disk_ask){ .name = name, .format = "nbd" }),
		-EINVAL);
	assert_non_null(strstr(catch_end(), "nbd:unix:PATH[:NAME] is what"));
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(reads_and_writes),	  ROW(writes_for_good),
		ROW(keeps_to_its_sizes),  ROW(refuses_no_magic),
		ROW(refuses_old_style),	  ROW(refuses_not_fixed),
		ROW(refuses_answer),	  ROW(refuses_short_info),
		ROW(refuses_long_info),	  ROW(refuses_no_end),
		ROW(refuses_name),	  ROW(refuses_tls),
		ROW(refuses_no_go),	  ROW(refuses_empty),
		ROW(refuses_odd),	  ROW(refuses_huge),
		ROW(refuses_read_only),	  ROW(refuses_blocks),
		ROW(refuses_no_power),	  ROW(refuses_max),
		ROW(survives_its_going),  ROW(survives_reply),
		ROW(survives_cookie),	  ROW(survives_shutdown),
		ROW(survives_short_data), ROW(passes_errors_on),
		ROW(can_be_left),	  cmocka_unit_test(needs_a_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
