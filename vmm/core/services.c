/* The services that are on, and KVM's debugging on their behalf (KVM API,
 * "KVM_SET_GUEST_DEBUG"). */
#include "core/services.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "abi/exit_status.h"
#include "core/kvm.h"
#include "core/pause.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "irqchip.h"
#include "memory.h"
#include "service.h"
#include "x86/walk.h"

#define HLT	     0xf4 /* SDM 2A, "HLT" */
#define SERVICES_MAX 16	  /* more than there are rows */

/* SDM 3B, "Debug Status Register (DR6)" */
#define DB_VECTOR 1
#define DR6_BS	  (1ULL << 14)

static const struct service *services[SERVICES_MAX];
static unsigned int nr_services;
static unsigned int nr_started;

void services_add(const struct service *service)
{
	for (unsigned int i = 0; i < nr_services; i++)
		if (services[i] == service)
			return; /* its option was given twice */
	assert(nr_services < SERVICES_MAX);
	services[nr_services++] = service;
}

static unsigned int bit_of(const struct service *service)
{
	unsigned int i = 0;

	while (services[i] != service)
		i++;
	return 1U << i;
}

void services_step(struct vcpu *vcpu, const struct service *service, bool on)
{
	if (on)
		vcpu->steppers |= bit_of(service);
	else
		vcpu->steppers &= ~bit_of(service);
	vcpu->debug_changed = true;
}

void services_break(struct vcpu *vcpu, const struct kvm_guest_debug *debug)
{
	vcpu->debug = *debug;
	vcpu->debug_changed = true;
}

void services_hold_irqs(struct vcpu *vcpu, bool on)
{
	vcpu->holds_irqs = on;
	vcpu->run->request_interrupt_window = 0;
}

/* Those that KVM injects by itself (KVM API, KVM_GUESTDBG_BLOCKIRQ; in Linux
 * since 5.15). */
static uint32_t hold_flag(const struct vcpu *vcpu)
{
	uint32_t known = kvm_cap(vcpu->vm->kvm, KVM_CAP_SET_GUEST_DEBUG2);

	return vcpu->holds_irqs ? known & KVM_GUESTDBG_BLOCKIRQ : 0;
}

/*
 * An instruction that KVM emulates, and KVM_SET_REGS, take the trap flag away
 * without a word: a step is asked for before each entry.
 */
static void arm(struct vcpu *vcpu)
{
	struct kvm_guest_debug debug = vcpu->debug;

	if (!vcpu->debug_changed && !vcpu->steppers)
		return;
	vcpu->debug_changed = false;
	if (vcpu->steppers)
		debug.control |= KVM_GUESTDBG_SINGLESTEP | hold_flag(vcpu);
	if (debug.control)
		debug.control |= KVM_GUESTDBG_ENABLE;
	if (ioctl(vcpu->fd, KVM_SET_GUEST_DEBUG, &debug))
		vm_stop(vcpu->vm, STATUS_FAILED,
			"vCPU %u: KVM_SET_GUEST_DEBUG: %s", vcpu->id,
			strerror(errno));
}

/* The irqchip's enter() has this in its place. */
static void enter(struct vcpu *vcpu)
{
	for (unsigned int i = 0; i < nr_services; i++)
		if (services[i]->enter)
			services[i]->enter(vcpu);
	if (vcpu->chip_enter && !vcpu->holds_irqs)
		vcpu->chip_enter(vcpu);
	vcpu->step_from = vcpu->seen_sregs.cs.base + vcpu->seen.rip;
	arm(vcpu);
}

void services_attend(struct vcpu *vcpu)
{
	if (!nr_services)
		return;
	vcpu->chip_enter = vcpu->enter;
	vcpu->enter = enter;
	vcpu->wanted_regs |= KVM_SYNC_X86_SREGS;
	vcpu->watched = true; /* a crash may take away what they show */
}

int services_start(struct vm *vms, unsigned int nr_vms)
{
	for (nr_started = 0; nr_started < nr_services; nr_started++) {
		const struct service *service = services[nr_started];
		int err = service->start ? service->start(vms, nr_vms) : 0;

		if (err)
			return err;
	}
	return 0;
}

int services_stop(void)
{
	int worst = STATUS_OK;

	while (nr_started > 0) {
		const struct service *service = services[--nr_started];
		int status = service->stop ? service->stop() : STATUS_OK;

		if (status > worst)
			worst = status;
	}
	return worst;
}

bool services_talk(void)
{
	for (unsigned int i = 0; i < nr_services; i++)
		if (services[i]->talks && services[i]->talks())
			return true;
	return false;
}

/* Each has what those before it left. */
size_t services_keys(const uint8_t *buf, size_t len)
{
	size_t taken = 0;

	for (unsigned int i = 0; i < nr_started; i++)
		if (services[i]->keys)
			taken += services[i]->keys(buf + taken, len - taken);
	return taken;
}

static int read_ram(const void *ram, uint64_t gpa, void *buf, size_t len)
{
	return mem_read(ram, gpa, buf, len);
}

/*
 * Where KVM emulates an HLT that is stepped over, and has no local APIC to wake
 * the vCPU, it says DEBUG, and HLT never; on AMD-V it is the other way round.
 */
static bool has_halted(const struct vcpu *vcpu)
{
	const struct irqchip *chip = vcpu->vm->config.irqchip;
	const struct kvm_sync_regs *now = &vcpu->run->s.regs;
	const struct walk_regs regs = { now->sregs.cr0, now->sregs.cr3,
					now->sregs.cr4, now->sregs.efer };
	struct walk walk;
	uint8_t opcode;

	if ((chip && chip->has_apic) ||
	    now->sregs.cs.base + now->regs.rip != vcpu->step_from + 1)
		return false;
	walk_address(&walk, &regs, vcpu->step_from, read_ram, &vcpu->vm->mem);
	return walk.end == WALK_MAPPED &&
	       !mem_read(&vcpu->vm->mem, walk.gpa, &opcode, 1) && opcode == HLT;
}

/* What a service has done may be to pause the guest. */
enum exit_action services_debug(struct vcpu *vcpu)
{
	for (unsigned int i = 0; i < nr_services; i++)
		if (services[i]->debug)
			services[i]->debug(vcpu);
	pause_here(vcpu);
	return vcpu->steppers && has_halted(vcpu) ? EXIT_HALT : EXIT_RESUME;
}

bool services_exit(struct vcpu *vcpu)
{
	for (unsigned int i = 0; i < nr_services; i++)
		if (services[i]->exit && services[i]->exit(vcpu)) {
			pause_here(vcpu);
			return true;
		}
	return false;
}

bool services_want_ports(const struct kvm *kvm)
{
	for (unsigned int i = 0; i < nr_services; i++)
		if (services[i]->wants_ports && services[i]->wants_ports(kvm))
			return true;
	return false;
}

/* As KVM would say it. */
void services_halted(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;

	if (!vcpu->steppers || run->exit_reason == KVM_EXIT_DEBUG)
		return;
	run->exit_reason = KVM_EXIT_DEBUG;
	run->debug.arch = (struct kvm_debug_exit_arch){
		.exception = DB_VECTOR,
		.pc = run->s.regs.sregs.cs.base + run->s.regs.regs.rip,
		.dr6 = DR6_BS,
	};
	services_debug(vcpu);
}

bool services_keep(struct vm *vm)
{
	for (unsigned int i = 0; i < nr_started; i++)
		if (services[i]->keep && services[i]->keep(vm))
			return true;
	return false;
}

void services_ended(struct vm *vm)
{
	for (unsigned int i = 0; i < nr_started; i++)
		if (services[i]->ended)
			services[i]->ended(vm);
}
