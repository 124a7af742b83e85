/*
 * kvm-net: the network of a guest, for kvm-vmm, made by libslirp: the guest sees a
 * router with DHCP, and what it sends to the world becomes connections of this
 * process. Nobody needs to be root for it.
 *
 *	kvm-net FD [ring=FD:FD:FD] [mtu=BYTES] [dns=ADDRESS] [tcp=FD:PORT]...
 *		[udp=FD:PORT]...
 *
 * FD is a stream socket on which frames come and go (frames.h), or, with ring=, only
 * the sign that the caller lives: then they do in memory (peer.h). tcp= and udp= name
 * sockets that the caller has bound, and where they lead to in the guest. It ends
 * with 0 when FD is closed, 1 when no frames come there, 64 when it is called in
 * another way, 69 when this machine does not let it.
 */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "backends/jail/jail.h"
#include "backends/net/forward.h"
#include "backends/net/network.h"
#include "backends/net/peer.h"

#define FDS_MAX 1023

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

	return take_number(&text, FDS_MAX, &fd) && *text++ == ':' &&
	       take_number(&text, 65535, &port) && !*text &&
	       forward_add(udp, fd, port);
}

struct words {
	unsigned long fd, mtu;
	unsigned long ring[3]; /* memory, our eventfd and the caller's; 0: none */
	struct in_addr resolver;
};

static bool take_ring(struct words *words, const char *text)
{
	for (int i = 0; i < 3; i++)
		if ((i && *text++ != ':') ||
		    !take_number(&text, FDS_MAX, &words->ring[i]))
			return false;
	return !*text;
}

static bool take_word(struct words *words, const char *word)
{
	if (!strncmp(word, "tcp=", 4) || !strncmp(word, "udp=", 4))
		return add_forward(word[0] == 'u', word + 4);
	if (!strncmp(word, "ring=", 5))
		return take_ring(words, word + 5);
	if (!strncmp(word, "dns=", 4))
		return inet_pton(AF_INET, word + 4, &words->resolver) == 1;
	if (strncmp(word, "mtu=", 4) != 0)
		return false;
	word += 4;
	return take_number(&word, MTU_MAX, &words->mtu) && !*word &&
	       words->mtu >= MTU_MIN;
}

static const struct peer *find_peer(const struct words *words)
{
	if (!words->ring[0])
		return peer_stream(words->fd);
	return peer_ring(words->fd, words->ring[0], words->ring[1],
			 words->ring[2]);
}

int main(int argc, char **argv)
{
	struct words words = { .mtu = MTU_DEFAULT,
			       .resolver.s_addr = htonl(INADDR_LOOPBACK) };
	const struct peer *peer;
	const char *fd = argc > 1 ? argv[1] : "";

	if (argc == 2 && !strcmp(fd, "--show-sandbox"))
		return jail_show(&net_jail);
	if (!take_number(&fd, FDS_MAX, &words.fd) || *fd)
		return jail_refuse(&net_jail, JAIL_USAGE,
				   "it is kvm-vmm that starts this program, "
				   "for --net user");
	for (int i = 2; i < argc; i++)
		if (!take_word(&words, argv[i]))
			return jail_refuse(&net_jail, JAIL_USAGE, argv[i]);
	jail_ignore_signals();
	peer = find_peer(&words);
	if (!peer ||
	    !network_open(peer, words.mtu, ntohl(words.resolver.s_addr)))
		return jail_refuse(&net_jail, JAIL_UNAVAILABLE,
				   "no network on this descriptor");
	if (!jail_enter(&net_jail))
		return jail_refuse(&net_jail, JAIL_UNAVAILABLE,
				   "this kernel has no seccomp filters");
	return network_run();
}
