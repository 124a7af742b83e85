/*
 * The guest's clocks, and what time it was outside. A guest that was saved and
 * restored was stalled, and not set back: its clocks have gone on by the time that
 * has passed outside, as clocks do (KVM API, "KVM_GET_CLOCK", "KVM_SET_CLOCK"; the
 * kernel's Documentation/virt/kvm/devices/vcpu.rst, "KVM_VCPU_TSC_OFFSET").
 */
#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <x86intrin.h>

#include "core/kvm.h"
#include "core/state.h"
#include "core/vm.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/parts.h"

#define PART	"time"
#define VERSION 1

/* No guest is as old as that, and nobody waits as long: sums of two of them stay
 * numbers with a sign. */
#define AGE_MAX_NS (100ULL * 365 * 86400 * 1000000000)

/* The host's two clocks are read one after the other. Who loses the CPU between them
 * would have the guest's age wrong by that, and reads them once more. */
#define TRIES	   16
#define AT_ONCE_NS (10 * NS_PER_US)

struct clocks {
	uint64_t now_ns; /* clock_now_ns() */
	uint64_t wall_ns;
};

/* KVM's clock and the TSC of this host, at one moment. */
struct moment {
	uint64_t kvm_ns;
	uint64_t tsc;
};

struct saved {
	uint64_t guest_ns; /* vm_now_ns() */
	uint64_t wall_ns;  /* since 1970-01-01 UTC, at that moment */
	struct moment moment;
};

static int failed(const struct vm *vm, const char *what)
{
	int err = errno;

	log_error("%s: %s: %s", vm->config.name, what, strerror(err));
	return -err;
}

/* What both say at one moment. */
static struct clocks read_clocks(void)
{
	struct clocks best = { 0 };
	uint64_t least_ns = UINT64_MAX;

	for (int i = 0; i < TRIES && least_ns > AT_ONCE_NS; i++) {
		const uint64_t now_ns = clock_now_ns();
		const uint64_t wall_ns = clock_read_ns(CLOCK_REALTIME);
		const uint64_t took_ns = clock_now_ns() - now_ns;

		if (took_ns >= least_ns)
			continue;
		least_ns = took_ns;
		best = (struct clocks){ now_ns, wall_ns };
	}
	return best;
}

static bool has_clock(const struct vm *vm)
{
	return kvm_cap(vm->kvm, KVM_CAP_ADJUST_CLOCK);
}

/* A KVM without such a clock has only the TSC, and no guest has that clock. */
static int read_moment(const struct vm *vm, struct moment *moment)
{
	struct kvm_clock_data clock = { 0 };

	if (has_clock(vm) && ioctl(vm->fd, KVM_GET_CLOCK, &clock))
		return failed(vm, "KVM_GET_CLOCK");
	moment->tsc = clock.flags & KVM_CLOCK_HOST_TSC ? clock.host_tsc :
							 __rdtsc();
	moment->kvm_ns = has_clock(vm) ? clock.clock : clock_now_ns();
	return 0;
}

int state_save_time(struct vm *vm, struct parts *parts)
{
	const struct clocks clocks = read_clocks();
	struct saved saved = {
		.guest_ns = clocks.now_ns - vm->start_ns,
		.wall_ns = clocks.wall_ns,
	};
	int err = read_moment(vm, &saved.moment);

	STASH_PUT(parts_add(parts, PART, 0, VERSION), saved);
	return err;
}

static int set_clock(const struct vm *vm, uint64_t ns)
{
	struct kvm_clock_data clock = { .clock = ns };

	if (has_clock(vm) && ioctl(vm->fd, KVM_SET_CLOCK, &clock))
		return failed(vm, "KVM_SET_CLOCK");
	return 0;
}

/* How long it was stalled: not at all where the wall clock was set back. */
static uint64_t stalled_ns(uint64_t since_ns, uint64_t now_ns)
{
	return now_ns > since_ns ? now_ns - since_ns : 0;
}

static int go_on(struct vm *vm, const struct saved *saved,
		 struct state_gap *gap)
{
	const struct clocks clocks = read_clocks();
	struct moment now;
	int err;

	gap->ns = stalled_ns(saved->wall_ns, clocks.wall_ns);
	vm->start_ns = clocks.now_ns - (saved->guest_ns + gap->ns);
	err = set_clock(vm, saved->moment.kvm_ns + gap->ns);
	if (!err)
		err = read_moment(vm, &now);
	if (err)
		return err;
	gap->tsc_back = saved->moment.tsc - now.tsc;
	if (has_clock(vm))
		gap->kvm_ns = now.kvm_ns - saved->moment.kvm_ns;
	else
		gap->kvm_ns = gap->ns;
	return 0;
}

static int take(struct parts *parts, const char *subject, struct saved *saved)
{
	struct stash *in = parts_take(parts, subject, PART, 0, VERSION);

	if (!in)
		return -EINVAL;
	stash_get(in, saved, sizeof(*saved));
	if (in->bad || saved->guest_ns > AGE_MAX_NS ||
	    saved->moment.kvm_ns > AGE_MAX_NS ||
	    stalled_ns(saved->wall_ns, clock_read_ns(CLOCK_REALTIME)) >
		    AGE_MAX_NS) {
		log_error("%s: is from another century, by its clocks",
			  subject);
		return -EINVAL;
	}
	return 0;
}

int state_load_time(struct vm *vm, struct parts *parts, const char *subject,
		    struct state_gap *gap)
{
	struct saved saved;
	int err = take(parts, subject, &saved);

	return err ? err : go_on(vm, &saved, gap);
}

/* The guest's clock began anew when it was started, which was later. */
int state_gap_since(struct vm *vm, struct parts *parts, const char *subject,
		    struct state_gap *gap)
{
	uint64_t now_ns = vm_now_ns(vm);
	struct moment now;
	struct saved saved;
	int err = take(parts, subject, &saved);

	if (!err)
		err = read_moment(vm, &now);
	if (err)
		return err;
	gap->ns = now_ns > saved.guest_ns ? now_ns - saved.guest_ns : 0;
	gap->kvm_ns = now.kvm_ns - saved.moment.kvm_ns;
	gap->tsc_back = saved.moment.tsc - now.tsc;
	return 0;
}
