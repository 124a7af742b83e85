/*
 * --show-snapshot FILE: what is in it, and whether all of it is as it was written:
 * of RAM nobody else checks that, since restoring does not read it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "abi/exit_status.h"
#include "command.h"
#include "service/snapshot/file.h"
#include "service/snapshot/ram.h"
#include "util/clock.h"
#include "util/log.h"

#define TIME_BYTES 32
#define AT_A_TIME  (64 * SNAPSHOT_PAGE)

static void print_head(const struct snapshot *file)
{
	const struct snapshot_head *head = &file->head;
	const time_t saved = (time_t)(head->saved_ns / NS_PER_SEC);
	char when[TIME_BYTES] = "";
	struct tm tm;

	if (gmtime_r(&saved, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &tm);
	printf("guest     %s\n", file->image);
	printf("saved     %s, by kvm-vmm %s\n", when, head->build);
	printf("CPU       %s\n", file->cpu);
	printf("loader    %s\n", file->loader);
	printf("folder    %s\n", file->folder);
	printf("machine  ");
	for (const char **word = file->words; *word; word++)
		printf(" %s", *word);
	printf("\n");
	printf("vCPUs     %u\n", head->nr_cpus);
	printf("RAM       %llu KiB, of which %llu KiB are here, from byte %llu "
	       "on\n",
	       (unsigned long long)head->ram_size >> 10,
	       (unsigned long long)head->nr_pages * (SNAPSHOT_PAGE >> 10),
	       (unsigned long long)head->ram_at);
	if (head->base_sum)
		printf("base      %s, %016llx\n", file->base,
		       (unsigned long long)head->base_sum);
	printf("this      %016llx\n", (unsigned long long)head->head_sum);
}

static void print_parts(const struct snapshot *file)
{
	printf("\n%-16s %6s %8s %8s  %s\n", "part", "number", "version",
	       "bytes", "sum");
	for (uint32_t i = 0; i < file->head.nr_parts; i++) {
		const struct snapshot_part *part = &file->table[i];

		printf("%-16s %6u %8u %8llu  %016llx\n", part->name, part->nr,
		       part->version, (unsigned long long)part->len,
		       (unsigned long long)part->sum);
	}
}

static int check_parts(const struct snapshot *file)
{
	struct parts parts = { 0 };
	int err = snapshot_read_parts(file, &parts);

	parts_free(&parts);
	return err;
}

/* Counts the pages in the @len bytes of RAM from @off on. 0 or -errno. */
static int count(const struct snapshot *file, uint64_t off, uint64_t len,
		 struct ram_sum *sum)
{
	static _Alignas(SNAPSHOT_PAGE) char buf[AT_A_TIME];

	while (len) {
		const size_t some = len < AT_A_TIME ? len : AT_A_TIME;
		const ssize_t have = pread(file->fd, buf, some,
					   (off_t)(file->head.ram_at + off));

		if (have != (ssize_t)some)
			return have < 0 ? -errno : -EIO;
		for (size_t at = 0; at < some; at += SNAPSHOT_PAGE)
			ram_count(sum, buf + at, (off + at) / SNAPSHOT_PAGE);
		off += some;
		len -= some;
	}
	return 0;
}

static int count_ram(const struct snapshot *file, struct ram_sum *sum)
{
	int err = 0;

	for (uint32_t i = 0; i < file->head.nr_runs && !err; i++)
		err = count(file, file->runs[i].off, file->runs[i].len, sum);
	return err;
}

static int check_ram(const struct snapshot *file)
{
	struct ram_sum sum = { 0 };
	int err = count_ram(file, &sum);

	if (err) {
		log_error("%s: %s", file->path, strerror(-err));
		return err;
	}
	if (sum.sum == file->head.ram_sum &&
	    sum.nr_pages == file->head.nr_pages)
		return 0;
	log_error("%s: its RAM is not what was saved: it is damaged; restore "
		  "another one",
		  file->path);
	return -EINVAL;
}

static int show(const char *path)
{
	struct snapshot file;
	int err;

	if (snapshot_open(&file, path))
		return STATUS_USAGE;
	print_head(&file);
	print_parts(&file);
	fflush(stdout);
	err = check_parts(&file);
	if (!err)
		err = check_ram(&file);
	if (!err)
		printf("\nAll sums agree.\n");
	snapshot_close(&file);
	return err ? STATUS_USAGE : STATUS_OK;
}

static const struct command show_snapshot = {
	.option = "--show-snapshot",
	.arg = "FILE",
	.needs_arg = true,
	.what = "prints what --save-on-exit has saved, and checks it",
	.run = show,
};
COMMAND(show_snapshot);
