/*
 * What a run that is judged may have, and what it gets unless the command line says
 * so: see judge_limits.h.
 */
#include "judge_limits.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "core/sandbox.h"
#include "core/services.h"
#include "plug.h"
#include "service/snapshot/restore.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/sanitized.h"
#include "viewers.h"

#define TIMEOUT_NS (10 * NS_PER_SEC)
#define MAX_EXITS  10000000
#define MAX_OUTPUT (1UL << 20)

/* Of address space, beside the guest's RAM, and for all where nobody says how much
 * that is; bytes. */
#define BESIDE_RAM (1UL << 30)
#define ANY_RAM	   (8UL << 30)

static int refuse(const char *what, const char *why)
{
	log_error("--judge: %s: %s", what, why);
	return -EINVAL;
}

/* Whether the words behind FILE in @arg make a disk read-only. Two commas are one of
 * a name's. */
static bool is_read_only(const char *arg)
{
	const char *word = arg;
	bool is = false;

	while ((word = strchr(word, ','))) {
		size_t len = strcspn(++word, ",");

		if (*word == ',') {
			word++;
			continue;
		}
		if (len == 2 && !memcmp(word, "ro", 2))
			is = true;
		if (len > 7 && !memcmp(word, "overlay", 7))
			return false; /* which is a file that is written */
	}
	return is;
}

/* Those that make a device of files which are read, and of nothing else. */
static bool only_reads(const struct plugged *plugged)
{
	static const char *const readers[] = { "--firmware", "--symbols",
					       "--cdrom" };
	static const char *const disks[] = { "--disk", "--ide", "--floppy" };
	const char *option = plugged->plug->option;

	if (plugged->arg && !strncmp(plugged->arg, "nbd:", 4))
		return false; /* another program's, by a socket to it */
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		if (!strcmp(option, readers[i]))
			return true;
	for (size_t i = 0; i < sizeof(disks) / sizeof(disks[0]); i++)
		if (!strcmp(option, disks[i]))
			return is_read_only(plugged->arg);
	return false;
}

static int check_plugs(const struct options *opt)
{
	for (unsigned int i = 0; i < opt->nr_plugged; i++)
		if (opt->plugged[i].plug->is_of_host &&
		    !only_reads(&opt->plugged[i]))
			return refuse(opt->plugged[i].plug->option,
				      "reaches what is not the guest's; disks "
				      "and floppies have to be read-only, as "
				      "in FILE,ro");
	return 0;
}

int judge_check(const struct options *opt)
{
	const char *option = services_option();

	if (!sandbox_is_strict())
		return refuse("--sandbox", "has to be strict");
	if (option)
		return refuse(option, "somebody else would be in the run");
	if (viewers_are_wanted() ||
	    (opt->display && strcmp(opt->display, "none") != 0))
		return refuse("--display", "nobody looks on");
	return check_plugs(opt);
}

/* By it a guest has the date of this host, as KVM tells it; then it asks the CMOS
 * clock. A guest that was saved goes on with what it had. */
static void leave_out_clock(struct options *opt)
{
	unsigned int nr = 0;

	while (opt->without[nr])
		nr++;
	if (nr < WITHOUT_MAX && !restore_is_on())
		opt->without[nr] = "kvmclock";
}

void judge_limit(struct options *opt)
{
	opt->display = "none";
	leave_out_clock(opt);
	if (!opt->timeout_ns)
		opt->timeout_ns = TIMEOUT_NS;
	if (!opt->max_exits)
		opt->max_exits = MAX_EXITS;
	if (!opt->max_output)
		opt->max_output = MAX_OUTPUT;
}

/* Images can be large, and become larger when they are unpacked. */
void judge_limit_memory(const struct options *opt)
{
	struct rlimit limit;

	if (IS_SANITIZED || getrlimit(RLIMIT_AS, &limit))
		return;
	limit.rlim_cur = (opt->mem_size ? opt->mem_size : ANY_RAM) + BESIDE_RAM;
	if (limit.rlim_cur < limit.rlim_max)
		limit.rlim_max = limit.rlim_cur;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_AS, &limit);
}
