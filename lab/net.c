/*
 * The lab's network: lo always; eth0 where lab/run asked for one, with the
 * addresses that QEMU's user network expects; and the relays of --forward.
 *
 * What QEMU carries to eth0 must reach programs that listen on 127.0.0.1 alone,
 * as is right for them on the host: so a relay per port takes the connection
 * and makes another one to there.
 */
#define _GNU_SOURCE
#include "inside.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <net/route.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pump.h"

/* QEMU's user network, without DHCP: what it gives its only guest. */
#define OUR_ADDRESS "10.0.2.15"
#define OUR_MASK    "255.255.255.0"
#define OUR_GATEWAY "10.0.2.2"
#define NAME_SERVER "nameserver 10.0.2.3\n"

#define BACKLOG 16

static struct sockaddr_in address_of(const char *ip, unsigned int port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = inet_addr(ip),
	};
}

/* Brings interface @name up. False: there is none. */
static bool interface_up(int fd, const char *name)
{
	struct ifreq req = { 0 };

	strncpy(req.ifr_name, name, sizeof(req.ifr_name) - 1);
	if (ioctl(fd, SIOCGIFFLAGS, &req))
		return false;
	req.ifr_flags |= IFF_UP;
	return ioctl(fd, SIOCSIFFLAGS, &req) == 0;
}

static void set_address(int fd, unsigned long request, const char *ip)
{
	struct sockaddr_in address = address_of(ip, 0);
	struct ifreq req = { .ifr_name = "eth0" };

	memcpy(&req.ifr_addr, &address, sizeof(address));
	if (ioctl(fd, request, &req))
		fail("eth0", "cannot set its address");
}

static void set_gateway(int fd)
{
	struct sockaddr_in gateway = address_of(OUR_GATEWAY, 0);
	struct sockaddr_in any = address_of("0.0.0.0", 0);
	struct rtentry route = { .rt_flags = RTF_UP | RTF_GATEWAY };

	memcpy(&route.rt_gateway, &gateway, sizeof(gateway));
	memcpy(&route.rt_dst, &any, sizeof(any));
	memcpy(&route.rt_genmask, &any, sizeof(any));
	if (ioctl(fd, SIOCADDRT, &route))
		fail("eth0", "cannot set the way out");
}

static bool write_name_server(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	bool done = fd >= 0 && write(fd, NAME_SERVER, strlen(NAME_SERVER)) > 0;

	if (fd >= 0)
		close(fd);
	return done;
}

/*
 * The host's name server may listen on its own lo. The file that names it is
 * covered; or it is a link into the host's /run, which is not ours, and then the
 * link's target is made.
 */
static void set_name_server(void)
{
	static const char from[] = "/run/lab-resolv.conf";
	char target[PATH_MAX + 1];
	ssize_t len;

	if (access("/etc/resolv.conf", F_OK) == 0) {
		if (write_name_server(from))
			mount(from, "/etc/resolv.conf", NULL, MS_BIND, NULL);
		return;
	}
	len = readlink("/etc/resolv.conf", target, sizeof(target) - 1);
	if (len <= 0)
		return;
	target[len] = '\0';
	for (char *at = strchr(target + 1, '/'); at; at = strchr(at + 1, '/')) {
		char path[PATH_MAX + 6];

		*at = '\0';
		snprintf(path, sizeof(path), "%s%s",
			 target[0] == '/' ? "" : "/etc/", target);
		mkdir(path, 0755);
		*at = '/';
	}
	write_name_server("/etc/resolv.conf");
}

/* Carries bytes between two connections until both have ended. */
static void relay(int a, int b)
{
	static struct pump there, back;
	struct pump *const pumps[] = { &there, &back };
	struct pollfd fds[4];

	pump_init(&there, a, b, PUMP_BUFFER);
	pump_init(&back, b, a, PUMP_BUFFER);
	fcntl(a, F_SETFL, O_NONBLOCK);
	fcntl(b, F_SETFL, O_NONBLOCK);
	while (!pump_is_done(&there) || !pump_is_done(&back)) {
		pump_poll(&there, &fds[0]);
		pump_poll(&back, &fds[2]);
		if (poll(fds, 4, -1) < 0)
			return;
		for (int i = 0; i < 2; i++) {
			bool was_done = pump_is_done(pumps[i]);

			if (pump_move(pumps[i], &fds[2 * i]) < 0)
				return;
			if (pump_is_done(pumps[i]) && !was_done)
				shutdown(pumps[i]->to, SHUT_WR);
		}
	}
}

/* One connection, in a process of its own. */
static void serve(int client, unsigned int port)
{
	struct sockaddr_in to = address_of("127.0.0.1", port);
	int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (server >= 0 &&
	    connect(server, (struct sockaddr *)&to, sizeof(to)) == 0)
		relay(client, server);
	_exit(0);
}

/* Takes connections for @port for ever. */
static void listen_for(int fd, unsigned int port)
{
	signal(SIGCHLD, SIG_IGN); /* nobody asks how they ended */
	for (;;) {
		int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

		if (client >= 0 && fork() == 0) {
			close(fd);
			serve(client, port);
		}
		if (client >= 0)
			close(client);
	}
}

/* The relay of forward number @number, listening before COMMAND starts. */
static void start_relay(unsigned int number, const char *text)
{
	struct sockaddr_in at =
		address_of(OUR_ADDRESS, LAB_RELAY_PORT + number);
	unsigned int port = (unsigned int)strtoul(text, NULL, 10);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) ||
	    listen(fd, BACKLOG))
		fail("--forward", "cannot listen inside");
	switch (fork()) {
	case -1:
		fail("--forward", "cannot start its relay");
	case 0:
		listen_for(fd, port);
	}
	close(fd);
}

void net_begin(const struct order *order)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || !interface_up(fd, "lo"))
		fail("lo", "cannot bring it up");
	if (interface_up(fd, "eth0")) {
		set_address(fd, SIOCSIFADDR, OUR_ADDRESS);
		set_address(fd, SIOCSIFNETMASK, OUR_MASK);
		set_gateway(fd);
		set_name_server();
		for (unsigned int i = 0; order->forwards[i]; i++)
			start_relay(i, order->forwards[i]);
	}
	close(fd);
}
