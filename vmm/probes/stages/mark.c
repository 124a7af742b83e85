/* The stages and their clock: what all that notice one have in common. */
#include "probes/stages/stages.h"
#include "util/clock.h"

const struct stage_text stage_texts[STAGE_COUNT] = {
	[STAGE_START] = { "start", "kvm-vmm reads its command line" },
	[STAGE_ENTERED] = { "entered", "first instruction of the guest" },
	[STAGE_EXIT] = { "first-exit", "first VM exit" },
	[STAGE_REAL] = { "real-mode", "in real mode" },
	[STAGE_PROTECTED] = { "protected-mode", "in protected mode" },
	[STAGE_PAGING] = { "paging", "in protected mode with paging" },
	[STAGE_LONG] = { "long-mode", "in long mode" },
	[STAGE_SECOND_CPU] = { "second-cpu", "first VM exit of another vCPU" },
	[STAGE_BYTE] = { "console-byte", "first console byte" },
	[STAGE_QUEUE] = { "first-request", "first virtio request" },
	[STAGE_DISK] = { "disk", "first request to a disk" },
	[STAGE_SHARE] = { "share", "first request to a shared directory" },
	[STAGE_NET] = { "net", "first frames or room for them, network" },
	[STAGE_KERNEL] = { "kernel", "Linux: \"Linux version\"" },
	[STAGE_MEMORY] = { "memory", "Linux: \"Memory:\"" },
	[STAGE_CPUS] = { "cpus", "Linux: \"smp: Brought up\"" },
	[STAGE_UNPACKING] = { "unpacking", "Linux unpacks the initrd" },
	[STAGE_UNPACKED] = { "unpacked", "Linux: \"Freeing initrd memory\"" },
	[STAGE_COM1_OPEN] = { "com1-open", "COM1 opened for input" },
	[STAGE_KERNEL_DONE] = { "kernel-done",
				"Linux: \"Freeing unused kernel image\"" },
	[STAGE_RUN_INIT] = { "run-init", "Linux: \"Run ... as init process\"" },
	[STAGE_INIT] = { "init", "/init greets" },
	[STAGE_PROMPT] = { "prompt", "prompt" },
	[STAGE_PANIC] = { "panic", "Linux: \"Kernel panic\"" },
	[STAGE_KERNEL_ENDS] = { "kernel-ends", "Linux: \"reboot:\"" },
	[STAGE_END] = { "end", "the guest ends" },
	[STAGE_FINISHED] = { "finished", "all guests have ended" },
};

static uint64_t started_ns; /* 0: --stages was not given */

void stages_start(void)
{
	started_ns = clock_now_ns();
}

bool stages_are_on(void)
{
	return started_ns;
}

uint64_t stages_now_ns(void)
{
	return clock_now_ns() - started_ns;
}

/* Those that a boot passes in their order, and after which the earlier ones
 * do not count. */
static bool is_of_boot(enum stage stage)
{
	return stage >= STAGE_KERNEL && stage <= STAGE_PROMPT;
}

void stage_mark(struct stage_guest *guest, enum stage stage, uint64_t exits,
		const char *more)
{
	struct stage_mark *mark = &guest->marks[stage];

	if (mark->seen || (is_of_boot(stage) && stage < guest->furthest))
		return;
	*mark = (struct stage_mark){ stages_now_ns(), exits, more, true };
	if (is_of_boot(stage))
		guest->furthest = stage;
}
