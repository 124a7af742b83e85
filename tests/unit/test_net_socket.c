/* objects: net/stream.o net/socket.o util/event.o util/log.o util/sink.o util/lock.o */
/* objects: util/reach.o */
/*
 * A cable to another program: frames through a stream socket in pieces of any size,
 * from a peer that comes, goes and lies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "catch.h"
#include "net.h"

TABLE_DECLARE(net, net);

static uint8_t bytes[NET_FRAME_MAX + 8];
static char folder[] = "/tmp/net_socket.XXXXXX", path[64];

static struct net_end *open_socket(const char *words)
{
	char arg[96];

	snprintf(arg, sizeof(arg), "%s%s", path, words);
	return (*__start_table_net)->open(arg);
}

static void call_ready(struct net_end *end, uint32_t events)
{
	end->net->ready(end, events);
}

static bool get(struct net_end *end, struct net_frame *frame)
{
	return end->net->next(end, frame);
}

static void done(struct net_end *end)
{
	end->net->done(end);
}

static void send_len(struct net_end *end, const uint8_t *data, size_t len)
{
	static const struct net_header none;
	const struct iovec iov[] = { { (void *)data, 9 },
				     { bytes, 0 },
				     { (void *)(data + 9), len - 9 } };

	end->net->send(end, &none, iov, 3, len);
}

/* The other end of a socket, by hand. */
static int call_socket(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(address.sun_path, path, sizeof(path));
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	close(fd);
	return -1;
}

static void put_frame(int fd, size_t len)
{
	uint32_t prefix = htobe32(len);

	assert_int_equal(write(fd, &prefix, 4), 4);
	assert_int_equal(write(fd, bytes, len), len);
}

static size_t read_all(int fd, uint8_t *to, size_t room)
{
	size_t len = 0;
	ssize_t n;

	while (len < room &&
	       (n = recv(fd, to + len, room - len, MSG_DONTWAIT)) > 0)
		len += n;
	return len;
}

static int set_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i * 5 + (i >> 8);
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/socket", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

/* An end that listens, and a peer that has come. */
static struct net_end *open_pair(int *peer)
{
	struct net_end *end = open_socket(",listen");

	assert_non_null(end);
	assert_false(end->link);
	*peer = call_socket();
	assert_true(*peer >= 0);
	call_ready(end, EPOLLIN);
	assert_true(end->link);
	return end;
}

static void takes_frames_in_pieces(void **state)
{
	static const size_t lens[] = { 14, 60, 1514, 65535, NET_FRAME_MAX };
	struct net_frame frame;
	struct net_end *end;
	int peer;

	(void)state;
	end = open_pair(&peer);
	assert_false(get(end, &frame));
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		uint32_t prefix = htobe32(lens[i]);
		size_t half = lens[i] / 2;

		assert_int_equal(write(peer, &prefix, 3), 3);
		call_ready(end, EPOLLIN);
		assert_false(get(end, &frame));
		assert_int_equal(write(peer, (uint8_t *)&prefix + 3, 1), 1);
		assert_int_equal(write(peer, bytes, half), half);
		call_ready(end, EPOLLIN);
		assert_false(get(end, &frame));
		assert_int_equal(write(peer, bytes + half, lens[i] - half),
				 lens[i] - half);
		call_ready(end, EPOLLIN);
		assert_true(get(end, &frame));
		assert_int_equal(frame.len, lens[i]);
		assert_memory_equal(frame.data, bytes, lens[i]);
		assert_true(get(end, &frame)); /* the same, until done() */
		done(end);
		assert_false(get(end, &frame));
	}
	close(peer);
	end->net->close(end);
}

static void takes_many_at_once(void **state)
{
	struct net_frame frame;
	struct net_end *end;
	int peer;

	(void)state;
	end = open_pair(&peer);
	for (size_t len = 0; len < 100; len++)
		put_frame(peer, len);
	call_ready(end, EPOLLIN);
	for (size_t len = NET_FRAME_MIN; len < 100; len++) {
		assert_true(get(end, &frame)); /* shorter ones are none */
		assert_int_equal(frame.len, len);
		done(end);
	}
	assert_false(get(end, &frame));
	close(peer);
	end->net->close(end);
}

static void sends_frames(void **state)
{
	static uint8_t got[NET_FRAME_MAX + 4];
	static const size_t lens[] = {
		14, 60, 2048, 2049, 65535, NET_FRAME_MAX
	};
	struct net_end *end;
	int peer;

	(void)state;
	end = open_pair(&peer);
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		uint32_t prefix = htobe32(lens[i]);

		send_len(end, bytes, lens[i]);
		end->net->flush(end);
		assert_false(end->full);
		assert_int_equal(read_all(peer, got, sizeof(got)), 4 + lens[i]);
		assert_memory_equal(got, &prefix, 4);
		assert_memory_equal(got + 4, bytes, lens[i]);
	}
	close(peer);
	end->net->close(end);
}

/* Until it is full, and on when there is room: nothing is lost, all in order. */
static void waits_for_its_peer(void **state)
{
	static uint8_t got[16 << 20];
	const size_t lens[] = { 60, 1514, 9000, 65535, 64 };
	size_t len = 0, at = 0;
	unsigned int nr = 0;
	struct net_end *end;
	int peer;

	(void)state;
	end = open_pair(&peer);
	for (unsigned int round = 0; round < 5; round++) {
		do {
			send_len(end, bytes + nr % 7, lens[nr % 5] - 8);
			nr++;
		} while (!end->full);
		assert_true(end->events & EPOLLOUT);
		while (end->full) {
			size_t n = read_all(peer, got + len, 5000);

			assert_true(n);
			len += n;
			call_ready(end, EPOLLOUT);
		}
		assert_false(end->events & EPOLLOUT);
	}
	end->net->flush(end);
	len += read_all(peer, got + len, sizeof(got) - len);
	for (unsigned int i = 0; i < nr; i++) {
		uint32_t prefix = htobe32(lens[i % 5] - 8);

		assert_memory_equal(got + at, &prefix, 4);
		at += 4;
		assert_memory_equal(got + at, bytes + i % 7, lens[i % 5] - 8);
		at += lens[i % 5] - 8;
	}
	assert_int_equal(at, len);
	close(peer);
	end->net->close(end);
}

/* What it has sent still comes; then one line, and another may come. */
static void survives_its_peer(void **state)
{
	struct net_frame frame;
	struct net_end *end;
	const char *text;
	int peer, listener, second;

	(void)state;
	end = open_pair(&peer);
	second = call_socket(); /* it has to wait */
	put_frame(peer, 60);
	close(peer);
	catch_begin();
	call_ready(end, EPOLLIN | EPOLLHUP);
	assert_false(end->link);
	assert_true(get(end, &frame));
	done(end);
	assert_false(get(end, &frame));
	send_len(end, bytes, 60); /* goes nowhere */
	send_len(end, bytes, 60000);
	end->net->flush(end);
	listener = end->fd;
	call_ready(end, EPOLLIN | EPOLLHUP);
	text = catch_end();
	assert_int_not_equal(end->fd, listener);
	assert_false(get(end, &frame));
	assert_non_null(strstr(text, "the peer has gone: the link is down\n"));
	assert_ptr_equal(strchr(text, '\n') + 1, text + strlen(text));
	call_ready(end, EPOLLIN);
	assert_true(end->link);
	put_frame(second, 60);
	call_ready(end, EPOLLIN);
	assert_true(get(end, &frame));
	close(second);
	end->net->close(end);
}

static void believes_no_lies(void **state)
{
	static const uint32_t lens[] = { NET_FRAME_MAX + 1, 0x7fffffff,
					 0xffffffff };
	struct net_frame frame;

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		uint32_t prefix = htobe32(lens[i]);
		struct net_end *end;
		const char *text;
		int peer;

		end = open_pair(&peer);
		put_frame(peer, 60);
		assert_int_equal(write(peer, &prefix, 4), 4);
		put_frame(peer, 60);
		catch_begin();
		call_ready(end, EPOLLIN);
		assert_true(get(end, &frame));
		done(end);
		assert_false(get(end, &frame));
		assert_false(end->link);
		assert_false(get(end, &frame));
		call_ready(end, EPOLLIN | EPOLLHUP);
		text = catch_end();
		assert_non_null(strstr(text, "longer than any"));
		assert_ptr_equal(strchr(text, '\n') + 1, text + strlen(text));
		assert_int_equal(read(peer, bytes, 1), 0); /* hung up */
		close(peer);
		peer = call_socket();
		call_ready(end, EPOLLIN);
		assert_true(end->link);
		close(peer);
		end->net->close(end);
	}
}

static void refuses(const char *words, const char *why)
{
	const char *text;

	catch_begin();
	assert_null(open_socket(words));
	text = catch_end();
	if (!strstr(text, why))
		fail_msg("%s: %s", words, text);
	assert_ptr_equal(strchr(text, '\n') + 1, text + strlen(text));
}

static void leave_stale(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(address.sun_path, path, sizeof(path));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)),
			 0);
	close(fd);
}

static void keeps_what_is_no_socket(void **state)
{
	struct net_end *end, *other;
	struct stat st;
	FILE *file;

	(void)state;
	refuses("", "nobody listens there");
	refuses(",lost", "give a path");
	refuses("/and/a/path/that/is/much/longer/than/a/socket/may/have/and/so/"
		"it/cannot/be",
		"No such file");
	file = fopen(path, "w");
	assert_non_null(file);
	fclose(file);
	refuses(",listen", "another program listens there, or it is a file");
	refuses("", "nobody listens there");
	assert_int_equal(stat(path, &st), 0);
	unlink(path);
	end = open_socket(",listen");
	assert_non_null(end);
	refuses(",listen", "another program listens there");
	other = open_socket("");
	assert_non_null(other);
	assert_true(other->link);
	call_ready(end, EPOLLIN);
	assert_true(end->link);
	other->net->close(other);
	end->net->close(end);
	assert_int_equal(stat(path, &st), -1);
	/* what a program that was killed has left is no obstacle */
	leave_stale();
	end = open_socket(",listen");
	assert_non_null(end);
	end->net->close(end);
}

/* One that comes and goes over and over is told of three times, and counted. */
static void counts_who_goes(void **state)
{
	struct net_frame frame;
	struct net_end *end;
	const char *text;
	int peer, lines = 0;

	(void)state;
	end = open_pair(&peer);
	catch_begin();
	for (int i = 0; i < 5; i++) {
		close(peer);
		call_ready(end, EPOLLIN | EPOLLHUP);
		assert_false(end->link);
		assert_false(get(end, &frame));
		call_ready(end, EPOLLIN | EPOLLHUP);
		peer = call_socket();
		call_ready(end, EPOLLIN);
		assert_true(end->link);
	}
	end->net->close(end);
	text = catch_end();
	close(peer);
	for (const char *at = text; (at = strstr(at, "is down")); at++)
		lines++;
	assert_int_equal(lines, 3);
	assert_non_null(strstr(text, "from now on that is only counted\n"));
	assert_non_null(strstr(text, "the link was down 5 times\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_frames_in_pieces),
		cmocka_unit_test(takes_many_at_once),
		cmocka_unit_test(sends_frames),
		cmocka_unit_test(waits_for_its_peer),
		cmocka_unit_test(survives_its_peer),
		cmocka_unit_test(counts_who_goes),
		cmocka_unit_test(believes_no_lies),
		cmocka_unit_test(keeps_what_is_no_socket),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
