/*
 * /init of a guest that is there to test its network: it sets eth0 up, then
 * serves or asks another one that runs the same program, and ends with a status.
 * What it does comes with the kernel's command line, as its environment:
 *
 *   ip=10.9.0.1     its address, of 24 bits; without, it is that plus the guest's
 *                   place on the command line of kvm-vmm, and the first one serves
 *   peer=10.9.0.1   the other's, for who asks
 *   mtu=9000        if not the interface's own
 *   do=WORDS        with commas; what is asked, one after the other:
 *     put:N  get:N    N bytes to the peer or from it, with a sum
 *     trip:N          one byte there and back, N times
 *     end             both end
 *   wait=carrier    until the cable is out, and in again; then `do`
 *   host=1          it is no guest's /init, but a program at the other end
 *
 * Without `do` it serves, at TCP port 7. The status is 0, or the number of the line
 * below that failed, modulo 62, and 1.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "abi/hypercall.h"

#define PORT	   7
#define CHUNK	   (64 << 10)
#define DEBUG_EXIT 0xf4 /* QEMU's isa-debug-exit, status 2N+1 */

static uint8_t chunk[CHUNK];

static void end(int status)
{
	if (getenv("host"))
		exit(status);
	iopl(3);
	__asm__ volatile("outb %%al, %%dx"
			 :
			 : "a"(HC_EXIT_STATUS), "b"(status), "d"(HC_PORT));
	outl(status, DEBUG_EXIT);
	reboot(RB_AUTOBOOT);
	for (;;)
		pause();
}

static void check_line(int ok, int line)
{
	if (ok)
		return;
	printf("net_init: line %d failed\n", line);
	end(line % 62 + 1);
}
#define CHECK(ok) check_line(!!(ok), __LINE__)

static struct sockaddr_in address(const char *text, int port)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_port = htons(port) };

	CHECK(text && inet_aton(text, &in.sin_addr));
	return in;
}

/* By hypercall. */
static unsigned int guest_id(void)
{
	uint32_t id;

	iopl(3);
	outb(HC_GUEST_ID, HC_PORT);
	id = inl(HC_PORT);
	iopl(0);
	return id;
}

static void choose_place(void)
{
	unsigned int id;
	char ip[16];

	if (getenv("ip") || getenv("host"))
		return;
	id = guest_id();
	snprintf(ip, sizeof(ip), "10.9.0.%u", (id + 1) & 0xff);
	setenv("ip", ip, 1);
	setenv("peer", "10.9.0.1", 1);
	if (!id)
		unsetenv("do");
}

static void set_up(void)
{
	struct sockaddr_in in = address(getenv("ip"), 0);
	struct ifreq ifr = { .ifr_name = "eth0" };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	memcpy(&ifr.ifr_addr, &in, sizeof(in));
	CHECK(!ioctl(fd, SIOCSIFADDR, &ifr));
	in.sin_addr.s_addr = htonl(0xffffff00);
	memcpy(&ifr.ifr_netmask, &in, sizeof(in));
	CHECK(!ioctl(fd, SIOCSIFNETMASK, &ifr));
	if (getenv("mtu")) {
		ifr.ifr_mtu = strtol(getenv("mtu"), NULL, 10);
		CHECK(!ioctl(fd, SIOCSIFMTU, &ifr));
	}
	CHECK(!ioctl(fd, SIOCGIFFLAGS, &ifr));
	ifr.ifr_flags |= IFF_UP;
	CHECK(!ioctl(fd, SIOCSIFFLAGS, &ifr));
	close(fd);
}

/* Whether the cable is in: its interface is running. */
static int has_carrier(void)
{
	struct ifreq ifr = { .ifr_name = "eth0" };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	CHECK(!ioctl(fd, SIOCGIFFLAGS, &ifr));
	close(fd);
	return !!(ifr.ifr_flags & IFF_RUNNING);
}

static void doze(void)
{
	poll(NULL, 0, 20);
}

static void await_carrier(int wanted)
{
	while (has_carrier() != wanted)
		doze();
	printf("net_init: carrier %d\n", wanted);
}

/* Bytes that depend on where they are, so that a lost or doubled one shows. */
static void make(uint64_t at, size_t len)
{
	uint64_t word;

	for (size_t i = 0; i < len; i += sizeof(word)) {
		word = (at + i) * 0x9e3779b97f4a7c15u;
		memcpy(chunk + i, &word, sizeof(word));
	}
}

static uint64_t sum(uint64_t sum, const uint8_t *data, size_t len)
{
	uint64_t word;

	for (size_t i = 0; i + sizeof(word) <= len; i += sizeof(word)) {
		memcpy(&word, data + i, sizeof(word));
		sum = (sum ^ word) * 0x100000001b3u;
	}
	return sum;
}

static void put_all(int fd, const void *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		CHECK(n > 0);
		data = (const uint8_t *)data + n;
		len -= n;
	}
}

/* False: the other has closed. */
static int get_all(int fd, void *data, size_t len)
{
	while (len) {
		ssize_t n = read(fd, data, len);

		CHECK(n >= 0);
		if (!n)
			return 0;
		data = (uint8_t *)data + n;
		len -= n;
	}
	return 1;
}

struct request {
	uint64_t what, bytes; /* 'p', 'g', 't', 'e' */
};

static uint64_t stream_out(int fd, uint64_t bytes)
{
	uint64_t all = 0;

	for (uint64_t at = 0; at < bytes; at += CHUNK) {
		size_t len = bytes - at < CHUNK ? bytes - at : CHUNK;

		make(at, len);
		all = sum(all, chunk, len);
		put_all(fd, chunk, len);
	}
	return all;
}

static uint64_t stream_in(int fd, uint64_t bytes)
{
	uint64_t all = 0;

	for (uint64_t at = 0; at < bytes; at += CHUNK) {
		size_t len = bytes - at < CHUNK ? bytes - at : CHUNK;

		CHECK(get_all(fd, chunk, len));
		all = sum(all, chunk, len);
	}
	return all;
}

static void trips(int fd, uint64_t count, int first)
{
	char byte = 0;

	while (count--) {
		if (first)
			put_all(fd, &byte, 1);
		CHECK(get_all(fd, &byte, 1));
		if (!first)
			put_all(fd, &byte, 1);
	}
}

/* @asks: the side that has put the question. */
static void carry_out(int fd, const struct request *r, int asks)
{
	uint64_t mine, theirs;

	if (r->what == 't') {
		trips(fd, r->bytes, asks);
		return;
	}
	if (asks == (r->what == 'p'))
		mine = stream_out(fd, r->bytes);
	else
		mine = stream_in(fd, r->bytes);
	if (asks) {
		CHECK(get_all(fd, &theirs, sizeof(theirs)));
		CHECK(theirs == mine);
	} else {
		put_all(fd, &mine, sizeof(mine));
	}
}

static void set_quick(int fd)
{
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

static void serve(void)
{
	struct sockaddr_in in = address("0.0.0.0", PORT);
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	CHECK(!bind(fd, (struct sockaddr *)&in, sizeof(in)));
	CHECK(!listen(fd, 8));
	for (;;) {
		int one_fd = accept(fd, NULL, NULL);
		struct request r;

		CHECK(one_fd >= 0);
		set_quick(one_fd);
		while (get_all(one_fd, &r, sizeof(r))) {
			if (r.what == 'e') {
				close(one_fd);
				return;
			}
			carry_out(one_fd, &r, 0);
		}
		close(one_fd);
	}
}

/* It may be that nobody is there yet. */
static int reach(void)
{
	struct sockaddr_in in = address(getenv("peer"), PORT);

	for (;;) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		if (!connect(fd, (struct sockaddr *)&in, sizeof(in))) {
			set_quick(fd);
			return fd;
		}
		close(fd);
		doze();
	}
}

static void ask(char *words)
{
	int fd = reach();
	char *word;

	while ((word = strsep(&words, ","))) {
		const char *number = strchr(word, ':');
		struct request r = { word[0],
				     number ? strtoull(number + 1, NULL, 10) :
					      0 };

		put_all(fd, &r, sizeof(r));
		if (r.what == 'e')
			break;
		carry_out(fd, &r, 1);
		printf("net_init: %s done\n", word);
	}
	shutdown(fd, SHUT_WR);
	get_all(fd, chunk, 1); /* its end comes through */
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	choose_place();
	if (!getenv("host"))
		set_up();
	if (getenv("wait")) {
		await_carrier(1);
		await_carrier(0);
		await_carrier(1);
	}
	printf("net_init: up\n");
	if (getenv("do"))
		ask(getenv("do"));
	else
		serve();
	/* What is on its way to the other one gets there. */
	for (int i = 0; i < 5; i++)
		doze();
	end(0);
}
