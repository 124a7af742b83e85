/*
 * A client of a gdb server that asks for one thing again and again, and how long
 * the answers take: gdb_steps SOCKET STEPS. It prints nanoseconds, for the median of
 * its rounds: a step; a step and all registers, as gdb's `stepi` asks for; and
 * from Ctrl-C to the answer that all vCPUs stand still.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
	TRIES = 1000,
	TRY_MS = 10,
	RUN_MS = 20, /* how long it runs before Ctrl-C */
	ROUNDS = 9,
	PAUSES = 10, /* in each */
};

static int fd = -1;
static bool acks = true; /* each packet is acknowledged */

static void fail(const char *what)
{
	fprintf(stderr, "gdb_steps: %s: %s\n", what, strerror(errno));
	exit(70);
}

static long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* Waits for the server, which may only just have been started. */
static void open_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	for (int i = 0; i < TRIES; i++) {
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
		if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
			return;
		close(fd);
		poll(NULL, 0, TRY_MS);
	}
	fail(path);
}

static void send_all(const char *bytes, size_t len)
{
	if (write(fd, bytes, len) != (ssize_t)len)
		fail("write");
}

static void send_packet(const char *words)
{
	unsigned char sum = 0;
	char buf[64];
	int len;

	for (const char *at = words; *at; at++)
		sum += (unsigned char)*at;
	len = snprintf(buf, sizeof(buf), "$%s#%02x", words, sum);
	send_all(buf, (size_t)len);
}

/* The first letter of the next packet; acknowledgements are none. */
static char read_packet(void)
{
	static char in[65536];
	static size_t len;
	char *start, *end, letter;

	for (;;) {
		ssize_t got;

		start = memchr(in, '$', len);
		end = start ? memchr(start, '#', len - (start - in)) : NULL;
		if (end && end + 2 < in + len)
			break;
		got = read(fd, in + len, sizeof(in) - len);
		if (got <= 0)
			fail("read");
		len += (size_t)got;
	}
	letter = start[1];
	len -= (size_t)(end + 3 - in);
	memmove(in, end + 3, len);
	if (acks)
		send_all("+", 1);
	return letter;
}

/* Words that the server prints come before the answer. */
static void expect(char letter)
{
	char have;

	do {
		have = read_packet();
	} while (have == 'O' && letter != 'O');
	if (have != letter) {
		fprintf(stderr, "gdb_steps: answer %c, not %c\n", have, letter);
		exit(70);
	}
}

static void ask(const char *words, char letter)
{
	send_packet(words);
	expect(letter);
}

static void begin(void)
{
	send_packet("QStartNoAckMode"); /* QEMU 7.2 knows no such thing */
	acks = read_packet() != 'O';
	ask("?", 'T');
}

static double step(int steps, bool registers)
{
	long long from = now_ns();

	for (int i = 0; i < steps; i++) {
		ask("vCont;s:1", 'T');
		if (registers) {
			send_packet("g");
			read_packet();
		}
	}
	return (double)(now_ns() - from) / steps;
}

static double stop(void)
{
	long long took = 0;

	for (int i = 0; i < PAUSES; i++) {
		long long from;

		send_packet("vCont;c");
		poll(NULL, 0, RUN_MS);
		from = now_ns();
		send_all("\x03", 1);
		expect('T');
		took += now_ns() - from;
	}
	return (double)took / PAUSES;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	double took[3][ROUNDS];
	int steps = argc == 3 ? (int)strtol(argv[2], NULL, 10) : 0;

	if (steps <= 0) {
		fprintf(stderr, "usage: gdb_steps SOCKET STEPS\n");
		return 64;
	}
	open_socket(argv[1]);
	begin();
	step(steps, true);
	for (int i = 0; i < ROUNDS; i++) {
		took[0][i] = step(steps, false);
		took[1][i] = step(steps, true);
		took[2][i] = stop();
	}
	for (int i = 0; i < 3; i++) {
		qsort(took[i], ROUNDS, sizeof(took[i][0]), compare);
		printf(" %.0f", took[i][ROUNDS / 2]);
	}
	puts("");
	send_packet("k");
	return 0;
}
