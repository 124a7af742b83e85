/* The file that an option names to be written: see outfile.h. */
#include "util/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/log.h"

#define HEAD_BYTES 64 /* longer than any head */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Whether @text, which ends with a NUL, begins with @head or within it. */
static bool begins_with(const char *text, const char *head)
{
	for (; *head && *text; head++) {
		if (*head != '#') {
			if (*text++ != *head)
				return false;
			continue;
		}
		if (!is_digit(*text))
			return false;
		while (is_digit(*text))
			text++;
	}
	return true;
}

/* Lines of characters, UTF-8 perhaps, and nothing that controls. */
static bool is_text(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' && *text != '\n')
			return false;
	return true;
}

static bool begins_so(int fd, const char *const *heads)
{
	char text[HEAD_BYTES + 1];
	ssize_t len = pread(fd, text, HEAD_BYTES, 0);
	bool binary;

	if (len < 0)
		return false;
	binary = memchr(text, '\0', (size_t)len);
	text[len] = '\0';
	if (!heads)
		return !binary && is_text(text);
	for (; *heads; heads++)
		if (begins_with(text, *heads) &&
		    (!binary || strlen(text) >= strlen(*heads)))
			return true;
	return false;
}

/* What may be replaced: what begins so, or what this says. */
struct which {
	const char *const *heads;
	bool (*is_ours)(int fd);
};

/* 0, or why the file at @fd cannot be taken. */
static int empty(int fd, const struct which *which)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return 0;
	if (!(which->is_ours ? which->is_ours(fd) :
			       begins_so(fd, which->heads)))
		return -EEXIST;
	return ftruncate(fd, 0) ? -errno : 0;
}

/*
 * Output that goes into the file already, as in --stats=json:/dev/stdout >FILE:
 * with that descriptor's own place in the file, so that neither writes over the
 * other. Returns one more descriptor of it, or -1.
 */
static int open_shared(const struct stat *file)
{
	struct stat st;

	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
		if (!fstat(fd, &st) && st.st_dev == file->st_dev &&
		    st.st_ino == file->st_ino)
			return fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	return -1;
}

static int open_which(const char *option, const char *path,
		      const struct which *which)
{
	const int flags = O_CREAT | O_NOCTTY | O_CLOEXEC;
	struct stat st;
	bool is_there = !stat(path, &st);
	bool special = is_there && !S_ISREG(st.st_mode);
	int fd = is_there && !special ? open_shared(&st) : -1;
	int err;

	if (fd >= 0)
		return fd;
	fd = open(path, flags | (special ? O_WRONLY : O_RDWR), 0666);
	err = fd < 0 ? -errno : empty(fd, which);
	if (!err)
		return fd;
	if (fd >= 0)
		close(fd);
	if (err == -EEXIST)
		log_error("%s: %s: it exists, and %s has not written it; name "
			  "another file, or remove it",
			  option, path, option);
	else
		log_error("%s: %s: %s", option, path, strerror(-err));
	return err;
}

int outfile_open(const char *option, const char *path, const char *const *heads)
{
	return open_which(option, path, &(struct which){ .heads = heads });
}

int outfile_open_if(const char *option, const char *path,
		    bool (*is_ours)(int fd))
{
	return open_which(option, path, &(struct which){ .is_ours = is_ours });
}
