/*
 * Names every VM exit on stderr (--verbose). Long runs of the same kind of
 * exit are what a guest does; this shows them one by one and leaves out
 * nothing, so expect it to be slow.
 */
#include <linux/kvm.h>
#include <stdint.h>
#include <string.h>

#include "probe.h"
#include "util/log.h"

static uint64_t first_item(const struct kvm_run *run)
{
	uint64_t val = 0;

	memcpy(&val, (const uint8_t *)run + run->io.data_offset, run->io.size);
	return val;
}

static void trace_io(const struct exit_view *view)
{
	const struct kvm_run *run = view->run;
	unsigned int bits = run->io.size * 8;

	if (run->io.direction == KVM_EXIT_IO_OUT)
		log_info("%s: vCPU %u: IO: out port 0x%x, 0x%llx (%u bits, %u "
			 "times)",
			 view->guest, view->cpu, run->io.port,
			 (unsigned long long)first_item(run), bits,
			 run->io.count);
	else
		log_info("%s: vCPU %u: IO: in port 0x%x (%u bits, %u times)",
			 view->guest, view->cpu, run->io.port, bits,
			 run->io.count);
}

static void trace_exit(const struct exit_view *view)
{
	const struct kvm_run *run = view->run;

	if (run->exit_reason == KVM_EXIT_IO)
		trace_io(view);
	else if (run->exit_reason == KVM_EXIT_MMIO)
		log_info("%s: vCPU %u: MMIO: %s address 0x%llx, %u bytes",
			 view->guest, view->cpu,
			 run->mmio.is_write ? "write" : "read",
			 run->mmio.phys_addr, run->mmio.len);
	else
		log_info("%s: vCPU %u: %s at rip 0x%llx", view->guest,
			 view->cpu, view->reason, run->s.regs.regs.rip);
}

static const struct probe trace = {
	.name = "trace",
	.what = "names every VM exit (--verbose)",
	.option = "--verbose",
	.before = trace_exit,
};
PROBE(trace);
