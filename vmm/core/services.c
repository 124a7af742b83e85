/* The services that are on, and KVM's debugging for them ("KVM_SET_GUEST_DEBUG"). */
#include "core/services.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>

#include "abi/exit_status.h"
#include "core/kvm.h"
#include "core/pause.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "irqchip.h"
#include "memory_seen.h"
#include "service.h"
#include "util/event.h"
#include "x86/bits.h"
#include "x86/walk.h"

/* SDM 2, opcodes and prefixes */
#define HLT	     0xf4
#define PUSHF	     0x9c
#define OPERAND_SIZE 0x66
#define REX	     0x40
#define SERVICES_MAX 16 /* more than there are rows */

/* SDM 3B, "Debug Status Register (DR6)" */
#define DB_VECTOR 1
#define DR6_BS	  (1ULL << 14)

static const struct service *services[SERVICES_MAX];
static unsigned int nr_services, nr_opened, nr_started;

/* What the main thread is to do for threads of services. */
struct errand {
	struct errand *next;
	void (*call)(void *arg);
	void *arg;
	bool done;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct errand *first; /* all guarded by lock */
	bool open;	      /* the main thread looks */
	int bell;
} errands = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, NULL, false,
	      -1 };

void services_add(const struct service *service)
{
	for (unsigned int i = 0; i < nr_services; i++)
		if (services[i] == service)
			return; /* its option was given twice */
	assert(nr_services < SERVICES_MAX);
	services[nr_services++] = service;
}

const char *services_option(void)
{
	unsigned int i = 0;

	while (i < nr_services && services[i]->says)
		i++;
	return i < nr_services ? services[i]->option : NULL;
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

/* Those that KVM injects itself: KVM API, KVM_GUESTDBG_BLOCKIRQ; since Linux 5.15. */
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
	if (vcpu->steppers) {
		debug.control |= KVM_GUESTDBG_SINGLESTEP | hold_flag(vcpu);
		vcpu->flag_left = true;
	} else if (vcpu->flag_left) {
		debug.control |= KVM_GUESTDBG_USE_HW_BP;
	}
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
	vcpu->injected = -1;
	if (vcpu->chip_enter && !vcpu->holds_irqs)
		vcpu->chip_enter(vcpu);
	vcpu->step_from = vcpu->seen_sregs.cs.base + vcpu->seen.rip;
	arm(vcpu);
}

static bool any_attends(void)
{
	for (unsigned int i = 0; i < nr_services; i++)
		if (services[i]->enter || services[i]->debug ||
		    services[i]->exit || services[i]->keep)
			return true;
	return false;
}

bool services_debugging(void)
{
	for (unsigned int i = 0; i < nr_services; i++)
		if (services[i]->debug)
			return true;
	return false;
}

void services_attend(struct vcpu *vcpu)
{
	if (!any_attends())
		return;
	vcpu->chip_enter = vcpu->enter;
	vcpu->enter = enter;
	vcpu->wanted_regs |= KVM_SYNC_X86_SREGS;
	vcpu->watched = true; /* a crash may take away what they show */
}

int services_open(const char *const *images, unsigned int nr_images)
{
	for (nr_opened = 0; nr_opened < nr_services; nr_opened++) {
		const struct service *service = services[nr_opened];
		int err = service->open ? service->open(images, nr_images) : 0;

		if (!err)
			continue;
		services_close();
		return err;
	}
	return 0;
}

void services_close(void)
{
	while (nr_opened > 0)
		if (services[--nr_opened]->close)
			services[nr_opened]->close();
}

/* --- What is done on the main thread --- */

bool services_on_main(void (*call)(void *arg), void *arg)
{
	struct errand errand = { .call = call, .arg = arg };
	struct errand **at = &errands.first;

	pthread_mutex_lock(&errands.lock);
	while (*at)
		at = &(*at)->next;
	if (errands.open) {
		*at = &errand;
		event_notify(errands.bell);
	}
	while (errands.open && !errand.done)
		pthread_cond_wait(&errands.changed, &errands.lock);
	pthread_mutex_unlock(&errands.lock);
	return errand.done;
}

void services_answer(void)
{
	struct errand *errand;

	pthread_mutex_lock(&errands.lock);
	for (; (errand = errands.first); errands.first = errand->next) {
		errand->call(errand->arg);
		errand->done = true;
	}
	pthread_cond_broadcast(&errands.changed);
	pthread_mutex_unlock(&errands.lock);
}

/* The main thread has a loop, or has none any more. */
static void open_errands(bool open, int bell)
{
	pthread_mutex_lock(&errands.lock);
	errands.open = open;
	errands.bell = bell;
	if (!open)
		errands.first = NULL;
	pthread_cond_broadcast(&errands.changed);
	pthread_mutex_unlock(&errands.lock);
}

int services_start(struct vm *vms, unsigned int nr_vms)
{
	open_errands(true, vms[0].config.stop_fd);
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

	open_errands(false, -1);
	while (nr_started > 0) {
		const struct service *service = services[--nr_started];
		int status = service->stop ? service->stop() : STATUS_OK;

		if (status > worst)
			worst = status;
	}
	return worst;
}

/* One after the other: the first that is through makes way for the next. */
bool services_go_first(int bell)
{
	for (unsigned int i = 0; i < nr_started; i++)
		if (services[i]->goes_first && services[i]->goes_first(bell))
			return true;
	return false;
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

static bool find(const struct vcpu *vcpu, uint64_t addr, uint64_t *gpa)
{
	const struct kvm_sregs *now = &vcpu->run->s.regs.sregs;
	const struct walk_regs regs = { now->cr0, now->cr3, now->cr4,
					now->efer };
	struct walk walk;

	walk_address(&walk, &regs, addr, read_ram, &vcpu->vm->mem);
	*gpa = walk.gpa;
	return walk.end == WALK_MAPPED;
}

/* Byte @off of the instruction that was stepped over; 0 where it cannot be read. */
static uint8_t stepped_byte(const struct vcpu *vcpu, unsigned int off)
{
	uint8_t byte = 0;
	uint64_t gpa;

	if (find(vcpu, vcpu->step_from + off, &gpa))
		mem_read(&vcpu->vm->mem, gpa, &byte, sizeof(byte));
	return byte;
}

/* By how many bytes the step has moved it; others than forward are large. */
static uint64_t step_length(const struct vcpu *vcpu)
{
	const struct kvm_sync_regs *now = &vcpu->run->s.regs;

	return now->sregs.cs.base + now->regs.rip - vcpu->step_from;
}

/*
 * Where KVM emulates an HLT that is stepped over, and has no local APIC to wake
 * the vCPU, it says DEBUG, and HLT never; on AMD-V it is the other way round.
 */
static bool has_halted(const struct vcpu *vcpu)
{
	const struct irqchip *chip = vcpu->vm->config.irqchip;

	return !(chip && chip->has_apic) && step_length(vcpu) == 1 &&
	       stepped_byte(vcpu, 0) == HLT;
}

/* With an operand-size or REX prefix, which are all that it may sensibly have. */
static bool has_pushed_flags(const struct vcpu *vcpu)
{
	uint64_t length = step_length(vcpu);
	uint8_t prefix;

	if (length == 1)
		return stepped_byte(vcpu, 0) == PUSHF;
	if (length != 2 || stepped_byte(vcpu, 1) != PUSHF)
		return false;
	prefix = stepped_byte(vcpu, 0);
	return prefix == OPERAND_SIZE || (prefix & 0xf0) == REX;
}

/* The guest is not to find the trap flag that is KVM's, where the CPU itself has
 * pushed it. */
static void clear_pushed_flag(struct vcpu *vcpu)
{
	const struct kvm_sync_regs *now = &vcpu->run->s.regs;
	const struct kvm_segment *ss = &now->sregs.ss;
	uint64_t addr = now->regs.rsp, gpa;
	uint8_t byte;

	if (!now->sregs.cs.l || !(now->sregs.efer & EFER_LMA))
		addr = (uint32_t)(ss->base +
				  (ss->db ? (uint32_t)addr : (uint16_t)addr));
	/* It is the first bit of the second byte. */
	if (!find(vcpu, addr + 1, &gpa) ||
	    mem_read(&vcpu->vm->mem, gpa, &byte, sizeof(byte)))
		return;
	byte &= (uint8_t) ~(RFLAGS_TF >> 8);
	mem_write(&vcpu->vm->mem, gpa, &byte, sizeof(byte));
}

/*
 * An interrupt that came during a step has pushed KVM's trap flag, and where stepping
 * has ended in the handler, IRET takes it from there: the trap is none of the
 * guest's. While one may come, debug registers of ours, none of which is on, have
 * KVM tell us of it.
 */
static bool is_left_over(const struct vcpu *vcpu)
{
	const struct kvm_debug_exit_arch *arch = &vcpu->run->debug.arch;

	return vcpu->flag_left && !vcpu->steppers &&
	       arch->exception == DB_VECTOR && arch->dr6 & DR6_BS;
}

static void drop_flag(struct vcpu *vcpu)
{
	struct kvm_regs *regs = &vcpu->run->s.regs.regs;

	regs->rflags &= ~(uint64_t)RFLAGS_TF;
	if (ioctl(vcpu->fd, KVM_SET_REGS, regs))
		vm_stop(vcpu->vm, STATUS_FAILED, "vCPU %u: KVM_SET_REGS: %s",
			vcpu->id, strerror(errno));
	vcpu->seen = *regs;
	vcpu->flag_left = false;
	vcpu->debug_changed = true;
}

/* What a service has done may be to pause the guest. */
enum exit_action services_debug(struct vcpu *vcpu)
{
	if (is_left_over(vcpu)) {
		drop_flag(vcpu);
		return EXIT_RESUME;
	}
	if (vcpu->steppers && has_pushed_flags(vcpu))
		clear_pushed_flag(vcpu);
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

/* Of all that are on, and not of those that have started: it may take longer than
 * that. The ones before number @nr. */
static void save_over(struct vm *vm, unsigned int nr)
{
	while (nr-- > 0)
		if (services[nr]->save_over)
			services[nr]->save_over(vm);
}

bool services_let_save(struct vm *vm)
{
	for (unsigned int i = 0; i < nr_services; i++)
		if (services[i]->lets_save && !services[i]->lets_save(vm)) {
			save_over(vm, i);
			return false;
		}
	return true;
}

void services_save_over(struct vm *vm)
{
	save_over(vm, nr_services);
}

void services_ended(struct vm *vm)
{
	for (unsigned int i = 0; i < nr_started; i++)
		if (services[i]->ended)
			services[i]->ended(vm);
}

bool services_save(struct vm *vm)
{
	for (unsigned int i = 0; i < nr_started; i++)
		if (services[i]->save && services[i]->save(vm))
			return true;
	return false;
}
