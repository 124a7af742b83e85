/* objects: service/snapshot/file.o service/snapshot/ram.o service/snapshot/pages.o */
/* objects: core/memory.o terminal/term.o util/signal_self.o util/bus_error.o util/checksum.o */
/* objects: util/pageset.o util/parts.o util/stash.o util/log.o util/sink.o util/text.o */
/* objects: cli_word.o util/lock.o */
/*
 * Files that claim to be snapshots: whatever is in them, service/snapshot/file.c stays
 * within what it has read, what it finds good can be mapped, and the words are
 * looked at as cli.c does. The sums are made right first, as an enemy would: else
 * nothing would be behind them. What devices make of their parts is fuzz_saved.c's.
 */
#define _GNU_SOURCE /* memfd_create() */
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli_word.h"
#include "memory.h"
#include "service/snapshot/file.h"
#include "service/snapshot/ram.h"
#include "util/checksum.h"

#define RAM_SIZE     (1 << 20)
#define FILE_MAX     (4 << 20)
#define PATH_MAX_LEN 32

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct option longs[] = {
	{ "mem", required_argument, NULL, 1 },
	{ "no-serial", no_argument, NULL, 2 },
	{ "edu", optional_argument, NULL, 3 },
	{ NULL, 0, NULL, 0 },
};

static int fd;
static char path[PATH_MAX_LEN];
static struct memory ram;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fd = memfd_create("snapshot", MFD_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return fd < 0 || mem_init(&ram, RAM_SIZE);
}

/* Of the parts that are where the table says. */
static void mend_parts(uint8_t *bytes, size_t size,
		       const struct snapshot_head *head)
{
	size_t at = sizeof(*head) + head->texts_len;

	for (uint32_t i = 0; i < head->nr_parts; i++) {
		struct snapshot_part part;

		if (at + sizeof(part) > size)
			return;
		memcpy(&part, bytes + at, sizeof(part));
		if (part.at <= size && part.len <= size - part.at)
			part.sum = checksum(0, bytes + part.at, part.len);
		memcpy(bytes + at, &part, sizeof(part));
		at += sizeof(part);
	}
}

static void mend(uint8_t *bytes, size_t size)
{
	struct snapshot_head head;

	if (size < sizeof(head))
		return;
	memcpy(&head, bytes, sizeof(head));
	mend_parts(bytes, size, &head);
	if (head.head_len < sizeof(head) || head.head_len > size)
		return;
	head.head_sum = 0;
	memcpy(bytes, &head, sizeof(head));
	head.head_sum = checksum(0, bytes, head.head_len);
	memcpy(bytes, &head, sizeof(head));
}

/* As long as it says, if it does not say much. */
static void write_file(const uint8_t *bytes, size_t size)
{
	struct snapshot_head head = { .ram_at = 0 };
	uint64_t end;

	memcpy(&head, bytes, size < sizeof(head) ? size : sizeof(head));
	end = head.ram_at + head.ram_size;
	if (ftruncate(fd, 0) || pwrite(fd, bytes, size, 0) != (ssize_t)size ||
	    (end > size && end <= FILE_MAX && ftruncate(fd, (off_t)end)))
		abort();
}

/* What is found must be what was mapped, and nothing beyond. */
static void map(const struct snapshot *file)
{
	struct ram_look look;

	if (file->head.ram_size != RAM_SIZE)
		return;
	if (ram_begin(&ram, path) ||
	    ram_map(&ram, file->fd, (off_t)file->head.ram_at, file->runs,
		    file->head.nr_runs) ||
	    ram_look(&ram, NULL, &look))
		abort();
	ram_forget(&look);
	ram_end();
	if (mmap(ram.base, RAM_SIZE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		abort();
}

static void take_parts(const struct snapshot *file)
{
	struct parts parts = { 0 };

	if (!snapshot_read_parts(file, &parts))
		for (unsigned int i = 0; i < parts.nr; i++)
			parts_take(&parts, path, parts.list[i]->name,
				   parts.list[i]->nr, 1);
	parts_check(&parts, path);
	parts_free(&parts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *bytes = malloc(size + 1);
	struct snapshot file, base;

	memcpy(bytes, data, size);
	mend(bytes, size);
	write_file(bytes, size);
	free(bytes);
	if (snapshot_open(&file, path))
		return 0;
	cli_check_said(longs, path, file.words);
	take_parts(&file);
	map(&file);
	if (file.head.base_sum && !snapshot_open_base(&base, &file))
		snapshot_close(&base);
	snapshot_close(&file);
	return 0;
}
