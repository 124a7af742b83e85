/*
 * What is remembered of a vCPU (KVM API; SDM 3A, "Processor Management and
 * Initialization"). It has left KVM_RUN by immediate_exit, or has halted in ours,
 * so that whatever it did in the guest is complete.
 *
 *   part "vcpu" N:  struct saved | length, XSAVE | length, nested | MSRs
 *
 * In KVM's order: whether it runs is asked first, because a start-up interrupt that
 * waits is taken by that, and changes CS and RIP; segments are set before the local
 * APIC, which is where APIC_BASE says; that before the TSC's deadline, which is
 * lost without; and the TSC before both, which does not re-arm.
 */
#include <cpuid.h>
#include <errno.h>
#include <linux/kvm.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>

#include "core/kvm.h"
#include "core/state.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "irqchip.h"
#include "util/log.h"
#include "util/parts.h"

#define PART	"vcpu"
#define VERSION 1

#define CR8_MAX 15

/* A TSC's rate as KVM takes it for the same: 250 in a million. */
#define KHZ_TOLERANCE 4000

/* Of a local APIC's page (SDM 3A, "Local APIC Register Address Map"). */
#define APIC_LVTT	  0x320
#define APIC_TMICT	  0x380 /* what its timer counts from */
#define APIC_TMCCT	  0x390 /* where it is */
#define APIC_TDCR	  0x3e0
#define LVTT_MODE	  (3 << 17)
#define LVTT_TSC_DEADLINE (2 << 17)

#define LEAF_HYPERVISOR 0x40000000
#define TSS_BUSY	2 /* of a segment's type */

#define MSR_TSC		 0x10
#define MSR_TSC_DEADLINE 0x6e0

/* What there is in the host, and so in struct saved. */
enum {
	HAS_SREGS2 = 1 << 0,
	HAS_XCRS = 1 << 1,
	HAS_EVENTS = 1 << 2,
	HAS_DEBUGREGS = 1 << 3,
	HAS_APIC = 1 << 4,
	HAS_TSC_OFFSET = 1 << 5,
};

struct saved {
	uint32_t has;		 /* HAS_ */
	uint32_t halted;	 /* in ours: vcpu->halted */
	uint32_t if_flag, ready; /* of the page shared with KVM */
	struct kvm_mp_state mp;
	uint32_t tsc_khz;	/* 0: KVM does not say */
	uint64_t tsc_offset;	/* to the host's */
	uint64_t tsc, deadline; /* the guest's own count; 6E0h */
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	struct kvm_sregs2 sregs2;
	struct kvm_xcrs xcrs;
	struct kvm_vcpu_events events;
	struct kvm_debugregs debugregs;
	struct kvm_lapic_state apic;
};

static int failed(const struct vcpu *vcpu, const char *what)
{
	int err = errno;

	log_error("%s: vCPU %u: %s: %s", vcpu->vm->config.name, vcpu->id, what,
		  strerror(err));
	return -err;
}

/* --- What is asked for and set the same way --------------------------------- */

static const struct {
	uint32_t has; /* 0: always */
	unsigned long get, set;
	const char *get_name, *set_name;
	size_t at;
} pieces[] = {
	{ HAS_SREGS2, KVM_GET_SREGS2, KVM_SET_SREGS2, "KVM_GET_SREGS2",
	  "KVM_SET_SREGS2", offsetof(struct saved, sregs2) },
	{ 0, KVM_GET_REGS, KVM_SET_REGS, "KVM_GET_REGS", "KVM_SET_REGS",
	  offsetof(struct saved, regs) },
	{ HAS_XCRS, KVM_GET_XCRS, KVM_SET_XCRS, "KVM_GET_XCRS", "KVM_SET_XCRS",
	  offsetof(struct saved, xcrs) },
	{ HAS_DEBUGREGS, KVM_GET_DEBUGREGS, KVM_SET_DEBUGREGS,
	  "KVM_GET_DEBUGREGS", "KVM_SET_DEBUGREGS",
	  offsetof(struct saved, debugregs) },
	{ HAS_APIC, KVM_GET_LAPIC, KVM_SET_LAPIC, "KVM_GET_LAPIC",
	  "KVM_SET_LAPIC", offsetof(struct saved, apic) },
	{ HAS_EVENTS, KVM_GET_VCPU_EVENTS, KVM_SET_VCPU_EVENTS,
	  "KVM_GET_VCPU_EVENTS", "KVM_SET_VCPU_EVENTS",
	  offsetof(struct saved, events) },
};

#define NR_PIECES (sizeof(pieces) / sizeof(pieces[0]))

static bool has_piece(const struct saved *saved, size_t i)
{
	return (pieces[i].has & saved->has) == pieces[i].has;
}

static bool has_apic(const struct vcpu *vcpu)
{
	const struct irqchip *chip = vcpu->vm->config.irqchip;

	return chip && chip->has_apic;
}

static struct kvm_device_attr offset_attr(uint64_t *offset)
{
	return (struct kvm_device_attr){
		.group = KVM_VCPU_TSC_CTRL,
		.attr = KVM_VCPU_TSC_OFFSET,
		.addr = (uintptr_t)offset,
	};
}

/* What this host has. */
static uint32_t what_there_is(const struct vcpu *vcpu)
{
	static const struct {
		int cap;
		uint32_t has;
	} caps[] = {
		{ KVM_CAP_SREGS2, HAS_SREGS2 },
		{ KVM_CAP_XCRS, HAS_XCRS },
		{ KVM_CAP_VCPU_EVENTS, HAS_EVENTS },
		{ KVM_CAP_DEBUGREGS, HAS_DEBUGREGS },
	};
	struct kvm_device_attr attr = offset_attr(NULL);
	uint32_t has = has_apic(vcpu) ? HAS_APIC : 0;

	for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++)
		if (kvm_cap(vcpu->vm->kvm, caps[i].cap))
			has |= caps[i].has;
	if (!ioctl(vcpu->fd, KVM_HAS_DEVICE_ATTR, &attr))
		has |= HAS_TSC_OFFSET;
	return has;
}

/* --- Saving ------------------------------------------------------------------- */

static int get_clocks(const struct vcpu *vcpu, struct saved *saved)
{
	struct kvm_device_attr attr = offset_attr(&saved->tsc_offset);
	int khz = ioctl(vcpu->fd, KVM_GET_TSC_KHZ, 0);

	saved->tsc_khz = khz > 0 ? khz : 0;
	saved->tsc = state_read_msr(vcpu, MSR_TSC);
	saved->deadline = state_read_msr(vcpu, MSR_TSC_DEADLINE);
	if (saved->has & HAS_TSC_OFFSET &&
	    ioctl(vcpu->fd, KVM_GET_DEVICE_ATTR, &attr))
		return failed(vcpu, "KVM_VCPU_TSC_OFFSET");
	return 0;
}

static int get_pieces(const struct vcpu *vcpu, struct saved *saved)
{
	if (ioctl(vcpu->fd, KVM_GET_MP_STATE, &saved->mp))
		return failed(vcpu, "KVM_GET_MP_STATE");
	if (ioctl(vcpu->fd, KVM_GET_SREGS, &saved->sregs))
		return failed(vcpu, "KVM_GET_SREGS");
	for (size_t i = 0; i < NR_PIECES; i++)
		if (has_piece(saved, i) &&
		    ioctl(vcpu->fd, pieces[i].get,
			  (uint8_t *)saved + pieces[i].at))
			return failed(vcpu, pieces[i].get_name);
	return get_clocks(vcpu, saved);
}

/* That there is none need not be set, and a KVM may be older than this one. */
static void drop_no_triple_fault(struct kvm_vcpu_events *events)
{
	if (!events->triple_fault.pending)
		events->flags &= ~KVM_VCPUEVENT_VALID_TRIPLE_FAULT;
}

int state_save_vcpu(struct vcpu *vcpu, struct parts *parts)
{
	struct stash *out = parts_add(parts, PART, vcpu->id, VERSION);
	struct saved saved;
	int err;

	memset(&saved, 0, sizeof(saved)); /* what lies between members, too */
	saved.has = what_there_is(vcpu);
	saved.halted = vcpu->halted;
	saved.if_flag = vcpu->run->if_flag;
	saved.ready = vcpu->run->ready_for_interrupt_injection;
	err = get_pieces(vcpu, &saved);
	if (err)
		return err;
	drop_no_triple_fault(&saved.events);
	STASH_PUT(out, saved);
	err = state_save_xsave(vcpu, out);
	if (!err)
		err = state_save_nested(vcpu, out);
	if (!err)
		err = state_save_msrs(vcpu, out);
	return err;
}

/* --- Restoring ---------------------------------------------------------------- */

static int refuse(const struct vcpu *vcpu, const char *subject, const char *why)
{
	log_error("%s: vCPU %u: %s", subject, vcpu->id, why);
	return -EINVAL;
}

/* What KVM says no to is the file's fault. */
static int refused(const struct vcpu *vcpu, const char *subject,
		   const char *what)
{
	log_error("%s: vCPU %u: %s: %s", subject, vcpu->id, what,
		  strerror(errno));
	return -EINVAL;
}

/*
 * By how many counts the timer of a local APIC has gone on, where a count is
 * 1, 2, 4, … 128 ns. One that has come to its end meanwhile has it at once: KVM
 * starts a timer at 0 that is to fire once as if it had just come there, and one that
 * goes on from its beginning. So one that had fired before does so again, since KVM
 * does not say whether that has become an interrupt yet, and one too many is what a
 * guest gets over (findings/kvm-lapic-timer-again.sh).
 */
static void advance_timer(struct kvm_lapic_state *apic, uint64_t ns)
{
	uint32_t lvtt, initial, count, divide;
	uint64_t counts;

	memcpy(&lvtt, &apic->regs[APIC_LVTT], sizeof(lvtt));
	memcpy(&initial, &apic->regs[APIC_TMICT], sizeof(initial));
	memcpy(&count, &apic->regs[APIC_TMCCT], sizeof(count));
	memcpy(&divide, &apic->regs[APIC_TDCR], sizeof(divide));
	if (!initial || !count || (lvtt & LVTT_MODE) == LVTT_TSC_DEADLINE)
		return;
	divide = ((divide & 3) | (divide & 8) >> 1) + 1; /* SDM 3A */
	counts = ns >> (divide & 7);
	count = counts < count - 1 ? count - counts : 1;
	memcpy(&apic->regs[APIC_TMCCT], &count, sizeof(count));
}

static bool is_same_rate(uint64_t a, uint64_t b)
{
	return (a > b ? a - b : b - a) <= b / KHZ_TOLERANCE;
}

/* A guest takes its TSC's rate for constant. */
static int check_rate(const struct vcpu *vcpu, const struct saved *saved,
		      const char *subject)
{
	int khz = ioctl(vcpu->fd, KVM_GET_TSC_KHZ, 0);

	if (khz <= 0 || !saved->tsc_khz || is_same_rate(saved->tsc_khz, khz))
		return 0;
	log_error("%s: its TSC counts %u kHz, and this host's %d", subject,
		  saved->tsc_khz, khz);
	return -EINVAL;
}

static int check(const struct vcpu *vcpu, const struct saved *saved,
		 const char *subject)
{
	uint32_t here = what_there_is(vcpu);

	if ((saved->has ^ here) & HAS_APIC)
		return refuse(vcpu, subject,
			      "its local APIC is not where this machine's is");
	if (saved->has & ~here & ~(HAS_SREGS2 | HAS_TSC_OFFSET))
		return refuse(vcpu, subject,
			      "this host's KVM cannot set all that it had");
	if (saved->sregs.cr8 > CR8_MAX)
		return refuse(vcpu, subject, "no CR8 is so large");
	if (saved->halted && has_apic(vcpu))
		return refuse(vcpu, subject, "it has halted in two places");
	return check_rate(vcpu, saved, subject);
}

/* How far the guest's TSC would be by now. */
static uint64_t tsc_gone(const struct saved *saved, const struct state_gap *gap)
{
	return (unsigned __int128)gap->kvm_ns * saved->tsc_khz / 1000000;
}

/* To the count at which it would be had it run on: by the offset, where KVM can,
 * since it takes a count near where its own is for an attempt to synchronise. */
static int set_tsc(const struct vcpu *vcpu, const struct saved *saved,
		   const struct state_gap *gap, const char *subject)
{
	uint64_t gone = tsc_gone(saved, gap);
	uint64_t offset = saved->tsc_offset + gone + gap->tsc_back;
	struct kvm_device_attr attr = offset_attr(&offset);
	uint32_t both = saved->has & what_there_is(vcpu);

	if (!(both & HAS_TSC_OFFSET))
		return state_write_msr(vcpu, MSR_TSC, saved->tsc + gone,
				       subject);
	if (ioctl(vcpu->fd, KVM_SET_DEVICE_ATTR, &attr))
		return refused(vcpu, subject, "KVM_VCPU_TSC_OFFSET");
	return 0;
}

/* From @first to @last, of those that were saved. */
static int set_pieces(const struct vcpu *vcpu, const struct saved *saved,
		      size_t first, size_t last, const char *subject)
{
	for (size_t i = first; i <= last; i++)
		if (has_piece(saved, i) &&
		    ioctl(vcpu->fd, pieces[i].set,
			  (const uint8_t *)saved + pieces[i].at))
			return refused(vcpu, subject, pieces[i].set_name);
	return 0;
}

/* Those of pieces[]: what comes before what is set by itself. */
enum { FIRST_PLAIN = 1, LAST_PLAIN = 3, APIC = 4, EVENTS = 5 };

/*
 * QEMU's emulation of AMD-V (7.2), which is the lab's, checks the I/O bitmap of a task
 * only if its TSS is not busy, which a loaded one always is, and KVM says so: ports
 * would be refused to programs that Linux lets have them.
 */
static void make_tr_free(struct kvm_segment *tr)
{
	static const char emulator[] = "TCGTCGTCGTCG";
	uint32_t eax, name[3];

	__cpuid(LEAF_HYPERVISOR, eax, name[0], name[1], name[2]);
	if (!memcmp(name, emulator, sizeof(name)))
		tr->type &= ~TSS_BUSY;
}

static int set_sregs(const struct vcpu *vcpu, struct saved *saved,
		     const char *subject)
{
	make_tr_free(&saved->sregs.tr);
	make_tr_free(&saved->sregs2.tr);
	if (saved->has & what_there_is(vcpu) & HAS_SREGS2)
		return set_pieces(vcpu, saved, 0, 0, subject);
	if (ioctl(vcpu->fd, KVM_SET_SREGS, &saved->sregs))
		return refused(vcpu, subject, "KVM_SET_SREGS");
	return 0;
}

static int set_registers(struct vcpu *vcpu, struct saved *saved,
			 struct stash *in, const char *subject)
{
	int err = set_sregs(vcpu, saved, subject);

	if (!err)
		err = state_load_xsave(vcpu, in, subject);
	if (!err)
		err = state_load_nested(vcpu, in, subject);
	if (!err)
		err = set_pieces(vcpu, saved, FIRST_PLAIN, LAST_PLAIN, subject);
	return err;
}

static int set_clocks(struct vcpu *vcpu, const struct saved *saved,
		      struct stash *in, const struct state_gap *gap,
		      const char *subject)
{
	int err = set_pieces(vcpu, saved, APIC, APIC, subject);

	if (!err)
		err = set_tsc(vcpu, saved, gap, subject);
	if (!err)
		err = state_load_msrs(vcpu, in, subject);
	if (!err && saved->deadline)
		err = state_write_msr(vcpu, MSR_TSC_DEADLINE, saved->deadline,
				      subject);
	return err;
}

static int set_life(const struct vcpu *vcpu, const struct saved *saved,
		    const char *subject)
{
	int err = set_pieces(vcpu, saved, EVENTS, EVENTS, subject);

	if (!err && ioctl(vcpu->fd, KVM_SET_MP_STATE, &saved->mp))
		return refused(vcpu, subject, "KVM_SET_MP_STATE");
	/* So that its watchdogs know; one that has no such clock has none. */
	ioctl(vcpu->fd, KVM_KVMCLOCK_CTRL, 0);
	return err;
}

/*
 * The page shared with KVM, and what is ours. Without local APICs in the kernel
 * each KVM_RUN sets CR8 to what is in that page; and a vCPU that halts in ours
 * looks there whether an interrupt may wake it.
 */
static void set_ours(struct vcpu *vcpu, const struct saved *saved)
{
	vcpu->run->cr8 = saved->sregs.cr8;
	vcpu->run->if_flag = saved->if_flag != 0;
	vcpu->run->ready_for_interrupt_injection = saved->ready != 0;
	vcpu->halted = saved->halted;
	vcpu->seen = saved->regs;
	vcpu->seen_sregs = saved->sregs;
}

int state_load_vcpu(struct vcpu *vcpu, struct parts *parts, const char *subject,
		    const struct state_gap *gap)
{
	struct stash *in = parts_take(parts, subject, PART, vcpu->id, VERSION);
	struct saved saved;
	int err;

	if (!in)
		return -EINVAL;
	STASH_GET(in, saved);
	if (in->bad)
		return refuse(vcpu, subject, "half of it is missing");
	err = check(vcpu, &saved, subject);
	if (err)
		return err;
	advance_timer(&saved.apic, gap->ns);
	err = set_registers(vcpu, &saved, in, subject);
	if (!err)
		err = set_clocks(vcpu, &saved, in, gap, subject);
	if (!err)
		err = set_life(vcpu, &saved, subject);
	if (!err)
		set_ours(vcpu, &saved);
	return err;
}
