/*
 * The doctor's probes: what is tried, in the order in which it is reported.
 * The CPU's own feature bits are never asked: KVM may sit on another back end
 * than VT-x and AMD-V, so the only proof is a guest that did it.
 */
#include "doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

/* Hardware runs ring 0 at hundreds of millions, an emulator at a few. */
#define SPEED_MIN    10 /* million instructions per second */
#define SPEED_INSNS  2	/* instructions in a round of the loop */
#define SPEED_MS     10
#define SPEED_MS_MAX 40
#define SPEED_CPU_NS 500000 /* a run with less says nothing */

static void __attribute__((format(printf, 3, 4)))
conclude(struct finding *finding, enum verdict verdict, const char *fmt, ...)
{
	va_list args;

	finding->verdict = verdict;
	va_start(args, fmt);
	vsnprintf(finding->detail, sizeof(finding->detail), fmt, args);
	va_end(args);
}

static void probe_open(struct doctor *doctor, const struct probe *probe,
		       struct finding *finding)
{
	doctor->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (doctor->kvm >= 0) {
		conclude(finding, VERDICT_OK, "%s", probe->what);
		return;
	}
	finding->error = errno;
	if (errno == EACCES || errno == EPERM)
		conclude(finding, VERDICT_FAILED,
			 "is there, but closed to you: %s", strerror(errno));
	else if (errno == ENOENT)
		conclude(finding, VERDICT_MISSING, "does not exist");
	else
		conclude(finding, VERDICT_FAILED, "cannot be opened: %s",
			 strerror(errno));
}

static void probe_api(struct doctor *doctor, const struct probe *probe,
		      struct finding *finding)
{
	int version = ioctl(doctor->kvm, KVM_GET_API_VERSION, 0);

	if (version == KVM_API_VERSION)
		conclude(finding, VERDICT_OK, "%d, %s", version, probe->what);
	else
		conclude(finding, VERDICT_FAILED, "is %d instead of %d",
			 version, KVM_API_VERSION);
}

static void probe_cap(struct doctor *doctor, const struct probe *probe,
		      struct finding *finding)
{
	if (ioctl(doctor->kvm, KVM_CHECK_EXTENSION, probe->cap) > 0)
		conclude(finding, VERDICT_OK, "%s", probe->what);
	else
		conclude(finding, VERDICT_MISSING, "is not offered%s",
			 probe->optional ? " (nice to have)" : "");
}

/* A capability whose value is a number of vCPUs. */
static void probe_cpus(struct doctor *doctor, const struct probe *probe,
		       struct finding *finding)
{
	int cpus = ioctl(doctor->kvm, KVM_CHECK_EXTENSION, probe->cap);

	if (cpus > 0)
		conclude(finding, VERDICT_OK, "%d %s", cpus, probe->what);
	else
		conclude(finding, VERDICT_MISSING,
			 "is not offered (nice to have)");
}

static void probe_guest(struct doctor *doctor, const struct probe *probe,
			struct finding *finding)
{
	struct micro_result result;

	micro_run(doctor->kvm, probe->guest, 0, &result);
	if (!result.answered)
		conclude(finding, VERDICT_FAILED, "%s", result.why);
	else if (result.value != probe->guest->expect)
		conclude(finding, VERDICT_FAILED,
			 "answers 0x%x instead of 0x%x", result.value,
			 probe->guest->expect);
	else
		conclude(finding, VERDICT_OK, "%s", probe->what);
}

/*
 * Processor time, not wall time, so that a busy host does not look like an
 * emulated one. That time may itself be stolen by the host of a VM, so a slow
 * run is tried again and longer, and the best one counts.
 */
static void probe_speed(struct doctor *doctor, const struct probe *probe,
			struct finding *finding)
{
	struct micro_result result;
	double rate, best = 0; /* million instructions per second */
	int ms;

	for (ms = SPEED_MS; ms <= SPEED_MS_MAX && best < SPEED_MIN; ms *= 2) {
		micro_run(doctor->kvm, probe->guest, ms, &result);
		if (!result.answered) {
			conclude(finding, VERDICT_FAILED, "%s", result.why);
			return;
		}
		if (result.cpu_ns < SPEED_CPU_NS)
			continue;
		rate = 1e3 * SPEED_INSNS * result.rax / result.cpu_ns;
		if (rate > best)
			best = rate;
	}
	if (best >= SPEED_MIN)
		conclude(finding, VERDICT_OK, "%.0f M instructions/s: %s", best,
			 probe->what);
	else if (best == 0)
		conclude(finding, VERDICT_FAILED,
			 "got no processor time; try again on an idle host");
	else
		conclude(finding, VERDICT_FAILED,
			 "is emulated: %.1f M instructions/s, right but slow",
			 best);
}

#define CAP(id, text) \
	.name = #id, .what = (text), .group = GROUP_CAPS, .cap = KVM_CAP_##id

#define NEEDED(id, text) CAP(id, text), .run = probe_cap
#define NICE(id, text)	 CAP(id, text), .run = probe_cap, .optional = true
#define CPUS(id, text)	 CAP(id, text), .run = probe_cpus, .optional = true

#define GUEST(title, code, text) \
	.name = (title), .what = (text), .group = GROUP_GUESTS, .guest = &(code)

#define RUNS(title, code, text) GUEST(title, code, text), .run = probe_guest

const struct probe probes[PROBE_COUNT] = {
	[PROBE_OPEN] = { .name = "/dev/kvm",
			 .what = "open for reading and writing",
			 .run = probe_open },
	[PROBE_API] = { .name = "API version",
			.what = "the stable one",
			.run = probe_api },

	[PROBE_USER_MEMORY] = { NEEDED(USER_MEMORY,
				       "guest RAM is our memory") },
	[PROBE_TSS_ADDR] = { NEEDED(SET_TSS_ADDR, "real mode on Intel") },
	[PROBE_IMMEDIATE_EXIT] = { NEEDED(IMMEDIATE_EXIT, "stops a vCPU") },
	[PROBE_EXT_CPUID] = { NEEDED(EXT_CPUID, "the features a guest sees") },
	[PROBE_MP_STATE] = { NEEDED(MP_STATE, "tells when a vCPU is halted") },
	[PROBE_SYNC_REGS] = { NICE(SYNC_REGS, "registers with no extra call") },
	[PROBE_IRQCHIP] = { NEEDED(IRQCHIP, "PICs, I/O APIC, local APICs") },
	[PROBE_PIT2] = { NEEDED(PIT2, "the timer chip") },
	[PROBE_GUEST_DEBUG] = { NICE(SET_GUEST_DEBUG, "breakpoints, steps") },
	[PROBE_TSC_DEADLINE] = { NICE(TSC_DEADLINE_TIMER,
				      "Linux has no timer to calibrate") },
	[PROBE_IRQFD] = { NICE(IRQFD, "interrupts by eventfd") },
	[PROBE_IOEVENTFD] = { NICE(IOEVENTFD, "port writes by eventfd") },
	[PROBE_SPLIT_IRQCHIP] = { NICE(SPLIT_IRQCHIP, "PICs outside KVM") },
	[PROBE_NR_VCPUS] = { CPUS(NR_VCPUS, "vCPUs are recommended at most") },
	[PROBE_MAX_VCPUS] = { CPUS(MAX_VCPUS, "vCPUs are possible at most") },

	[PROBE_REAL16] = { RUNS("real mode", guest_real16,
				"added the numbers from 1 to 10") },
	[PROBE_PROT32] = { RUNS("protected mode", guest_prot32,
				"loaded a segment, read 32 bits") },
	[PROBE_PAGING_4K] = { RUNS("32-bit paging", guest_paging_4k,
				   "4 KiB pages: read through the upper half") },
	[PROBE_PAGING_4M] = { RUNS("4 MiB paging", guest_paging_4m,
				   "PSE: read through the upper half") },
	[PROBE_PAE] = { RUNS("PAE paging", guest_pae,
			     "2 MiB pages: read through the upper half") },
	[PROBE_LONG64] = { RUNS("long mode", guest_long64,
				"64-bit code read through the upper half") },
	[PROBE_TIMER] = { RUNS("timer interrupt", guest_timer,
			       "PIC and PIT set up, three ticks taken") },
	[PROBE_STEP] = { RUNS("single step", guest_step,
			      "three instructions, three stops"),
			 .optional = true },
	[PROBE_SPEED] = { GUEST("ring 0 code", guest_speed,
				"the processor itself runs it"),
			  .run = probe_speed },
};

/* What must be ok before probe @id makes sense. */
static enum probe_id foundation(enum probe_id id)
{
	if (id == PROBE_OPEN || id == PROBE_API)
		return PROBE_OPEN;
	if (probes[id].group != GROUP_GUESTS)
		return PROBE_API;
	return id == PROBE_SPEED ? PROBE_LONG64 : PROBE_USER_MEMORY;
}

void doctor_probe(struct doctor *doctor, enum probe_id id)
{
	struct finding *finding = &doctor->findings[id];
	enum probe_id below = foundation(id);

	if (finding->verdict != VERDICT_UNTRIED)
		return;
	if (below != id) {
		doctor_probe(doctor, below);
		if (doctor->findings[below].verdict != VERDICT_OK) {
			conclude(finding, VERDICT_UNTRIED, "stands on %s",
				 probes[below].name);
			return;
		}
	}
	probes[id].run(doctor, &probes[id], finding);
}
