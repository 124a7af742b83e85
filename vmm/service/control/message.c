/* Messages with descriptors (unix(7), "SCM_RIGHTS"). */
#include "service/control/message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union rights {
	struct cmsghdr head; /* for its alignment */
	char bytes[CMSG_SPACE(sizeof(int))];
};

int message_send(int fd, const void *text, size_t len, int passed)
{
	struct iovec iov = { (void *)(size_t)text, len };
	union rights rights = { .bytes = { 0 } };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *head;

	if (passed >= 0) {
		message.msg_control = rights.bytes;
		message.msg_controllen = sizeof(rights.bytes);
		head = CMSG_FIRSTHDR(&message);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(head), &passed, sizeof(int));
	}
	return sendmsg(fd, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* The descriptor that came with a message; where there are several, none is kept. */
static int only_one(const struct cmsghdr *head)
{
	const size_t nr = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	int fd = -1;

	for (size_t i = 0; i < nr; i++) {
		memcpy(&fd, CMSG_DATA(head) + i * sizeof(int), sizeof(int));
		if (nr > 1)
			close(fd);
	}
	return nr == 1 ? fd : -1;
}

ssize_t message_receive(int fd, void *text, size_t size, int *passed)
{
	struct iovec iov = { text, size };
	union rights rights;
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = rights.bytes,
		.msg_controllen = sizeof(rights.bytes),
	};
	const struct cmsghdr *head;
	ssize_t len;

	*passed = -1;
	len = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	if (len < 0)
		return -errno;
	head = CMSG_FIRSTHDR(&message);
	if (head && head->cmsg_level == SOL_SOCKET &&
	    head->cmsg_type == SCM_RIGHTS)
		*passed = only_one(head);
	return len;
}
