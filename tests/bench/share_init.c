/*
 * The guest of the benchmark `share`, as its /init: mounts the directory by 9p with
 * the options of the kernel's command line (p9=OPTIONS), and does each work between
 * two markers, its capital letter and its small one. What it prints is how many
 * interrupts of the device each took, which is about one for a message.
 *
 *   A  mount and the first look; warms up, is not reported
 *   W  lstat() of each of FILES files, in the order of the directory
 *   O  open, read to the end, close of each
 *   R  one file of 50 MB, read in pieces of 128 KiB
 *   S  the same in pieces of 512 KiB, more than a message holds
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

#include "marker.h"

#define FILES 1000
#define PIECE (128 << 10)
#define LARGE (512 << 10)

static char names[FILES][16];
static char piece[LARGE] __attribute__((aligned(4096)));

#define MARK(id)                                                         \
	__asm__ volatile(".byte 0x0f, 0x1f, 0x80, %c0, 0x4b, 0x56, 0x4d" \
			 :                                               \
			 : "i"(id)                                       \
			 : "memory")

/* Interrupts of all virtio devices so far. */
static unsigned long interrupts(void)
{
	FILE *file = fopen("/proc/interrupts", "r");
	unsigned long sum = 0;
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		if (strstr(line, "virtio"))
			sum += strtoul(strchr(line, ':') + 1, NULL, 10);
	if (file)
		fclose(file);
	return sum;
}

static unsigned long tell(const char *what, unsigned long before)
{
	const unsigned long now = interrupts();

	if (what)
		printf("@%s %lu\n", what, now - before);
	return now;
}

static int fail(const char *what)
{
	perror(what);
	return -1;
}

static int list(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int nr = 0;

	if (!dir)
		return fail(path);
	while (nr < FILES && (entry = readdir(dir)))
		if (*entry->d_name != '.')
			memcpy(names[nr++], entry->d_name, sizeof(names[0]));
	closedir(dir);
	return nr == FILES ? 0 : fail("too few files");
}

static int look(void)
{
	struct stat stat;

	for (int i = 0; i < FILES; i++)
		if (lstat(names[i], &stat))
			return fail(names[i]);
	return 0;
}

static ssize_t read_all(const char *name, size_t size)
{
	const int fd = open(name, O_RDONLY);
	ssize_t len, sum = 0;

	if (fd < 0)
		return fail(name);
	while ((len = read(fd, piece, size)) > 0)
		sum += len;
	close(fd);
	return sum;
}

static int read_small(void)
{
	for (int i = 0; i < FILES; i++)
		if (read_all(names[i], 4096) <= 0)
			return -1;
	return 0;
}

static int work(void)
{
	const char *options = getenv("p9");
	unsigned long before;

	MARK('A');
	if (mount("share", "/mnt", "9p", 0, options))
		return fail("mount");
	if (chdir("/mnt/files") || list(".") || read_all("../few", PIECE) < 0)
		return fail("/mnt/files");
	before = tell(NULL, 0);
	MARK('W');
	if (look())
		return -1;
	MARK('w');
	before = tell("walk", before);
	MARK('O');
	if (read_small())
		return -1;
	MARK('o');
	before = tell("open", before);
	MARK('R');
	if (read_all("../large", PIECE) < 0)
		return -1;
	MARK('r');
	before = tell("read", before);
	MARK('S');
	if (read_all("../large", LARGE) < 0)
		return -1;
	MARK('s');
	tell("large", before);
	return 0;
}

int main(void)
{
	mkdir("/proc", 0755);
	mkdir("/mnt", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	if (!work())
		printf("@done\n");
	fflush(stdout);
	reboot(RB_AUTOBOOT);
	return 1;
}
