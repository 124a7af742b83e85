/*
 * An /init that works on /dev/vda, past the guest's own cache, and executes a
 * marker before and behind each kind of work, with REQUESTS requests in between;
 * the disk script divides. Then it switches the machine off.
 */
#define _GNU_SOURCE /* O_DIRECT */
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "abi/hypercall.h"
#include "marker.h"

#define REQUESTS  256 /* a whole number of DEPTHs; LARGE ones are the disk */
#define WARM	  32
#define DEPTH	  32
#define BLOCK	  4096
#define LARGE	  131072
#define DISK_SIZE (32 << 20)

static uint8_t *buf; /* aligned */
static int disk;
static uint64_t seed = 1;
static aio_context_t aio;

/* The same places in every run: a generator of Knuth's. */
static uint64_t random_place(void)
{
	seed = seed * 6364136223846793005 + 1442695040888963407;
	return (seed >> 33) % (DISK_SIZE / BLOCK) * BLOCK;
}

static void check(bool right, const char *what)
{
	if (right)
		return;
	printf("disk_guest: %s: %s\n", what, strerror(errno));
	reboot(RB_AUTOBOOT);
}

static void read_large(unsigned int i)
{
	check(pread(disk, buf, LARGE, (uint64_t)i * LARGE % DISK_SIZE) == LARGE,
	      "read");
}

static void read_small(unsigned int i)
{
	(void)i;
	check(pread(disk, buf, BLOCK, random_place()) == BLOCK, "read");
}

static void write_small(unsigned int i)
{
	(void)i;
	check(pwrite(disk, buf, BLOCK, random_place()) == BLOCK, "write");
}

static void write_and_sync(unsigned int i)
{
	write_small(i);
	check(!fdatasync(disk), "fdatasync");
}

/* DEPTH at once, with each DEPTHth call. */
static void read_deep(unsigned int i)
{
	struct iocb requests[DEPTH] = { 0 }, *list[DEPTH];
	struct io_event events[DEPTH];
	long n = 0;

	if (i % DEPTH)
		return;
	for (unsigned int k = 0; k < DEPTH; k++) {
		requests[k] = (struct iocb){
			.aio_fildes = disk,
			.aio_lio_opcode = IOCB_CMD_PREAD,
			.aio_buf = (uintptr_t)buf + k * BLOCK,
			.aio_nbytes = BLOCK,
			.aio_offset = random_place(),
		};
		list[k] = &requests[k];
	}
	check(syscall(SYS_io_submit, aio, DEPTH, list) == DEPTH, "io_submit");
	while (n < DEPTH) {
		long got =
			syscall(SYS_io_getevents, aio, 1, DEPTH, events, NULL);

		check(got > 0, "io_getevents");
		for (long k = 0; k < got; k++)
			check(events[k].res == BLOCK, "read");
		n += got;
	}
}

#define MARK(id)                                                     \
	__asm__ volatile(".byte %c0, %c1, %c2, %c3, %c4, %c5, %c6"   \
			 :                                           \
			 : "i"(0x0f), "i"(0x1f), "i"(0x80), "i"(id), \
			   "i"(0x4b), "i"(0x56), "i"(0x4d)           \
			 : "memory")

#define MEASURE(work, id)                                   \
	do {                                                \
		for (unsigned int i = 0; i < WARM; i++)     \
			work(i);                            \
		MARK(id);                                   \
		for (unsigned int i = 0; i < REQUESTS; i++) \
			work(i);                            \
		MARK('.');                                  \
	} while (0)

static void end(void)
{
	if (!iopl(3))
		outb(HC_EXIT, HC_PORT);
	reboot(RB_AUTOBOOT);
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	disk = open("/dev/vda", O_RDWR | O_DIRECT);
	check(disk >= 0, "/dev/vda");
	buf = aligned_alloc(BLOCK, LARGE);
	check(buf, "memory");
	memset(buf, 0x5a, LARGE);
	check(!syscall(SYS_io_setup, DEPTH, &aio), "io_setup");
	for (unsigned int i = 0; i < 2 * REQUESTS; i++)
		read_large(i); /* the host has seen all of it before */
	MEASURE(read_large, 'R');
	MEASURE(read_small, 'r');
	MEASURE(write_small, 'w');
	MEASURE(write_and_sync, 's');
	MEASURE(read_deep, 'd');
	puts("disk_guest: done");
	end();
	return 0;
}
