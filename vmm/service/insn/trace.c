/*
 * Which instructions are written down. A vCPU comes here after each single step,
 * and before it enters the guest, when an exit of another kind has taken it on.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/linear.h"
#include "core/services.h"
#include "core/symbols.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "service.h"
#include "service/insn/insn.h"
#include "util/clock.h"
#include "util/log.h"
#include "x86/bits.h"

#define HLT	   0xf4 /* SDM 2A */
#define LIVE_BYTES 4096
#define LIVE_NS	   (20 * NS_PER_MS)

#define RESET_CS  0xf000
#define RESET_RIP 0xfff0

/* A vCPU that is traced; its thread's, once it has one. */
struct traced {
	struct insn_lane lane;
	bool entered; /* it was in the guest; then its registers are there */
	bool begun;   /* the instruction of the last step; it may be over */
	bool over;    /* no more of it */
	uint64_t rip, addr; /* when it was looked at last; linear */
	uint64_t flushed_ns;
};

static struct guest {
	struct traced **cpus; /* NULL: not traced */
	uint64_t from;
	atomic_bool begun; /* the instruction at @from has come */
} * guests;

static const struct service *service; /* whose steps these are */
static bool live, steps;	      /* each record goes at once; --step */
static bool several;		      /* vCPUs, whose blocks are to be mixed */
static atomic_bool over;	      /* for all */
static atomic_ullong left;	      /* of insn_filter.count */
static struct vm *first_vm;	      /* of those at start() */
static unsigned int nr_guests, nr_traced;

static struct traced *find(const struct vcpu *vcpu)
{
	return guests[vcpu->vm->config.id].cpus[vcpu->id];
}

static void flush(struct vcpu *vcpu, struct traced *t)
{
	size_t len = insn_close_block(&t->lane);

	t->flushed_ns = vcpu->entered_ns;
	if (len && !insn_output_put(t->lane.buf, len))
		t->over = true;
}

/* A reader who looks on is not kept waiting: by time, where the guest may sleep, and
 * where others see what it does. */
static bool is_due(const struct vcpu *vcpu, const struct traced *t)
{
	return steps || t->lane.len > LIVE_BYTES ||
	       vcpu->entered_ns - t->flushed_ns > LIVE_NS ||
	       vcpu->run->exit_reason != KVM_EXIT_DEBUG ||
	       insn_code_byte(&t->lane, t->addr) == HLT;
}

/* From here on the vCPU runs as if nobody looked on. */
static void finish(struct vcpu *vcpu, struct traced *t)
{
	t->over = true;
	services_step(vcpu, service, false);
}

static bool has_begun(struct guest *guest, uint64_t addr)
{
	if (atomic_load_explicit(&guest->begun, memory_order_relaxed))
		return true;
	if (addr != guest->from)
		return false;
	atomic_store(&guest->begun, true);
	return true;
}

static unsigned int ring_of(const struct kvm_regs *regs,
			    const struct kvm_sregs *sregs)
{
	if (!(sregs->cr0 & CR0_PE))
		return 0;
	return regs->rflags & RFLAGS_VM ? 3 : sregs->cs.selector & 3;
}

/* What comes is not for the trace; the last step's registers are. */
static void skip(struct traced *t, const struct kvm_regs *regs,
		 const struct kvm_sregs *sregs)
{
	if (t->lane.skipped || !t->lane.begun)
		return;
	insn_add_step(&t->lane, regs, sregs);
	insn_add_event(&t->lane, INSN_SKIPPED, 0);
	t->lane.skipped = true;
}

/* Takes one of insn_filter.count. */
static bool is_used_up(void)
{
	unsigned long long have = atomic_load(&left);

	if (!insn_filter.count)
		return false;
	while (have && !atomic_compare_exchange_weak(&left, &have, have - 1))
		;
	return !have;
}

/* One that is to be written down, or the first that is not. */
static bool is_wanted(const struct kvm_regs *regs,
		      const struct kvm_sregs *sregs)
{
	return insn_filter.ring < 0 ||
	       (int)ring_of(regs, sregs) == insn_filter.ring;
}

static void note(struct vcpu *vcpu, struct traced *t,
		 const struct kvm_regs *regs, const struct kvm_sregs *sregs)
{
	struct guest *guest = &guests[vcpu->vm->config.id];

	if (vcpu->injected >= 0 && t->lane.begun && !t->lane.skipped)
		insn_add_event(&t->lane, INSN_INTERRUPT, vcpu->injected);
	vcpu->injected = -1;
	t->rip = regs->rip;
	t->begun = false;
	t->addr = linear_code(sregs, regs->rip);
	if (!has_begun(guest, t->addr))
		return;
	if (atomic_load_explicit(&over, memory_order_relaxed)) {
		finish(vcpu, t);
		skip(t, regs, sregs);
	} else if (!is_wanted(regs, sregs)) {
		skip(t, regs, sregs);
	} else if (is_used_up()) {
		finish(vcpu, t);
		skip(t, regs, sregs);
	} else {
		insn_add_step(&t->lane, regs, sregs);
	}
	if (t->over || insn_is_full(&t->lane) || (live && is_due(vcpu, t)))
		flush(vcpu, t);
	if (steps && !t->lane.skipped && !t->over)
		insn_step_wait(vcpu->vm);
}

void insn_debug(struct vcpu *vcpu)
{
	struct traced *t = find(vcpu);

	if (t && !t->over)
		note(vcpu, t, &vcpu->run->s.regs.regs,
		     &vcpu->run->s.regs.sregs);
}

/* Where a vCPU waits to be started nothing is executed (SDM 3A, "Processor State
 * After Reset"). */
static bool has_gone_on(const struct vcpu *vcpu, const struct traced *t)
{
	const struct kvm_sync_regs *now = &vcpu->run->s.regs;

	return now->regs.rip != t->rip &&
	       !(vcpu->id && now->regs.rip == RESET_RIP &&
		 now->sregs.cs.selector == RESET_CS);
}

/* The first time, and when an exit has taken it on that no step follows: a write
 * to a device's memory is such a one. */
void insn_enter(struct vcpu *vcpu)
{
	struct traced *t = find(vcpu);

	if (!t || t->over)
		return;
	if (insn_output_failed())
		finish(vcpu, t);
	else if (t->entered && has_gone_on(vcpu, t))
		note(vcpu, t, &vcpu->run->s.regs.regs,
		     &vcpu->run->s.regs.sregs);
	else if (!t->entered && !vcpu->id)
		note(vcpu, t, &vcpu->seen, &vcpu->seen_sregs);
	t->entered = t->begun = true;
	if (several && vcpu->run->exit_reason != KVM_EXIT_DEBUG)
		flush(vcpu, t);
}

static bool is_one(int wanted, unsigned int id)
{
	return wanted < 0 || (unsigned int)wanted == id;
}

/* 0 or -errno. */
static int trace_cpu(struct vcpu *vcpu, struct traced **traced)
{
	struct traced *t = calloc(1, sizeof(*t));

	*traced = t;
	if (!t)
		return -ENOMEM;
	t->lane.vm = vcpu->vm;
	t->lane.cpu = vcpu->id;
	nr_traced++;
	services_step(vcpu, service, true);
	return 0;
}

/* Where insn_filter.from is: hexadecimal behind 0x, or a symbol's name. */
static int find_place(const struct vm *vm, uint64_t *addr)
{
	const char *from = insn_filter.from;
	char *end;

	if (!strncmp(from, "0x", 2)) {
		errno = 0;
		*addr = strtoull(from, &end, 16);
		if (end > from + 2 && !*end && !errno)
			return 0;
	} else if (vm_symbol_value(vm, from, addr)) {
		return 0;
	}
	log_error("%s: --trace-from: %s: no such symbol; --symbols FILE "
		  "says where it may be; or give an address, 0x7c00",
		  vm->config.name, from);
	return -EINVAL;
}

static int trace_guest(struct vm *vm, struct guest *guest)
{
	int err = 0;

	guest->begun = !insn_filter.from;
	if (insn_filter.from)
		err = find_place(vm, &guest->from);
	if (err)
		return err;
	guest->cpus = calloc(vm->nr_vcpus, sizeof(struct traced *));
	if (!guest->cpus)
		return -ENOMEM;
	if (!is_one(insn_filter.guest, vm->config.id))
		return 0;
	for (unsigned int id = 0; id < vm->nr_vcpus && !err; id++)
		if (is_one(insn_filter.cpu, id))
			err = trace_cpu(&vm->vcpus[id], &guest->cpus[id]);
	return err;
}

static void forget_all(void)
{
	for (unsigned int i = 0; i < nr_guests; i++) {
		for (unsigned int id = 0;
		     guests[i].cpus && id < first_vm[i].nr_vcpus; id++)
			free(guests[i].cpus[id]);
		free(guests[i].cpus);
	}
	free(guests);
	guests = NULL;
}

int insn_start(const struct service *by, struct vm *vms, unsigned int nr_vms,
	       bool to_file, bool wait)
{
	int err;

	service = by;
	live = !to_file;
	steps = wait;
	first_vm = vms;
	nr_guests = nr_vms;
	several = nr_vms > 1 || vms->nr_vcpus > 1;
	atomic_store(&left, insn_filter.count);
	guests = calloc(nr_vms, sizeof(*guests));
	err = guests ? 0 : -ENOMEM;
	for (unsigned int i = 0; i < nr_vms && !err; i++)
		err = trace_guest(&vms[i], &guests[i]);
	if (!err && !nr_traced) {
		log_error("--trace-only: there is no such guest or vCPU");
		err = -EINVAL;
	}
	if (err == -ENOMEM)
		log_error("%s: %s", service->option, strerror(-err));
	if (!err)
		err = insn_output_start(vms, nr_vms, wait);
	if (!err && wait)
		insn_step_begin(vms, nr_vms);
	if (err)
		forget_all();
	return err;
}

static void end_lane(struct vcpu *vcpu, struct traced *t)
{
	if (!t)
		return;
	if (t->lane.begun && !t->begun && !t->lane.skipped)
		insn_add_event(&t->lane, INSN_SKIPPED, 0);
	insn_add_event(&t->lane, INSN_LEFT, t->lane.vm->status);
	flush(vcpu, t);
}

void insn_let_run(void)
{
	atomic_store(&over, true);
}

int insn_stop(void)
{
	insn_step_end();
	for (unsigned int i = 0; i < nr_guests; i++)
		for (unsigned int id = 0; id < first_vm[i].nr_vcpus; id++)
			end_lane(&first_vm[i].vcpus[id], guests[i].cpus[id]);
	forget_all();
	return insn_output_end();
}
