/* objects: service/control/message.o */
/* What the broker and the VMM say to each other: a message has one descriptor or none,
 * and what else comes along is not kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "service/control/message.h"

#define MANY 5

static int pair[2];

static int make(void **state)
{
	(void)state;
	return socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair);
}

static int drop(void **state)
{
	(void)state;
	return close(pair[0]) || close(pair[1]);
}

/* The lowest number that no descriptor has. */
static int next_free(void)
{
	int fd = dup(pair[0]);

	close(fd);
	return fd;
}

static void one_or_none(void **state)
{
	const int free_fd = next_free();
	char text[8];
	int fd;

	(void)state;
	assert_int_equal(message_send(pair[0], "a", 1, -1), 0);
	assert_int_equal(message_receive(pair[1], text, sizeof(text), &fd), 1);
	assert_int_equal(fd, -1);
	assert_int_equal(message_send(pair[0], "bc", 2, pair[0]), 0);
	assert_int_equal(message_receive(pair[1], text, sizeof(text), &fd), 2);
	assert_int_equal(fd, free_fd);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
}

static void send_many(int nr)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(MANY * sizeof(int))];
	} rights = { .bytes = { 0 } };
	struct iovec iov = { "d", 1 };
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = rights.bytes,
		.msg_controllen = CMSG_SPACE(nr * sizeof(int)),
	};

	rights.head.cmsg_level = SOL_SOCKET;
	rights.head.cmsg_type = SCM_RIGHTS;
	rights.head.cmsg_len = CMSG_LEN(nr * sizeof(int));
	for (int i = 0; i < nr; i++)
		memcpy(CMSG_DATA(&rights.head) + i * sizeof(int), &pair[0],
		       sizeof(int));
	assert_int_equal(sendmsg(pair[0], &message, 0), 1);
}

static void several(void **state)
{
	const int free_fd = next_free();
	char text[8];
	int fd;

	(void)state;
	for (int nr = 2; nr <= MANY; nr++) {
		send_many(nr);
		assert_int_equal(
			message_receive(pair[1], text, sizeof(text), &fd), 1);
		assert_int_equal(fd, -1);
		assert_int_equal(next_free(), free_fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_or_none),
		cmocka_unit_test(several),
	};

	return cmocka_run_group_tests(tests, make, drop);
}
