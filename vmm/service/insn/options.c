/*
 * --trace-insn and what belongs to it. The options for what is to be traced are rows
 * of their own, which do nothing but that.
 */
#include <errno.h>

#include "service.h"
#include "service/insn/insn.h"
#include "util/log.h"
#include "util/size.h"

static const struct service trace_insn;
static bool to_file;

static int setup_trace(const char *arg)
{
	if (!arg)
		return 0;
	to_file = true;
	return insn_output_file(arg);
}

static int start_trace(struct vm *vms, unsigned int nr_vms)
{
	return insn_start(&trace_insn, vms, nr_vms, to_file, false);
}

static const struct service trace_insn = {
	.name = "trace-insn",
	.what = "each instruction of the guests, printed or into FILE",
	.option = "--trace-insn",
	.arg = "FILE",
	.arg_optional = true,
	.setup = setup_trace,
	.start = start_trace,
	.stop = insn_stop,
	.enter = insn_enter,
	.debug = insn_debug,
};
SERVICE(trace_insn);

static int setup_count(const char *arg)
{
	if (!size_number(arg, ~0ULL >> 1, &insn_filter.count) &&
	    insn_filter.count)
		return 0;
	log_error("--trace-count: give a number of instructions, 1 or more; "
		  "try `kvm-vmm --help`");
	return -EINVAL;
}

static const struct service trace_count = {
	.name = "trace-count",
	.what = "of them the first N; then the guests run at full speed",
	.option = "--trace-count",
	.arg = "N",
	.setup = setup_count,
};
SERVICE(trace_count);
