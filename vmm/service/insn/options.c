/*
 * --trace-insn, --step, and what is to be traced: the latter are rows of their own,
 * which do nothing but that.
 */
#include <errno.h>
#include <string.h>

#include "core/services.h"
#include "service.h"
#include "service/insn/insn.h"
#include "util/log.h"
#include "util/size.h"

#define CPU_MAX 1023
#define WORDS	"give cpu=N, ring=N or guest=N, or several with commas"

struct insn_filter insn_filter = { .guest = -1, .cpu = -1, .ring = -1 };

static bool to_file, on, steps;

static int refuse(const char *option, const char *why)
{
	log_error("%s: %s; try `kvm-vmm --help`", option, why);
	return -EINVAL;
}

/* --- Where it goes ---------------------------------------------------------
 *
 * --step is --trace-insn with keys. */

static const struct service trace_insn;

static int setup_trace(const char *arg)
{
	on = true;
	if (!arg)
		return 0;
	to_file = true;
	return insn_output_file(arg);
}

static int setup_step(const char *arg)
{
	(void)arg;
	on = steps = true;
	services_add(&trace_insn);
	return 0;
}

static int start_trace(struct vm *vms, unsigned int nr_vms)
{
	if (to_file && steps)
		return refuse("--step", "it prints, and --trace-insn=FILE does "
					"not: one of them");
	return insn_start(&trace_insn, vms, nr_vms, to_file, steps);
}

static bool talks(void)
{
	return !to_file;
}

static const struct service trace_insn = {
	.name = "trace-insn",
	.what = "prints each instruction of guests, or writes it to FILE",
	.option = "--trace-insn",
	.arg = "FILE",
	.arg_optional = true,
	.setup = setup_trace,
	.start = start_trace,
	.stop = insn_stop,
	.enter = insn_enter,
	.debug = insn_debug,
	.talks = talks,
};
SERVICE(trace_insn);

static const struct service step = {
	.name = "step",
	.what = "the same, and waits for a key before each",
	.option = "--step",
	.setup = setup_step,
	.keys = insn_keys,
};
SERVICE(step);

/* --- What is to be traced -------------------------------------------------- */

/* A filter alone is a mistake. */
static int start_filter(struct vm *vms, unsigned int nr_vms)
{
	(void)vms;
	(void)nr_vms;
	return on ? 0 :
		    refuse("--trace-from, --trace-count, --trace-only",
			   "they say what --trace-insn or --step shows");
}

static int setup_from(const char *arg)
{
	insn_filter.from = arg;
	return 0;
}

static int setup_count(const char *arg)
{
	if (!size_number(arg, ~0UL >> 1, &insn_filter.count) &&
	    insn_filter.count)
		return 0;
	return refuse("--trace-count", "give a number of instructions, 1 or "
				       "more");
}

/* "cpu=1" at @text, of @len characters. */
static bool take_word(const char *text, size_t len)
{
	static const struct {
		const char *name;
		int *value;
		unsigned int max;
	} words[] = {
		{ "cpu=", &insn_filter.cpu, CPU_MAX },
		{ "ring=", &insn_filter.ring, 3 },
		{ "guest=", &insn_filter.guest, 255 },
	};
	char number[8] = "";
	uint64_t value;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t name = strlen(words[i].name);

		if (len <= name || len - name >= sizeof(number) ||
		    strncmp(text, words[i].name, name) != 0)
			continue;
		memcpy(number, text + name, len - name);
		if (size_number(number, words[i].max, &value))
			return false;
		*words[i].value = value;
		return true;
	}
	return false;
}

static int setup_only(const char *arg)
{
	for (;;) {
		size_t len = strcspn(arg, ",");

		if (!take_word(arg, len))
			return refuse("--trace-only", WORDS);
		if (!arg[len])
			return 0;
		arg += len + 1;
	}
}

static const struct service trace_from = {
	.name = "trace-from",
	.what = "from this address or symbol on",
	.option = "--trace-from",
	.arg = "PLACE",
	.setup = setup_from,
	.start = start_filter,
};
SERVICE(trace_from);

static const struct service trace_count = {
	.name = "trace-count",
	.what = "N of them; then the guests run at full speed",
	.option = "--trace-count",
	.arg = "N",
	.setup = setup_count,
	.start = start_filter,
};
SERVICE(trace_count);

static const struct service trace_only = {
	.name = "trace-only",
	.what = "of these with cpu=N, ring=N, guest=N, joined by commas",
	.option = "--trace-only",
	.arg = "WORDS",
	.setup = setup_only,
	.start = start_filter,
};
SERVICE(trace_only);
