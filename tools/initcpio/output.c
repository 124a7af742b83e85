/*
 * Writes a result whole or not at all; see output.h.
 */
#include "output.h"
#include "report.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const int deadly[] = { SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGXFSZ };

#define DEADLY (sizeof(deadly) / sizeof(deadly[0]))

/* What the signal handler removes; signals are blocked while it changes. */
static char temporary[4096];

static void remove_and_die(int signal_number)
{
	unlink(temporary);
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

/* From here to disarm() a signal removes the temporary file. */
static void arm(void)
{
	struct sigaction act = { .sa_handler = remove_and_die }, old;

	sigemptyset(&act.sa_mask);
	for (size_t i = 0; i < DEADLY; i++)
		if (!sigaction(deadly[i], NULL, &old) &&
		    old.sa_handler != SIG_IGN)
			sigaction(deadly[i], &act, NULL);
}

static void disarm(void)
{
	struct sigaction old;

	for (size_t i = 0; i < DEADLY; i++)
		if (!sigaction(deadly[i], NULL, &old) &&
		    old.sa_handler == remove_and_die)
			signal(deadly[i], SIG_DFL);
}

static void block(sigset_t *before)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < DEADLY; i++)
		sigaddset(&set, deadly[i]);
	sigprocmask(SIG_BLOCK, &set, before);
}

static int write_all(int fd, const struct buf *bytes)
{
	size_t done = 0;

	while (done < bytes->len) {
		ssize_t n = write(fd, bytes->data + done, bytes->len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		done += n;
	}
	return 0;
}

/* mkstemp() gives 0600; a result is as readable as any other new file. */
static int make_readable(int fd)
{
	mode_t mask = umask(0);

	umask(mask);
	return fchmod(fd, 0666 & ~mask) < 0 ? -errno : 0;
}

static int create_temporary(const char *path)
{
	sigset_t before;
	int fd;

	block(&before);
	snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path);
	fd = mkstemp(temporary);
	if (fd >= 0)
		arm();
	sigprocmask(SIG_SETMASK, &before, NULL);
	return fd;
}

static int fill(int fd, const char *path, const struct buf *bytes)
{
	int err = write_all(fd, bytes);

	if (!err)
		err = make_readable(fd);
	if (close(fd) < 0 && !err)
		err = -errno;
	if (!err && rename(temporary, path) < 0)
		err = -errno;
	if (err) {
		unlink(temporary);
		return report_failed("%s: %s; nothing was written", path,
				     strerror(-err));
	}
	return 0;
}

int output_write(const char *path, const struct buf *bytes)
{
	struct stat st;
	int fd, err;

	if (!stat(path, &st) && !S_ISREG(st.st_mode))
		return report_bad("%s: is there and is no regular file; name "
				  "another output",
				  path);
	if (strlen(path) + 8 > sizeof(temporary))
		return report_bad("%.200s...: the path is too long", path);
	fd = create_temporary(path);
	if (fd < 0)
		return report_failed("%s: cannot create a file beside it: %s",
				     path, strerror(errno));
	err = fill(fd, path, bytes);
	disarm();
	return err;
}
