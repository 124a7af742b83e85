/*
 * What the benchmark net has talk: the same program as a guest's /init and on its
 * host.
 *
 *	net_talk serve PORT		answers what `work` asks for, for ever
 *	net_talk work PEER PORT BYTES ROUNDS
 *
 * As an /init it has its words from the kernel's command line, TALK="ADDRESS ...":
 * the address is eth0's. It ends the guest when it is done. With the address of the
 * peer, it is the peer when it is the first guest of its kvm-vmm, and serves until
 * the other has done; the second one's address is one more. `work` asks the peer for BYTES, sends
 * as many, and sends one byte ROUNDS times and waits for one: each between two
 * markers, and prints how often its virtio devices interrupted meanwhile. Each is
 * done before, smaller, so that what comes once does not count.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Executes the marker @id, a character. */
#define MARK(id)                                                     \
	__asm__ volatile(".byte %c0, %c1, %c2, %c3, %c4, %c5, %c6"   \
			 :                                           \
			 : "i"(0x0f), "i"(0x1f), "i"(0x80), "i"(id), \
			   "i"(0x4b), "i"(0x56), "i"(0x4d))

#define MARKER_BEGIN 'b'
#define MARKER_END   'e'

#define BUFFER	  (64 << 10)
#define WORDS_MAX 16
#define BACKLOG	  16

struct request {
	char work; /* 'd'own, 'u'p, 'r'ound trips, or it is the 'e'nd */
	uint32_t count;
};

static char buffer[BUFFER];

static void die(const char *what)
{
	perror(what);
	if (getpid() == 1)
		reboot(RB_AUTOBOOT);
	exit(70);
}

static void send_all(int fd, size_t count)
{
	while (count) {
		ssize_t n =
			send(fd, buffer, count < BUFFER ? count : BUFFER, 0);

		if (n <= 0)
			die("send");
		count -= n;
	}
}

static void receive_all(int fd, size_t count)
{
	while (count) {
		ssize_t n =
			recv(fd, buffer, count < BUFFER ? count : BUFFER, 0);

		if (n <= 0)
			die("recv");
		count -= n;
	}
}

/* The peer's side of one connection. */
static void answer(int fd)
{
	struct request request;

	while (recv(fd, &request, sizeof(request), MSG_WAITALL) ==
	       sizeof(request)) {
		if (request.work == 'd') {
			send_all(fd, request.count);
		} else if (request.work == 'u') {
			receive_all(fd, request.count);
			send_all(fd, 1);
		} else if (request.work == 'e') {
			if (getpid() == 1)
				reboot(RB_AUTOBOOT);
		} else {
			while (request.count--) {
				receive_all(fd, 1);
				send_all(fd, 1);
			}
		}
	}
}

static unsigned long number(const char *text)
{
	return strtoul(text, NULL, 10);
}

static int new_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static struct sockaddr_in address(const char *host, const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(number(port)) };

	if (inet_pton(AF_INET, host, &a.sin_addr) != 1)
		die(host);
	return a;
}

static void serve(const char *port)
{
	struct sockaddr_in a = address("0.0.0.0", port);
	int fd = new_socket(), one = 1;

	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) || listen(fd, BACKLOG))
		die("listen");
	for (;;) {
		int peer = accept(fd, NULL, NULL);

		if (peer < 0)
			die("accept");
		setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		answer(peer);
		close(peer);
	}
}

/* The guest that serves may come up later. */
static int reach(const char *host, const char *port)
{
	struct sockaddr_in a = address(host, port);

	for (int tries = 0; tries < 100; tries++) {
		int fd = new_socket();

		if (!connect(fd, (struct sockaddr *)&a, sizeof(a)))
			return fd;
		close(fd);
		usleep(100000);
	}
	die("connect");
	return -1;
}

/* Interrupts of virtio devices so far, of all CPUs. */
static unsigned long interrupts(void)
{
	FILE *file = fopen("/proc/interrupts", "r");
	unsigned long sum = 0;
	char line[512];

	while (file && fgets(line, sizeof(line), file)) {
		char *at = strchr(line, ':');

		if (!at || !strstr(line, "virtio"))
			continue;
		for (at++; *at == ' '; at += strspn(at, " 0123456789"))
			sum += strtoul(at, &at, 10);
	}
	if (file)
		fclose(file);
	return sum;
}

static void tell(int fd, char work, uint32_t count)
{
	struct request request = { .work = work, .count = count };

	if (send(fd, &request, sizeof(request), 0) != sizeof(request))
		die("send");
}

static void ask(int fd, char work, uint32_t count)
{
	tell(fd, work, count);
	if (work == 'd') {
		receive_all(fd, count);
	} else if (work == 'u') {
		send_all(fd, count);
		receive_all(fd, 1);
	} else {
		while (count--) {
			send_all(fd, 1);
			receive_all(fd, 1);
		}
	}
}

static void measure(int fd, char work, uint32_t count)
{
	unsigned long before;

	ask(fd, work, count / 4);
	ask(fd, work, count / 4);
	before = interrupts();
	MARK(MARKER_BEGIN);
	ask(fd, work, count);
	MARK(MARKER_END);
	printf("%c %lu\n", work, interrupts() - before);
	fflush(stdout);
}

static void work(char **argv)
{
	int fd = reach(argv[0], argv[1]);

	measure(fd, 'd', number(argv[2]));
	measure(fd, 'u', number(argv[2]));
	measure(fd, 'r', number(argv[3]));
	tell(fd, 'e', 0);
	close(fd);
}

/* eth0 gets @addr, plus its guest's number, which is in its own address, if it is
 * also the peer's. False: then it is the peer. */
static bool become_guest(const char *addr, const char *peer)
{
	struct ifreq lo = { .ifr_name = "lo" }, eth = { .ifr_name = "eth0" };
	struct sockaddr_in a = address(addr, "0");
	struct sockaddr_in mask = address("255.255.255.0", "0");
	int fd = new_socket();
	uint8_t place = 0;

	mkdir("/proc", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	if (!strcmp(addr, peer)) {
		if (ioctl(fd, SIOCGIFHWADDR, &eth))
			die("eth0: hardware address");
		place = eth.ifr_hwaddr.sa_data[4];
		a.sin_addr.s_addr = htonl(ntohl(a.sin_addr.s_addr) + place);
	}
	lo.ifr_flags = IFF_UP;
	memcpy(&eth.ifr_addr, &a, sizeof(a));
	if (ioctl(fd, SIOCSIFFLAGS, &lo) || ioctl(fd, SIOCSIFADDR, &eth))
		die("eth0: address");
	memcpy(&eth.ifr_netmask, &mask, sizeof(mask));
	if (ioctl(fd, SIOCSIFNETMASK, &eth))
		die("eth0: netmask");
	eth.ifr_flags = IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &eth))
		die("eth0: up");
	close(fd);
	return place || strcmp(addr, peer) != 0;
}

/* The words of @text, which is changed, behind the program's name. */
static int split(char *text, char **argv)
{
	int argc = 1;

	for (char *word = strtok(text, " "); word && argc < WORDS_MAX;
	     word = strtok(NULL, " "))
		argv[argc++] = word;
	return argc;
}

int main(int argc, char **argv)
{
	char *words[WORDS_MAX] = { argv[0] }, *talk = getenv("TALK");

	if (talk) {
		argc = split(talk, words) - 1;
		argv = words + 1;
		if (argc == 6 && !become_guest(words[1], argv[2]))
			serve(argv[3]);
	}
	if (argc == 3 && !strcmp(argv[1], "serve"))
		serve(argv[2]);
	else if (argc == 6 && !strcmp(argv[1], "work"))
		work(argv + 2);
	else
		fprintf(stderr, "usage: net_talk serve PORT | "
				"work PEER PORT BYTES ROUNDS\n");
	if (talk)
		reboot(RB_AUTOBOOT);
	return 0;
}
