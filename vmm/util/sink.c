/* Writing without waiting, and waiting that has an end: see sink.h. */
#include "util/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "util/clock.h"

/* POSIX: a pipe that polls writable takes this much without blocking. */
#define PIECE_MAX 4096

#define SLICE_MS   100
#define SLICES_MAX 10
#define TICK_MS	   4

static atomic_bool hurried;
static atomic_int slices = SLICES_MAX; /* to wait yet, when hurried */

/* tty_ioctl: which terminal it is, however it was opened. */
static bool is_same_terminal(int a, int b)
{
	unsigned int dev_a, dev_b;

	return !ioctl(a, TIOCGDEV, &dev_a) && !ioctl(b, TIOCGDEV, &dev_b) &&
	       dev_a == dev_b;
}

static int open_once_more(const char *path)
{
	return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* A terminal that belongs to another user, after su(1): by its other name. */
static int open_own_terminal(int fd)
{
	int again = open_once_more("/dev/tty");

	if (again < 0 || is_same_terminal(again, fd))
		return again;
	close(again);
	return -1;
}

/* By way of proc(5), "fd"; -1 and errno when it cannot be done. */
static int reopen(int fd, bool is_terminal)
{
	char path[32];
	int again;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open_once_more(path);
	if (again < 0 && is_terminal && errno != EMFILE && errno != ENFILE)
		again = open_own_terminal(fd);
	return again;
}

static void init(struct sink *sink, int fd)
{
	struct stat st = { 0 };

	*sink = (struct sink)SINK_PLAIN(fd);
	if (fstat(fd, &st))
		return;
	sink->is_socket = S_ISSOCK(st.st_mode);
	sink->may_block = S_ISFIFO(st.st_mode) ||
			  (S_ISCHR(st.st_mode) && isatty(fd));
}

int sink_share(struct sink *sink, int fd)
{
	int again;

	init(sink, fd);
	if (!sink->may_block)
		return 0;
	again = reopen(fd, isatty(fd));
	if (again < 0)
		return errno == EMFILE || errno == ENFILE ? -errno : 0;
	sink->fd = again;
	sink->is_own = true;
	sink->may_block = false;
	return 0;
}

void sink_own(struct sink *sink, int fd)
{
	init(sink, fd);
	sink->is_own = true;
	if (sink->may_block &&
	    !fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK))
		sink->may_block = false;
}

int sink_close(struct sink *sink)
{
	int err = sink->is_own && close(sink->fd) ? -errno : 0;

	sink->is_own = false;
	return err;
}

bool sink_is_ready(const struct sink *sink)
{
	struct pollfd out = { .fd = sink->fd, .events = POLLOUT };

	return poll(&out, 1, 0) != 0;
}

ssize_t sink_try(const struct sink *sink, const void *buf, size_t len)
{
	ssize_t done;

	if (sink->may_block && !sink_is_ready(sink))
		return -EAGAIN;
	if (sink->may_block && len > PIECE_MAX)
		len = PIECE_MAX;
	if (sink->is_socket)
		done = send(sink->fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	else
		done = write(sink->fd, buf, len);
	return done < 0 ? -errno : done;
}

static bool may_wait(void)
{
	if (!atomic_load(&hurried))
		return true;
	return atomic_load(&slices) > 0 && atomic_fetch_sub(&slices, 1) > 0;
}

bool sink_lock(struct sink *sink)
{
	struct timespec until;

	do {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += SLICE_MS * 1000000L;
		until.tv_sec += until.tv_nsec / NS_PER_SEC;
		until.tv_nsec %= NS_PER_SEC;
		if (!pthread_mutex_timedlock(&sink->lock, &until))
			return true;
	} while (may_wait());
	return false;
}

void sink_unlock(struct sink *sink)
{
	pthread_mutex_unlock(&sink->lock);
}

/* A terminal may be ready and yet refuse: "\r\n" needs room for two. */
static int wait_for_room(const struct sink *sink, bool refused_twice)
{
	struct pollfd out = { .fd = sink->fd, .events = POLLOUT };

	if (!may_wait())
		return -ETIMEDOUT;
	if (refused_twice)
		poll(NULL, 0, TICK_MS);
	else
		poll(&out, 1, SLICE_MS);
	return 0;
}

int sink_put(const struct sink *sink, const void *buf, size_t len)
{
	const char *from = buf;
	bool refused = false;
	int err = 0;

	while (len && !err) {
		ssize_t done = sink_try(sink, from, len);

		if (done > 0) {
			from += done;
			len -= done;
			refused = false;
		} else if (done == -EAGAIN) {
			err = wait_for_room(sink, refused);
			refused = true;
		} else if (done != -EINTR) {
			err = done ? done : -EIO;
		}
	}
	return err;
}

int sink_write(struct sink *sink, const void *buf, size_t len)
{
	int err;

	if (!sink_lock(sink))
		return -ETIMEDOUT;
	err = sink_put(sink, buf, len);
	sink_unlock(sink);
	return err;
}

void sink_hurry(void)
{
	atomic_store(&hurried, true);
}
