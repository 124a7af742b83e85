/* Where a server listens: a port of this machine alone, or a local socket. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "service/gdb/inner.h"
#include "service/gdb/listen.h"
#include "util/log.h"
#include "util/reach.h"
#include "util/size.h"

#define UNIX_PREFIX "unix:"

static bool is_path(const char *place)
{
	return !strncmp(place, UNIX_PREFIX, strlen(UNIX_PREFIX));
}

/* The @nth path of several has its number behind it. False: too long. */
static bool path_of(const char *place, unsigned int nth, char *path,
		    size_t size)
{
	const char *text = place + strlen(UNIX_PREFIX);
	int len = nth ? snprintf(path, size, "%s.%u", text, nth) :
			snprintf(path, size, "%s", text);

	return len > 0 && (size_t)len < size;
}

bool listen_is_place(const char *word)
{
	return is_path(word) || !word[strspn(word, "0123456789")];
}

int listen_check(const char *place)
{
	struct sockaddr_un address;
	uint64_t port;

	if (is_path(place) ? path_of(place, 0, address.sun_path,
				     sizeof(address.sun_path)) :
			     !size_number(place, UINT16_MAX, &port) && port)
		return 0;
	log_error("--gdb: %s: give a port, 1 to 65535, or unix:PATH with a "
		  "path of at most %zu characters",
		  place, sizeof(address.sun_path) - 1);
	return -EINVAL;
}

void listen_name(const char *place, unsigned int nth, char *name, size_t size)
{
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	uint64_t port = 0;

	if (!is_path(place)) {
		size_number(place, UINT16_MAX, &port);
		snprintf(name, size, "127.0.0.1:%u", (unsigned int)port + nth);
	} else {
		path_of(place, nth, path, sizeof(path));
		snprintf(name, size, "%s", path);
	}
}

static int open_port(const char *place, unsigned int nth)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd, on = 1;
	uint64_t port;

	size_number(place, UINT16_MAX, &port);
	if (port + nth > UINT16_MAX)
		return -ERANGE;
	address.sin_port = htons((uint16_t)(port + nth));
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* A client that has just gone does not keep the port. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (!bind(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	on = errno;
	close(fd);
	return -on;
}

/* Whether a program that has ended left the socket behind: then it goes. */
static bool remove_stale(const struct sockaddr_un *address)
{
	bool stale = false;
	struct stat st;
	int fd;

	if (lstat(address->sun_path, &st) || !S_ISSOCK(st.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	stale = connect(fd, (const struct sockaddr *)address,
			sizeof(*address)) &&
		errno == ECONNREFUSED;
	close(fd);
	return stale && !unlink(address->sun_path);
}

static int bind_path(int fd, const struct sockaddr_un *address)
{
	return bind(fd, (const struct sockaddr *)address, sizeof(*address)) ?
		       -errno :
		       0;
}

/* Nobody but the user may connect, whatever the umask is. */
static int open_path(const char *place, unsigned int nth)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int err, fd;

	if (!path_of(place, nth, address.sun_path, sizeof(address.sun_path)))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	fchmod(fd, S_IRUSR | S_IWUSR); /* what bind() makes has it, too */
	err = bind_path(fd, &address);
	if (err == -EADDRINUSE && remove_stale(&address))
		err = bind_path(fd, &address);
	if (!err)
		return fd;
	close(fd);
	return err;
}

static const char *advice(int err)
{
	switch (err) {
	case EADDRINUSE:
		return "; another program listens there, or it is a file: give "
		       "--gdb another port or path";
	case ERANGE:
		return "; each guest has a port of its own, up to 65535: give "
		       "--gdb a lower one";
	case EACCES:
		return "; give --gdb another one";
	case ENOENT:
		return "; its folder has to be there: `mkdir -p` makes it";
	default:
		return log_advice(err);
	}
}

int listen_at(const char *place, unsigned int nth, const char *guest)
{
	char name[128];
	int fd = is_path(place) ? open_path(place, nth) : open_port(place, nth);

	listen_name(place, nth, name, sizeof(name));
	if (fd >= 0 && listen(fd, 4)) {
		int err = -errno;

		listen_end(place, nth, fd);
		fd = err;
	}
	if (fd >= 0 && is_path(place) &&
	    path_of(place, nth, name, sizeof(name)))
		reach_add(REACH_REMOVE, name);
	if (fd < 0)
		log_error("%s: --gdb: %s: %s%s", guest, name, strerror(-fd),
			  advice(-fd));
	return fd;
}

void listen_end(const char *place, unsigned int nth, int fd)
{
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];

	close(fd);
	if (is_path(place) && path_of(place, nth, path, sizeof(path)))
		unlink(path);
}
