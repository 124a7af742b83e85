/*
 * snapshot_talk SOCKET UNTIL LINE... -- PROGRAM ARG...: starts PROGRAM, which runs a
 * Linux, waits for the prompt of its shell on stdout, and sends each LINE to the
 * program's SOCKET, the next when one has been answered. Around the last one it
 * executes the markers MARKER_SAVE and MARKER_SAVED: it is through when an answer
 * has UNTIL in it. Then PROGRAM is killed.
 */
#define _GNU_SOURCE /* memmem() */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "marker.h"

enum { TRIES = 1000, TRY_MS = 10, IDLE_MS = 500, BUF = 65536 };

#define MARK(id)                                                     \
	__asm__ volatile(".byte %c0, %c1, %c2, %c3, %c4, %c5, %c6"   \
			 :                                           \
			 : "i"(0x0f), "i"(0x1f), "i"(0x80), "i"(id), \
			   "i"(0x4b), "i"(0x56), "i"(0x4d)           \
			 : "memory")

static pid_t child;

static void fail(const char *what)
{
	fprintf(stderr, "snapshot_talk: %s: %s\n", what, strerror(errno));
	if (child > 0)
		kill(child, SIGKILL);
	exit(70);
}

/* Its stdin stays open and silent; where its stdout can be read. */
static int start(char **words)
{
	int in[2], out[2];

	if (pipe(in) || pipe(out))
		fail("pipe");
	child = fork();
	if (child < 0)
		fail("fork");
	if (!child) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		close(in[1]);
		close(out[0]);
		execv(words[0], words);
		perror(words[0]);
		_exit(127);
	}
	close(out[1]);
	return out[0];
}

/* Reads from @fd until @text comes. */
static void wait_for(int fd, const char *text)
{
	static char buf[BUF];
	size_t len = 0;

	for (;;) {
		ssize_t got = read(fd, buf + len, sizeof(buf) - len);

		if (got <= 0)
			fail(text);
		len += (size_t)got;
		if (memmem(buf, len, text, strlen(text)))
			return;
		if (len < sizeof(buf) / 2)
			continue;
		memmove(buf, buf + len - 64, 64);
		len = 64;
	}
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	for (int i = 0; i < TRIES; i++) {
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);

		if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
			return fd;
		close(fd);
		poll(NULL, 0, TRY_MS);
	}
	fail(path);
	return -1;
}

static void say(int fd, const char *line)
{
	char buf[1024];
	int len = snprintf(buf, sizeof(buf), "%s\n", line);

	if (write(fd, buf, (size_t)len) != len)
		fail("write");
}

int main(int argc, char **argv)
{
	const char *until;
	int out, fd, at = 3, status;

	while (at < argc && strcmp(argv[at], "--") != 0)
		at++;
	if (at < 4 || at + 1 >= argc) {
		fprintf(stderr, "usage: snapshot_talk SOCKET UNTIL LINE... -- "
				"PROGRAM ARG...\n");
		return 64;
	}
	until = argv[2];
	out = start(argv + at + 1);
	wait_for(out, "# ");
	poll(NULL, 0, IDLE_MS);
	fd = connect_to(argv[1]);
	for (int i = 3; i < at - 1; i++) {
		say(fd, argv[i]);
		wait_for(fd, "\n");
		poll(NULL, 0, TRY_MS);
	}
	MARK(MARKER_SAVE);
	say(fd, argv[at - 1]);
	wait_for(fd, until);
	MARK(MARKER_SAVED);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return 0;
}
