/* Where control sockets are: see place.h. */
#define _GNU_SOURCE /* struct ucred */
#include "service/control/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "service/control/line.h"
#include "util/log.h"

#define FOLDER	    "mini-kvm"
#define BACKLOG	    64
#define PATIENCE_S  5
#define NUMBERS_MAX 1000 /* runs of one image that have names of their own */

/* --- Folders --- */

/* Nobody but the user may put anything there, nor see what there is. */
static bool is_own(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISDIR(st.st_mode) &&
	       st.st_uid == geteuid() && !(st.st_mode & (S_IRWXG | S_IRWXO));
}

/* Opens @path, which nobody else may have made. -1: it is not there, or not safe. */
static int open_own(const char *path, bool make)
{
	int fd;

	if (make)
		mkdir(path, S_IRWXU);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && !is_own(fd)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* @above/mini-kvm, if @above is the user's. */
static int open_below(const char *above, char path[PATH_MAX])
{
	int fd = open_own(above, false);

	if (fd < 0)
		return -1;
	close(fd);
	if (snprintf(path, PATH_MAX, "%s/" FOLDER, above) >= PATH_MAX)
		return -1;
	return open_own(path, true);
}

int place_folder(char path[PATH_MAX], bool quiet)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	const unsigned int uid = geteuid();
	char above[32];
	int fd = -1;

	if (runtime && *runtime == '/')
		fd = open_below(runtime, path);
	snprintf(above, sizeof(above), "/run/user/%u", uid);
	if (fd < 0)
		fd = open_below(above, path);
	if (fd >= 0)
		return fd;
	snprintf(path, PATH_MAX, "/tmp/" FOLDER "-%u", uid);
	fd = open_own(path, true);
	if (fd >= 0)
		return fd;
	if (!quiet)
		log_error("--control: %s: it cannot be made, or others have "
			  "rights there; remove it, or name a socket: "
			  "--control PATH",
			  path);
	return -EACCES;
}

void place_name(const char *text, char name[CTL_NAME_MAX])
{
	static const char good[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789._-";
	const char *slash = strrchr(text, '/');
	size_t len = 0;

	for (text = slash ? slash + 1 : text; *text && len < CTL_NAME_MAX - 8;
	     text++)
		name[len++] = strchr(good, *text) ? *text : '_';
	name[len] = '\0';
	if (!len || *name == '.' || *name == '-' || line_is_command(name)) {
		memmove(name + 4, name, len + 1);
		memcpy(name, "run-", 4);
	}
}

/* --- Sockets --- */

static int fill(struct sockaddr_un *address, const char *path)
{
	size_t len = strlen(path);

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (len >= sizeof(address->sun_path))
		return -ENAMETOOLONG;
	memcpy(address->sun_path, path, len);
	return 0;
}

/* How long a connect(2) waits for a run that hears nobody: its backlog is full. */
static void set_patience(int fd, time_t seconds)
{
	const struct timeval patience = { .tv_sec = seconds };

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
}

/* 0, or -errno; @flags of socket(2). */
static int try_connect(const struct sockaddr_un *address, int flags, int *fd)
{
	int err = 0;

	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
	if (*fd < 0)
		return -errno;
	set_patience(*fd, PATIENCE_S);
	if (!connect(*fd, (const struct sockaddr *)address, sizeof(*address))) {
		set_patience(*fd, 0);
		return 0;
	}
	err = -errno;
	close(*fd);
	return err;
}

/* Whether a run that is dead left @base there: then it goes. The folder is
 * locked. */
static bool remove_stale(int folder, const char *base,
			 const struct sockaddr_un *address)
{
	struct stat st;
	int fd, err;

	if (fstatat(folder, base, &st, AT_SYMLINK_NOFOLLOW) ||
	    !S_ISSOCK(st.st_mode))
		return false;
	/* One whose backlog is full says -EAGAIN. */
	err = try_connect(address, SOCK_NONBLOCK, &fd);
	if (!err)
		close(fd);
	return err == -ECONNREFUSED && !unlinkat(folder, base, 0);
}

static int bind_to(int fd, const struct sockaddr_un *address)
{
	return bind(fd, (const struct sockaddr *)address, sizeof(*address)) ?
		       -errno :
		       0;
}

/* Listens at place->path; the folder is locked. Nobody else may connect, whatever the
 * umask is. */
static int listen_locked(struct place *place)
{
	struct sockaddr_un address;
	struct stat st;
	int err = fill(&address, place->path), fd;

	if (err)
		return err;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	fchmod(fd, S_IRUSR | S_IWUSR); /* what bind() makes has it, too */
	err = bind_to(fd, &address);
	if (err == -EADDRINUSE &&
	    remove_stale(place->folder, place->base, &address))
		err = bind_to(fd, &address);
	if (!err && (listen(fd, BACKLOG) ||
		     fstatat(place->folder, place->base, &st, 0)))
		err = -errno;
	if (err) {
		close(fd);
		return err;
	}
	place->inode = st.st_ino;
	place->device = st.st_dev;
	return fd;
}

/* Whoever may open a folder may lock it, for ever: so only where nobody else may it is
 * waited for. 0 or -errno. */
static int lock(int folder)
{
	if (!flock(folder, LOCK_EX | (is_own(folder) ? 0 : LOCK_NB)))
		return 0;
	return errno == EWOULDBLOCK ? 0 : -errno;
}

static int listen_here(struct place *place)
{
	int fd = lock(place->folder);

	if (fd)
		return fd;
	fd = listen_locked(place);
	flock(place->folder, LOCK_UN);
	return fd;
}

/* The folder of @path, in which a socket of that name may be; or -errno. */
static int open_folder(const char *path, const char *base)
{
	char folder[PATH_MAX];

	snprintf(folder, sizeof(folder), "%.*s", (int)(base - path), path);
	return open(base > path ? folder : ".",
		    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int listen_at_path(struct place *place, const char *path)
{
	struct sockaddr_un address;
	int err = fill(&address, path), fd;

	if (err)
		return err;
	snprintf(place->path, sizeof(place->path), "%s", path);
	place->base = base_of(place->path);
	place->folder = open_folder(place->path, place->base);
	if (place->folder < 0)
		return -errno;
	fd = listen_here(place);
	if (fd < 0)
		close(place->folder);
	return fd;
}

/* By the first name that no other run has. */
static int listen_by_name(struct place *place, char *name, bool fixed)
{
	char folder[PATH_MAX], stem[CTL_NAME_MAX];
	int fd = -EADDRINUSE;

	place->folder = place_folder(folder, false);
	if (place->folder < 0)
		return place->folder;
	snprintf(stem, sizeof(stem), "%s", name);
	for (unsigned int nr = 1; nr < NUMBERS_MAX && fd == -EADDRINUSE; nr++) {
		if (nr > 1 && fixed)
			break;
		if (nr > 1)
			snprintf(name, CTL_NAME_MAX, "%.*s-%u",
				 CTL_NAME_MAX - 6, stem, nr);
		if (snprintf(place->path, sizeof(place->path), "%s/%s", folder,
			     name) >= (int)sizeof(place->path))
			fd = -ENAMETOOLONG;
		place->base = base_of(place->path);
		if (fd != -ENAMETOOLONG)
			fd = listen_here(place);
	}
	if (fd < 0)
		close(place->folder);
	return fd;
}

static const char *advice(int err)
{
	switch (err) {
	case EADDRINUSE:
		return "; another run answers there, or it is a file: give "
		       "another name or path";
	case ENAMETOOLONG:
		return "; a socket's path has at most 107 bytes";
	case ENOENT:
		return "; its folder has to be there: `mkdir -p` makes it";
	default:
		return log_advice(err);
	}
}

int place_listen(struct place *place, const char *path, char *name, bool fixed)
{
	int fd;

	*place = (struct place){ .folder = -1 };
	fd = path ? listen_at_path(place, path) :
		    listen_by_name(place, name, fixed);
	if (fd < 0 && (path || *place->path))
		log_error("--control: %s: %s%s", path ? path : place->path,
			  strerror(-fd), advice(-fd));
	return fd;
}

void place_leave(struct place *place)
{
	struct stat st;

	lock(place->folder);
	if (!fstatat(place->folder, place->base, &st, AT_SYMLINK_NOFOLLOW) &&
	    st.st_ino == place->inode && st.st_dev == place->device)
		unlinkat(place->folder, place->base, 0);
	place_close(place);
}

void place_close(struct place *place)
{
	close(place->folder); /* and with it the lock goes */
}

static bool is_trusted(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return !geteuid() ||
	       (!getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) &&
		(peer.uid == geteuid() || !peer.uid));
}

static void clean_up(const char *path, const struct sockaddr_un *address)
{
	const char *base = base_of(path);
	int folder = open_folder(path, base);

	if (folder < 0)
		return;
	if (!lock(folder))
		remove_stale(folder, base, address);
	close(folder);
}

int place_connect(const char *path, bool wait)
{
	struct sockaddr_un address;
	int err = fill(&address, path), fd;

	if (!err)
		err = try_connect(&address, wait ? 0 : SOCK_NONBLOCK, &fd);
	if (err == -ECONNREFUSED && !wait)
		clean_up(path, &address);
	if (err)
		return err;
	if (is_trusted(fd))
		return fd;
	close(fd);
	return -EPERM;
}
