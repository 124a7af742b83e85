/* Options of the judge, and the probe in the machine that tells it how the guest
 * ended: see judge.h. */
#include "core/vm.h"
#include "probe.h"
#include "probes/judge/judge.h"

struct judge_options judge_options;
struct judge_told *judge_told;

static int judge_setup(const char *arg)
{
	judge_options.on = true;
	judge_options.verdict = arg;
	return 0;
}

static int input_setup(const char *arg)
{
	judge_options.input = arg;
	return 0;
}

static int expect_setup(const char *arg)
{
	judge_options.expected = arg;
	return 0;
}

static void judge_gone(const struct vm *vm)
{
	atomic_store(&judge_told->exits, atomic_load(&vm->nr_exits));
	atomic_store(&judge_told->memory, vm->mem.size);
	atomic_store(&judge_told->ended, true);
}

static const struct probe judge = {
	.name = "judge",
	.what = "runs hostile images within limits; a verdict in JSON",
	.option = "--judge",
	.arg = "FILE",
	.arg_optional = true,
	.setup = judge_setup,
	.gone = judge_gone,
};
PROBE(judge);

static const struct probe input = {
	.name = "input",
	.what = "--judge: what is typed, and nothing else",
	.option = "--input",
	.arg = "FILE",
	.setup = input_setup,
};
PROBE(input);

static const struct probe expect_output = {
	.name = "expect-output",
	.what = "--judge: what is to be printed, byte for byte",
	.option = "--expect-output",
	.arg = "FILE",
	.setup = expect_setup,
};
PROBE(expect_output);
