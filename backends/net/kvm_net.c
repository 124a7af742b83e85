/*
 * kvm-net: the network of a guest, for kvm-vmm, made by libslirp: the guest sees a
 * router with DHCP, and what it sends to the world becomes connections of this
 * process. Nobody needs to be root for it.
 *
 *	kvm-net FD [mtu=BYTES] [dns=ADDRESS] [tcp=FD:PORT]... [udp=FD:PORT]...
 *
 * FD is a stream socket on which frames come and go (frames.h); tcp= and udp= name
 * sockets that the caller has bound, and where they lead to in the guest. It ends
 * with 0 when FD is closed, 1 when no frames come there, 64 when it is called in
 * another way, 69 when this machine does not let it.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/net/forward.h"
#include "backends/net/jail.h"
#include "backends/net/network.h"

#define USAGE	    64
#define UNAVAILABLE 69

#define MTU_MIN	    576
#define MTU_MAX	    65520 /* libslirp's, so that an IPv4 header divides it */
#define MTU_DEFAULT 1500

/* A number up to @max at *@text, which is moved behind it. */
static bool take_number(const char **text, unsigned long max,
			unsigned long *value)
{
	char *end;

	if (**text < '0' || **text > '9')
		return false;
	*value = strtoul(*text, &end, 10);
	*text = end;
	return *value <= max;
}

static bool add_forward(bool udp, const char *text)
{
	unsigned long fd, port;

	return take_number(&text, 1023, &fd) && *text++ == ':' &&
	       take_number(&text, 65535, &port) && !*text &&
	       forward_add(udp, fd, port);
}

struct words {
	unsigned long fd, mtu;
	struct in_addr resolver;
};

static bool take_word(struct words *words, const char *word)
{
	if (!strncmp(word, "tcp=", 4) || !strncmp(word, "udp=", 4))
		return add_forward(word[0] == 'u', word + 4);
	if (!strncmp(word, "dns=", 4))
		return inet_pton(AF_INET, word + 4, &words->resolver) == 1;
	if (strncmp(word, "mtu=", 4) != 0)
		return false;
	word += 4;
	return take_number(&word, MTU_MAX, &words->mtu) && !*word &&
	       words->mtu >= MTU_MIN;
}

static int refuse(int status, const char *what)
{
	fprintf(stderr, "kvm-net: %s\n", what);
	return status;
}

int main(int argc, char **argv)
{
	struct words words = { .mtu = MTU_DEFAULT,
			       .resolver.s_addr = htonl(INADDR_LOOPBACK) };
	const char *fd = argc > 1 ? argv[1] : "";

	if (!take_number(&fd, 1023, &words.fd) || *fd)
		return refuse(USAGE, "it is kvm-vmm that starts this program, "
				     "for --net user");
	for (int i = 2; i < argc; i++)
		if (!take_word(&words, argv[i]))
			return refuse(USAGE, argv[i]);
	signal(SIGPIPE, SIG_IGN);
	if (!network_open(words.fd, words.mtu, ntohl(words.resolver.s_addr)))
		return refuse(UNAVAILABLE, "no network on this descriptor");
	if (!jail_enter())
		return refuse(UNAVAILABLE,
			      "this kernel has no seccomp filters");
	return network_run();
}
