/*
 * What a guest does on a shared directory, and what a process of its host does to
 * that meanwhile: one program for both. It prints one line for each step, "@NAME ok"
 * or "@NAME what went wrong".
 *
 *	share guest DIR RODIR	all steps, in the guest
 *	share prepare DIR	what the host puts there before
 *	share during DIR	what it does while the guest is at work
 *	share after DIR		what it finds afterwards
 *
 * They wait for each other by files in DIR. A tree is FILES files whose content
 * follows from their number, so that either side can make one and check one.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define FILES	1000
#define ENTRIES 100000
#define LINKS	50000 /* of one file */
#define MODEL	(256 << 10)
#define PATH	64
#define FAR	((off_t)1 << 30)

#define NEED(what)                                                     \
	do {                                                           \
		if (!(what))                                           \
			return say("line %d: %s: %s", __LINE__, #what, \
				   strerror(errno));                   \
	} while (0)
#define ERROR(call, error) NEED((errno = 0, (call) < 0 && errno == (error)))

static char why[256];
static uint32_t seed = 1;

static const char *say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	return why;
}

static uint32_t any(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

/* Waits for the other side to make this file. */
static void wait_for(const char *name)
{
	while (access(name, F_OK))
		usleep(20000);
}

static void tell(const char *name)
{
	close(open(name, O_WRONLY | O_CREAT, 0600));
}

static size_t content(unsigned int nr, char *buf)
{
	const size_t len = nr * 37 % 5000;

	for (size_t i = 0; i < len; i++)
		buf[i] = nr * 31 + i * 7 + i / 256;
	return len;
}

static void path_of(const char *tree, unsigned int nr, char *path)
{
	snprintf(path, PATH, "%s/%u", tree, nr % 10);
	mkdir(path, 0755);
	snprintf(path + strlen(path), PATH - strlen(path), "/file %u", nr);
}

static const char *make_tree(const char *tree)
{
	char path[PATH], buf[8192];

	NEED(!mkdir(tree, 0755));
	for (unsigned int nr = 0; nr < FILES; nr++) {
		const size_t len = content(nr, buf);
		int fd;

		path_of(tree, nr, path);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
		NEED(fd >= 0);
		NEED(write(fd, buf, len) == (ssize_t)len);
		NEED(!close(fd));
	}
	return NULL;
}

static const char *check_tree(const char *tree)
{
	char path[PATH], want[8192], have[8192];

	for (unsigned int nr = 0; nr < FILES; nr++) {
		const size_t len = content(nr, want);
		int fd;

		path_of(tree, nr, path);
		fd = open(path, O_RDONLY);
		NEED(fd >= 0);
		NEED(read(fd, have, sizeof(have)) == (ssize_t)len);
		NEED(!memcmp(want, have, len));
		close(fd);
	}
	return NULL;
}

static const char *tree_of_host(void)
{
	return check_tree("host-tree");
}

static const char *tree_of_guest(void)
{
	const char *bad = make_tree("guest-tree");

	return bad ? bad : check_tree("guest-tree");
}

/* Random work on one file, and the same in memory. */
static const char *random_work(void)
{
	static char model[MODEL], buf[MODEL];
	const int fd = open("random", O_RDWR | O_CREAT | O_TRUNC, 0644);
	size_t size = 0;

	NEED(fd >= 0);
	for (int i = 0; i < 1500; i++) {
		const size_t at = any(MODEL), len = any(MODEL - at) >> any(8);
		struct stat stat;
		size_t got;

		switch (any(4)) {
		case 0:
			got = at >= size      ? 0 :
			      size - at < len ? size - at :
						len;
			NEED(pread(fd, buf, len, at) == (ssize_t)got);
			NEED(!memcmp(buf, model + at, got));
			break;
		case 1:
		case 2:
			for (size_t n = 0; n < len; n++)
				model[at + n] = any(256);
			NEED(pwrite(fd, model + at, len, at) == (ssize_t)len);
			if (len && at + len > size)
				size = at + len;
			break;
		default:
			NEED(!ftruncate(fd, at));
			if (at < size)
				memset(model + at, 0, size - at);
			size = at;
		}
		NEED(!fstat(fd, &stat) && stat.st_size == (off_t)size);
	}
	NEED(!fsync(fd));
	NEED(pread(fd, buf, MODEL, 0) == (ssize_t)size);
	NEED(!memcmp(buf, model, size));
	close(fd);
	return NULL;
}

static const char *open_files(void)
{
	int fd = open("o", O_RDWR | O_CREAT | O_EXCL, 0640), other;
	struct stat stat;
	char buf[8];

	NEED(fd >= 0 && write(fd, "0123456", 7) == 7);
	NEED(!rename("o", "p") && !mkdir("q", 0700) && !rename("p", "q/r"));
	NEED(pwrite(fd, "x", 1, 1) == 1);
	other = open("q/r", O_RDONLY);
	NEED(other >= 0 && read(other, buf, 8) == 7 && !memcmp(buf, "0x2", 3));
	NEED(!chmod("q/r", 0600) && !fstat(fd, &stat));
	NEED(!unlink("q/r") && !rmdir("q"));
	NEED(pread(fd, buf, 8, 0) == 7 && !memcmp(buf, "0x2", 3));
	NEED(pwrite(fd, "y", 1, 7) == 1);
	NEED(!ftruncate(fd, 3) && !fchmod(fd, 0444));
	NEED(!fstat(fd, &stat) && stat.st_size == 3);
	NEED((stat.st_mode & 07777) == 0444);
	NEED(pread(other, buf, 8, 0) == 3 && !memcmp(buf, "0x2", 3));
	close(fd);
	close(other);
	ERROR(open("q/r", O_RDONLY), ENOENT);
	/* over one that is open */
	fd = open("s", O_RDWR | O_CREAT, 0600);
	NEED(fd >= 0 && write(fd, "old", 3) == 3);
	other = open("t", O_RDWR | O_CREAT, 0600);
	NEED(other >= 0 && write(other, "new", 3) == 3 && !rename("t", "s"));
	NEED(pread(fd, buf, 3, 0) == 3 && !memcmp(buf, "old", 3));
	close(fd);
	close(other);
	fd = open("s", O_RDWR | O_APPEND);
	NEED(fd >= 0 && write(fd, "er", 2) == 2);
	NEED(pread(fd, buf, 8, 0) == 5 && !memcmp(buf, "newer", 5));
	NEED(!truncate("s", 1) && !fstat(fd, &stat) && stat.st_size == 1);
	close(fd);
	return NULL;
}

static const char *names(void)
{
	char name[257], buf[8];
	struct stat a, b;

	memset(name, 'n', sizeof(name));
	name[256] = 0;
	ERROR(open(name, O_RDWR | O_CREAT, 0600), ENAMETOOLONG);
	name[255] = 0;
	NEED(!close(open(name, O_RDWR | O_CREAT, 0600)));
	NEED(!link(name, "hard") && !lstat("hard", &a) && !lstat(name, &b));
	NEED(a.st_ino == b.st_ino && a.st_nlink == 2);
	NEED(!symlink("../../etc/passwd", "soft"));
	NEED(readlink("soft", buf, 8) == 8 && !memcmp(buf, "../../et", 8));
	NEED(!mkfifo("fifo", 0600) && !lstat("fifo", &a));
	NEED(S_ISFIFO(a.st_mode) && (a.st_mode & 07777) == 0600);
	NEED(!stat("..", &a) && !stat("/mnt", &b) && a.st_ino == b.st_ino);
	ERROR(rmdir("host-tree"), ENOTEMPTY);
	ERROR(mkdir("host-tree", 0755), EEXIST);
	ERROR(unlink("host-tree"), EISDIR);
	return NULL;
}

static const char *big_directory(void)
{
	static bool seen[ENTRIES];
	DIR *dir = opendir("big");
	struct dirent *entry;
	unsigned int nr = 0;

	NEED(dir);
	while ((entry = readdir(dir))) {
		const unsigned long at = strtoul(entry->d_name, NULL, 10);

		if (*entry->d_name == '.')
			continue;
		NEED(at < ENTRIES && !seen[at]);
		seen[at] = true;
		nr++;
	}
	NEED(nr == ENTRIES);
	closedir(dir);
	return NULL;
}

static const char *sparse(void)
{
	const int fd = open("sparse", O_RDWR | O_CREAT, 0600);
	struct statfs fs;
	char buf[2];

	NEED(fd >= 0 && pwrite(fd, "end", 3, FAR) == 3);
	NEED(pread(fd, buf, 2, FAR - 1) == 2 && !buf[0] && buf[1] == 'e');
	NEED(!ftruncate(fd, 2 * FAR));
	close(fd);
	NEED(!statfs(".", &fs) && fs.f_blocks && fs.f_namelen == 255);
	return NULL;
}

/* Only the caller's own, whatever the caller is here. */
static const char *attributes(void)
{
	const struct timespec times[2] = { { 1000, 0 }, { 2000, 0 } };
	struct stat stat;

	NEED(!close(open("attr", O_RDWR | O_CREAT, 0600)));
	NEED(!chown("attr", 12, 34) && !lstat("attr", &stat));
	NEED(stat.st_uid == 12 && stat.st_gid == 34);
	NEED(!chmod("attr", 04751) && !utimensat(AT_FDCWD, "attr", times, 0));
	NEED(!lstat("attr", &stat) && (stat.st_mode & 07777) == 04751);
	NEED(stat.st_atime == 1000 && stat.st_mtime == 2000);
	return NULL;
}

/* A program and its data are mapped, from there. */
static const char *mapping(void)
{
	const int fd = open("host-tree/1/file 101", O_RDONLY);
	char want[8192], *have;
	const size_t len = content(101, want);

	NEED(fd >= 0);
	have = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
	NEED(have != MAP_FAILED && !memcmp(have, want, len));
	close(fd);
	return NULL;
}

static int lock(int fd, int cmd, int type, off_t start, off_t len)
{
	struct flock lock = { .l_type = type, .l_start = start, .l_len = len };
	const int err = fcntl(fd, cmd, &lock);

	return err ? err : lock.l_type;
}

/* The host's side is in during(). */
static const char *locks(void)
{
	const int fd = open("locked", O_RDWR | O_CREAT, 0600);
	pid_t child;
	int status;

	NEED(fd >= 0 && lock(fd, F_SETLK, F_WRLCK, 10, 5) >= 0);
	NEED(lock(fd, F_SETLK, F_RDLCK, 20, 5) >= 0);
	child = fork();
	if (!child) {
		const int mine = open("locked", O_RDWR);

		_exit(lock(mine, F_GETLK, F_RDLCK, 12, 1) == F_WRLCK &&
				      lock(mine, F_SETLK, F_RDLCK, 20, 5) >= 0 ?
			      0 :
			      1);
	}
	NEED(waitpid(child, &status, 0) == child && !status);
	tell("guest-has-locks");
	wait_for("host-has-looked");
	ERROR(lock(fd, F_SETLK, F_WRLCK, 100, 1), EAGAIN);
	NEED(lock(fd, F_GETLK, F_WRLCK, 100, 1) == F_WRLCK);
	tell("guest-was-refused");
	NEED(lock(fd, F_SETLKW, F_WRLCK, 100, 1) >= 0);
	close(fd);
	tell("guest-is-done");
	return NULL;
}

static const char *read_only(void)
{
	const int fd = open("host-tree/1/file 101", O_RDONLY);

	NEED(fd >= 0);
	close(fd);
	ERROR(open("host-tree/1/file 101", O_RDWR), EROFS);
	ERROR(open("new", O_RDWR | O_CREAT, 0600), EROFS);
	ERROR(mkdir("new", 0700), EROFS);
	ERROR(unlink("locked"), EROFS);
	ERROR(rename("locked", "new"), EROFS);
	ERROR(chmod("locked", 0600), EROFS);
	ERROR(truncate("locked", 0), EROFS);
	return NULL;
}

static const char *prepare(void)
{
	char name[32], first[32];

	NEED(!mkdir("big", 0755));
	for (unsigned int nr = 0; nr < ENTRIES; nr++) {
		snprintf(name, sizeof(name), "big/%u", nr);
		if (nr % LINKS == 0)
			NEED(!close(open(name, O_CREAT, 0600)));
		else
			NEED(!link(first, name));
		if (nr % LINKS == 0)
			memcpy(first, name, sizeof(first));
	}
	return make_tree("host-tree");
}

static const char *during(void)
{
	int fd;

	wait_for("guest-has-locks");
	fd = open("locked", O_RDWR);
	NEED(fd >= 0 && lock(fd, F_GETLK, F_RDLCK, 14, 1) == F_WRLCK);
	NEED(lock(fd, F_GETLK, F_RDLCK, 15, 1) == F_UNLCK);
	NEED(lock(fd, F_GETLK, F_RDLCK, 20, 1) == F_UNLCK);
	NEED(lock(fd, F_GETLK, F_WRLCK, 24, 1) == F_RDLCK);
	ERROR(lock(fd, F_SETLK, F_WRLCK, 0, 11), EAGAIN);
	NEED(lock(fd, F_SETLK, F_WRLCK, 100, 10) >= 0);
	tell("host-has-looked");
	wait_for("guest-was-refused");
	NEED(lock(fd, F_SETLK, F_UNLCK, 100, 10) >= 0);
	wait_for("guest-is-done");
	NEED(lock(fd, F_GETLK, F_WRLCK, 0, 0) == F_UNLCK);
	close(fd);
	return NULL;
}

/* Where the guest's owners are in attributes, the files are the caller's. */
static const char *owners(void)
{
	uint32_t uid, mode;
	struct stat stat;

	NEED(!lstat("attr", &stat) && stat.st_mtime == 2000);
	if (getxattr("attr", "user.virtfs.uid", &uid, 4) != 4) {
		NEED(stat.st_uid == 12 && stat.st_gid == 34);
		NEED(stat.st_mode == (S_IFREG | 04751));
		NEED(!lstat("fifo", &stat) && S_ISFIFO(stat.st_mode));
		return NULL;
	}
	NEED(uid == 12 && stat.st_uid == geteuid());
	NEED(stat.st_mode == (S_IFREG | 0751));
	NEED(getxattr("attr", "user.virtfs.mode", &mode, 4) == 4);
	NEED(mode == (S_IFREG | 04751));
	NEED(getxattr("fifo", "user.virtfs.mode", &mode, 4) == 4);
	NEED(mode == (S_IFIFO | 0600));
	return NULL;
}

static const char *after(void)
{
	struct stat stat;
	char buf[4];
	int fd;

	NEED(!lstat("sparse", &stat) && stat.st_size == 2 * FAR);
	NEED(stat.st_blocks < 1000);
	fd = open("sparse", O_RDONLY);
	NEED(fd >= 0 && pread(fd, buf, 4, FAR) == 4 && !memcmp(buf, "end", 4));
	close(fd);
	NEED(!lstat("hard", &stat) && stat.st_nlink == 2);
	NEED(!lstat("soft", &stat) && S_ISLNK(stat.st_mode));
	return check_tree("guest-tree");
}

static void run(const char *name, const char *(*step)(void))
{
	const char *bad = step();

	printf("@%s %s\n", name, bad ? bad : "ok");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		const char *(*step)(void);
	} steps[] = {
		{ "host's tree", tree_of_host },
		{ "guest's tree", tree_of_guest },
		{ "random work", random_work },
		{ "open files", open_files },
		{ "names", names },
		{ "big directory", big_directory },
		{ "sparse file", sparse },
		{ "attributes", attributes },
		{ "mapping", mapping },
		{ "locks", locks },
	};

	umask(0);
	if (argc < 3 || chdir(argv[2])) {
		perror(argc < 3 ? "usage" : argv[2]);
		return 64;
	}
	if (!strcmp(argv[1], "prepare"))
		run("prepare", prepare);
	if (!strcmp(argv[1], "during"))
		run("locks from outside", during);
	if (!strcmp(argv[1], "after")) {
		run("left behind", after);
		run("owners", owners);
	}
	if (strcmp(argv[1], "guest"))
		return 0;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		run(steps[i].name, steps[i].step);
	if (argc > 3 && !chdir(argv[3]))
		run("read only", read_only);
	return 0;
}
