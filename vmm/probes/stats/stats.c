/*
 * The ledger of VM exits (--stats): how many there were for which reason, at
 * which port, how many bytes they moved, how long they took, printed when all
 * guests have ended, as a table or as JSON.
 */
#include "probes/stats/stats.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi/exit_status.h"
#include "core/probes.h"
#include "probe.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/outfile.h"
#include "util/sink.h"

/* Constant once vCPUs run. */
static void (*print)(FILE *to, const struct stats *stats) = stats_print_table;
static const char *path; /* NULL: stderr */
static int fd = STDERR_FILENO;
static uint64_t started_ns; /* 0: nothing is counted */
static struct sink sink;

static int bad_format(const char *arg)
{
	log_error("--stats=%s: give table or json, and perhaps a file, such as "
		  "--stats=json:exits.json",
		  arg);
	return -EINVAL;
}

static int open_file(const char *name)
{
	/* What json.c and table.c begin with. */
	static const char *const heads[] = {
		"{\n  \"program\": \"kvm-vmm\"",
		"\n# VM exits in ",
		NULL,
	};
	int new_fd = outfile_open("--stats", name, heads);

	if (new_fd < 0)
		return new_fd;
	path = name;
	fd = new_fd;
	return 0;
}

/* All that is needed at the end, while it may be opened. Not stderr as it is: what
 * others share may be set not to block. */
static int open_all(void)
{
	int err = 0;

	sink_close(&sink); /* given twice: the last one counts */
	if (path)
		sink_own(&sink, fd);
	else
		err = sink_share(&sink, fd);
	stats_open_pagemap();
	stats_open_status();
	if (err)
		log_error("--stats: stderr: %s", strerror(-err));
	return err;
}

/* [FORMAT[:FILE]] */
static int stats_setup(const char *arg)
{
	size_t len;

	stats_turn_on();
	if (!arg)
		return open_all();
	len = strcspn(arg, ":");
	if (len == 5 && !strncmp(arg, "table", len))
		print = stats_print_table;
	else if (len == 4 && !strncmp(arg, "json", len))
		print = stats_print_json;
	else
		return bad_format(arg);
	if (!arg[len])
		return open_all();
	if (!arg[len + 1])
		return bad_format(arg);
	return open_file(arg + len + 1) ?: open_all();
}

static int write_out(const char *text, size_t len)
{
	int err = sink_write(&sink, text, len);

	return sink_close(&sink) ?: err;
}

static int print_stats(const struct stats *stats)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);
	int err;

	if (!to)
		return -errno;
	print(to, stats);
	err = ferror(to) ? -ENOMEM : 0;
	if (fclose(to) && !err)
		err = -errno;
	if (!err)
		err = write_out(text, len);
	free(text);
	return err;
}

static int stats_finish(void)
{
	struct stats stats;
	int err = stats_has_failed() ? -ENOMEM : stats_read(&stats, started_ns);

	if (!err) {
		err = print_stats(&stats);
		stats_free(&stats);
	}
	if (!err)
		return STATUS_OK;
	log_error("--stats: %s: %s", path ? path : "stderr", strerror(-err));
	return err == -ETIMEDOUT ? STATUS_LIMIT : STATUS_FAILED;
}

static void stats_line(unsigned int guest_id, unsigned int irq, bool level,
		       uint64_t now_ns)
{
	(void)now_ns;
	if (level)
		stats_count_line(guest_id, irq);
}

static void stats_injection(unsigned int guest_id, unsigned int cpu,
			    unsigned int vector)
{
	(void)vector;
	stats_count_injection(guest_id, cpu);
}

/* What counts, whoever asks for it. */
static const struct probe counter = {
	.name = "counter",
	.after = stats_count,
	.line = stats_line,
	.inject = stats_injection,
	.queue = stats_take_queue,
	.gone = stats_take_end,
};

void stats_turn_on(void)
{
	if (!started_ns)
		started_ns = clock_now_ns();
	probes_add(&counter);
}

uint64_t stats_started_ns(void)
{
	return started_ns;
}

static const struct probe stats_probe = {
	.name = "stats",
	.what = "counts VM exits: table or json[:FILE]",
	.option = "--stats",
	.arg = "FORMAT",
	.arg_optional = true,
	.setup = stats_setup,
	.finish = stats_finish,
};
PROBE(stats_probe);
