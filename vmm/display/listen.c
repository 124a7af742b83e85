/* The sockets at which people call: see program.h. Names are not looked up. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "display/program.h"
#include "util/log.h"

#define PORT_MAX 65535
#define BACKLOG	 16

static bool parse_port(struct listen_place *place, const char *text)
{
	char *end;
	unsigned long port = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || port > PORT_MAX)
		return false;
	place->port = place->last = port;
	return true;
}

static bool set_host(struct listen_place *place, const char *text, size_t len)
{
	struct in6_addr address;

	if (len >= sizeof(place->host))
		return false;
	memcpy(place->host, text, len);
	place->host[len] = '\0';
	return inet_pton(AF_INET, place->host, &address) == 1 ||
	       inet_pton(AF_INET6, place->host, &address) == 1;
}

bool listen_parse(struct listen_place *place, const char *text)
{
	const char *end = strrchr(text, ':');

	if (*text == '[') {
		end = strchr(text, ']');
		return end && set_host(place, text + 1, end - text - 1) &&
		       (!end[1] ||
			(end[1] == ':' && parse_port(place, end + 2)));
	}
	if (end == text) /* ":PORT" */
		return parse_port(place, text + 1);
	if (end && strchr(text, ':') == end)
		return set_host(place, text, end - text) &&
		       parse_port(place, end + 1);
	return parse_port(place, text) || set_host(place, text, strlen(text));
}

/* A descriptor that listens there, or -errno. */
static int listen_at(const char *host, unsigned int port)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET,
				  .sin_port = htons(port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
				   .sin6_port = htons(port) };
	const bool is_v4 = inet_pton(AF_INET, host, &v4.sin_addr) == 1;
	const struct sockaddr *address = (const struct sockaddr *)&v4;
	socklen_t len = sizeof(v4);
	const int on = 1;
	int fd, err;

	if (!is_v4) {
		inet_pton(AF_INET6, host, &v6.sin6_addr);
		address = (const struct sockaddr *)&v6;
		len = sizeof(v6);
	}
	fd = socket(address->sa_family,
		    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (!is_v4)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (!bind(fd, address, len) && !listen(fd, BACKLOG))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static unsigned int port_of(int fd)
{
	struct sockaddr_storage address = { 0 };
	socklen_t len = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &len))
		return 0;
	return ntohs(address.ss_family == AF_INET6 ?
			     ((struct sockaddr_in6 *)&address)->sin6_port :
			     ((struct sockaddr_in *)&address)->sin_port);
}

/* Both loopbacks, or the one that there is; the second decides nothing unless
 * somebody else has that port of it. */
static int listen_both(unsigned int port, int fds[PROGRAM_LISTENERS])
{
	fds[0] = listen_at("127.0.0.1", port);
	if (fds[0] < 0)
		return fds[0];
	fds[1] = listen_at("::1", port_of(fds[0]));
	if (fds[1] != -EADDRINUSE)
		return fds[1] < 0 ? 1 : 2;
	close(fds[0]);
	return -EADDRINUSE;
}

/* How many listen, or -errno. */
static int listen_all(const char *host, unsigned int port,
		      int fds[PROGRAM_LISTENERS])
{
	if (!*host)
		return listen_both(port, fds);
	fds[0] = listen_at(host, port);
	return fds[0] < 0 ? fds[0] : 1;
}

bool listen_open(struct program_config *config, struct listen_place *place)
{
	int nr = -EADDRINUSE;

	for (unsigned int port = place->port;
	     port <= place->last && nr == -EADDRINUSE; port++)
		nr = listen_all(place->host, port, config->listeners);
	if (nr < 0) {
		log_error("%s: %s%sport %u: %s%s", config->option, place->host,
			  *place->host ? ", " : "", place->port, strerror(-nr),
			  nr == -EADDRINUSE ? "; give another" :
					      log_advice(-nr));
		return false;
	}
	config->nr_listeners = nr;
	place->port = port_of(config->listeners[0]);
	return true;
}
