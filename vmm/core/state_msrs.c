/*
 * MSRs (KVM API, "KVM_GET_MSR_INDEX_LIST", "KVM_GET_MSRS", "KVM_SET_MSRS"; SDM 4,
 * "Model-Specific Registers"). KVM lists those that it keeps for a guest; MTRRs and
 * machine check banks, which it keeps as well, are not among them, and others
 * that are, no guest with this CPUID has.
 *
 * Only those that differ from what a new vCPU has are set. KVM refuses several with
 * the very value that they have, and stops at the first that it refuses.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "core/kvm.h"
#include "core/state.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "util/log.h"
#include "util/stash.h"

#define MSRS_MAX 1024
#define CALL_MAX 255 /* of one KVM_GET_MSRS; the kernel's MAX_IO_MSRS is 256 */

#define MSR_TSC		 0x10
#define MSR_TSC_DEADLINE 0x6e0
#define MSR_MC_FIRST	 0x400 /* four for each bank of machine checks */
#define NR_MC		 (32 * 4)

/* Those of memory types: eight pairs, eleven of fixed places, and the default. */
static const struct {
	uint32_t first, nr;
} unlisted[] = {
	{ 0x1d9, 1 },  /* IA32_DEBUGCTL */
	{ 0x200, 16 }, /* IA32_MTRR_PHYSBASE0 and on */
	{ 0x250, 1 },
	{ 0x258, 2 },
	{ 0x268, 8 }, /* IA32_MTRR_FIX... */
	{ 0x2ff, 1 }, /* IA32_MTRR_DEF_TYPE */
	{ MSR_MC_FIRST, NR_MC },
};

/* Hyper-V's, which CPUID offers to no guest of ours; some of them run on. */
#define HYPERV_FIRST 0x40000000
#define HYPERV_LAST  0x40000fff

/* What core/state_vcpu.c sets, since it is a matter of time; and Hyper-V's. */
static bool is_apart(uint32_t index)
{
	return index == MSR_TSC || index == MSR_TSC_DEADLINE ||
	       (index >= HYPERV_FIRST && index <= HYPERV_LAST);
}

/* Filled in up to nr. */
struct msrs {
	unsigned int nr;
	struct kvm_msr_entry list[MSRS_MAX];
};

/* What KVM_GET_MSRS and KVM_SET_MSRS take. */
union call {
	struct kvm_msrs head;
	char space[sizeof(struct kvm_msrs) +
		   CALL_MAX * sizeof(struct kvm_msr_entry)];
};

static void add(struct msrs *msrs, uint32_t index)
{
	if (msrs->nr < MSRS_MAX && !is_apart(index))
		msrs->list[msrs->nr++] = (struct kvm_msr_entry){
			.index = index,
		};
}

static void add_unlisted(struct msrs *msrs)
{
	for (size_t i = 0; i < sizeof(unlisted) / sizeof(unlisted[0]); i++)
		for (uint32_t j = 0; j < unlisted[i].nr; j++)
			add(msrs, unlisted[i].first + j);
}

/* The numbers of those that this host may have. 0 or -errno. */
static int list_msrs(const struct kvm *kvm, struct msrs *msrs)
{
	union {
		struct kvm_msr_list head;
		char space[sizeof(struct kvm_msr_list) +
			   MSRS_MAX * sizeof(uint32_t)];
	} list = { .head.nmsrs = MSRS_MAX };

	if (ioctl(kvm->fd, KVM_GET_MSR_INDEX_LIST, &list))
		return -errno;
	msrs->nr = 0;
	for (uint32_t i = 0; i < list.head.nmsrs; i++)
		add(msrs, list.head.indices[i]);
	add_unlisted(msrs);
	return 0;
}

static int by_index(const void *a, const void *b)
{
	const struct kvm_msr_entry *x = a, *y = b;

	return x->index < y->index ? -1 : x->index > y->index;
}

/* In order, each once: a later kernel may list what an earlier one does not. */
static void sort(struct msrs *msrs)
{
	unsigned int kept = 0;

	qsort(msrs->list, msrs->nr, sizeof(msrs->list[0]), by_index);
	for (unsigned int i = 0; i < msrs->nr; i++)
		if (!kept || msrs->list[kept - 1].index != msrs->list[i].index)
			msrs->list[kept++] = msrs->list[i];
	msrs->nr = kept;
}

/* The values of those from @first on, as far as one call goes: how many; the one
 * behind them is no MSR of this guest's, if they were fewer than asked for. */
static int read_some(const struct vcpu *vcpu, struct msrs *msrs,
		     unsigned int first, unsigned int nr)
{
	union call call = { .head.nmsrs = nr };
	int got;

	memcpy(call.head.entries, &msrs->list[first],
	       nr * sizeof(call.head.entries[0]));
	got = ioctl(vcpu->fd, KVM_GET_MSRS, &call);
	if (got > 0)
		memcpy(&msrs->list[first], call.head.entries,
		       got * sizeof(call.head.entries[0]));
	return got < 0 ? -errno : got;
}

/* All that the vCPU has. 0 or -errno. */
static int read_msrs(const struct vcpu *vcpu, struct msrs *msrs)
{
	unsigned int kept = 0, at = 0;
	int err = list_msrs(vcpu->vm->kvm, msrs);

	if (err)
		return err;
	sort(msrs);
	while (at < msrs->nr) {
		unsigned int nr = msrs->nr - at;
		int got;

		if (nr > CALL_MAX)
			nr = CALL_MAX;
		got = read_some(vcpu, msrs, at, nr);
		if (got < 0)
			return got;
		memmove(&msrs->list[kept], &msrs->list[at],
			got * sizeof(msrs->list[0]));
		kept += got;
		at += (unsigned int)got < nr ? got + 1U : nr;
	}
	msrs->nr = kept;
	return 0;
}

static int failed(const struct vcpu *vcpu, int err)
{
	log_error("%s: vCPU %u: MSRs: %s", vcpu->vm->config.name, vcpu->id,
		  strerror(-err));
	return err;
}

uint64_t state_read_msr(const struct vcpu *vcpu, uint32_t index)
{
	union call call = { .head.nmsrs = 1 };

	call.head.entries[0].index = index;
	if (ioctl(vcpu->fd, KVM_GET_MSRS, &call) != 1)
		return 0;
	return call.head.entries[0].data;
}

int state_save_msrs(struct vcpu *vcpu, struct stash *out)
{
	struct msrs msrs;
	int err = read_msrs(vcpu, &msrs);

	if (err)
		return failed(vcpu, err);
	for (unsigned int i = 0; i < msrs.nr; i++) {
		STASH_PUT(out, msrs.list[i].index);
		STASH_PUT(out, msrs.list[i].data);
	}
	return 0;
}

static const struct kvm_msr_entry *find(const struct msrs *msrs, uint32_t index)
{
	const struct kvm_msr_entry key = { .index = index };

	return bsearch(&key, msrs->list, msrs->nr, sizeof(key), by_index);
}

/* An MSR that a guest had, and cannot have here, is as good as one that it had if
 * it was 0, which is what guests that do not use it leave there. */
static int check_known(const struct vcpu *vcpu, uint32_t index, uint64_t data,
		       const char *subject)
{
	if (!data)
		return 0;
	log_error("%s: vCPU %u has MSR %x, of value %llx, which guests on this "
		  "host have not",
		  subject, vcpu->id, index, (unsigned long long)data);
	return -EINVAL;
}

/* From @in, those that are to be changed, at the end of @change. */
static int choose(const struct vcpu *vcpu, struct stash *in,
		  const struct msrs *here, struct msrs *change,
		  const char *subject)
{
	while (stash_left(in)) {
		const struct kvm_msr_entry *now;
		uint32_t index;
		uint64_t data;
		int err = 0;

		STASH_GET(in, index);
		STASH_GET(in, data);
		if (in->bad || change->nr == MSRS_MAX)
			break;
		now = find(here, index);
		if (!now)
			err = check_known(vcpu, index, data, subject);
		else if (now->data != data)
			change->list[change->nr++] = (struct kvm_msr_entry){
				.index = index,
				.data = data,
			};
		if (err)
			return err;
	}
	if (stash_is_done(in))
		return 0;
	log_error("%s: vCPU %u has more MSRs than there are, or half a one",
		  subject, vcpu->id);
	return -EINVAL;
}

static int write_some(const struct vcpu *vcpu, const struct kvm_msr_entry *list,
		      unsigned int nr, const char *subject)
{
	union call call = { .head.nmsrs = nr };
	int done;

	memcpy(call.head.entries, list, nr * sizeof(list[0]));
	done = ioctl(vcpu->fd, KVM_SET_MSRS, &call);
	if (done < 0)
		return failed(vcpu, -errno);
	if ((unsigned int)done == nr)
		return 0;
	log_error("%s: vCPU %u has value %llx in MSR %x, which this host "
		  "refuses",
		  subject, vcpu->id, (unsigned long long)list[done].data,
		  list[done].index);
	return -EINVAL;
}

int state_write_msr(const struct vcpu *vcpu, uint32_t index, uint64_t data,
		    const char *subject)
{
	const struct kvm_msr_entry entry = { .index = index, .data = data };

	return write_some(vcpu, &entry, 1, subject);
}

int state_load_msrs(struct vcpu *vcpu, struct stash *in, const char *subject)
{
	struct msrs here, change = { 0 };
	int err = read_msrs(vcpu, &here);

	if (err)
		return failed(vcpu, err);
	err = choose(vcpu, in, &here, &change, subject);
	for (unsigned int at = 0; at < change.nr && !err; at += CALL_MAX) {
		unsigned int nr = change.nr - at;

		err = write_some(vcpu, &change.list[at],
				 nr > CALL_MAX ? CALL_MAX : nr, subject);
	}
	return err;
}
