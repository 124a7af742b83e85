/*
 * The ports to the keeper, seen from inside: virtio serial ports, opened
 * without blocking because a blocking write spins until the host has taken
 * the bytes.
 */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

/* Virtio devices have numbers, in an order that QEMU chooses. */
#define DEVICES 8

static int port_find(enum lab_port port)
{
	char path[32];
	int fd = -1;

	for (int device = 0; fd < 0 && device < DEVICES; device++) {
		snprintf(path, sizeof(path), "/dev/vport%dp%d", device, port);
		fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	}
	return fd;
}

/* The driver adds its ports from a work queue, some time after boot. */
int port_open(enum lab_port port)
{
	int watch = inotify_init1(IN_CLOEXEC);
	char events[4096];
	int fd;

	if (watch < 0 || inotify_add_watch(watch, "/dev", IN_CREATE) < 0)
		fail("inotify", "cannot watch /dev");
	while ((fd = port_find(port)) < 0 && errno == ENOENT)
		if (read(watch, events, sizeof(events)) < 0)
			break;
	if (fd < 0)
		fail("/dev/vport*", "cannot open the port");
	close(watch);
	return fd;
}

/* Until then a port that is read looks as if its input had ended. */
void port_wait(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };

	do {
		poll(&pfd, 1, -1);
	} while (!(pfd.revents & POLLOUT));
}

void port_read(int fd, void *buf, size_t len)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	char *at = buf;
	ssize_t n;

	while (len > 0) {
		n = read(fd, at, len);
		if (n > 0) {
			at += n;
			len -= (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			poll(&pfd, 1, -1);
		} else {
			fail("control port", "the keeper has gone");
		}
	}
}

void port_write(int fd, const void *buf, size_t len)
{
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };
	const char *at = buf;
	ssize_t n;

	while (len > 0) {
		n = write(fd, at, len);
		if (n > 0) {
			at += n;
			len -= (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			poll(&pfd, 1, -1);
		} else {
			_exit(1);
		}
	}
}

void port_send(int fd, enum lab_kind kind, const void *buf, size_t len)
{
	struct lab_head head = { .kind = kind, .size = (uint32_t)len };

	port_write(fd, &head, sizeof(head));
	port_write(fd, buf, len);
}
