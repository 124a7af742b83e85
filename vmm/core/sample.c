/* The last look at a guest: see sample.h. */
#include "core/sample.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "abi/exit_status.h"
#include "core/sampler.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "irqchip.h"
#include "terminal/console.h"
#include "util/clock.h"
#include "x86/apic.h"
#include "x86/bits.h"

#define TICK_NS	  (5 * NS_PER_MS)
#define LOOKS	  20 /* a tenth of a second */
#define TICKS_MAX 80 /* also where a vCPU waits for something else */

static uint64_t linear(const struct sample_cpu *cpu, uint64_t rip)
{
	return cpu->sregs.efer & EFER_LMA && cpu->sregs.cs.l ?
		       rip :
		       (uint32_t)(cpu->sregs.cs.base + rip);
}

static bool same_but_place(const struct kvm_regs *a, const struct kvm_regs *b)
{
	struct kvm_regs x = *a;

	x.rip = b->rip;
	x.rflags = b->rflags;
	x.rax = b->rax;
	return !memcmp(&x, b, sizeof(x));
}

static void look_at_lapic(struct sample_cpu *cpu, struct vcpu *vcpu)
{
	cpu->has_lapic = irqstate_read_lapic(vcpu, &cpu->lapic);
	for (unsigned int i = 0; i < SAMPLE_VECTORS; i++) {
		uint32_t irr = cpu->lapic.regs[APIC_IRR + i];
		uint32_t isr = cpu->lapic.regs[APIC_ISR + i];

		cpu->irr[i] = cpu->looks ? cpu->irr[i] & irr : irr;
		cpu->isr[i] = cpu->looks ? cpu->isr[i] & isr : isr;
		cpu->isr_ever[i] |= isr;
	}
}

/* Halted where that is a thread of ours (irqchip.h, halt). */
static bool waits(const struct vcpu *vcpu)
{
	const struct irqchip *chip = vcpu->vm->config.irqchip;

	return chip && chip->halt && vcpu->run->exit_reason == KVM_EXIT_HLT;
}

static void look_at_cpu(struct sample_cpu *cpu, struct vcpu *vcpu)
{
	struct kvm_mp_state mp = { 0 };
	struct kvm_regs regs;
	uint64_t rip;

	if (ioctl(vcpu->fd, KVM_GET_REGS, &regs) ||
	    ioctl(vcpu->fd, KVM_GET_SREGS, &cpu->sregs))
		return;
	ioctl(vcpu->fd, KVM_GET_MP_STATE, &mp);
	look_at_lapic(cpu, vcpu);
	rip = linear(cpu, regs.rip);
	if (!cpu->looks)
		cpu->low = cpu->high = rip;
	cpu->moved |= cpu->looks && !same_but_place(&cpu->regs, &regs);
	cpu->rax_moved |= cpu->looks && cpu->regs.rax != regs.rax;
	if (rip < cpu->low)
		cpu->low = rip;
	if (rip > cpu->high)
		cpu->high = rip;
	cpu->regs = regs;
	cpu->mp_state = mp.mp_state;
	cpu->nr_halted += mp.mp_state == KVM_MP_STATE_HALTED || waits(vcpu);
	cpu->nr_if += !!(regs.rflags & RFLAGS_IF);
	cpu->looks++;
}

static uint16_t both(uint8_t master, uint8_t slave)
{
	return master | slave << 8;
}

static void look_at_chips(struct sample *sample, struct vm *vm)
{
	const struct pic_view *pics = sample->irq.view.pics;
	const uint16_t all = sample->looks ? 0 : 0xffff;

	irqstate_read(vm, &sample->irq);
	sample->irr = (sample->irr | all) & both(pics[0].irr, pics[1].irr);
	sample->isr = (sample->isr | all) & both(pics[0].isr, pics[1].isr);
	sample->lines = (sample->lines | all) &
			both(pics[0].lines, pics[1].lines);
	sample->isr_ever |= both(pics[0].isr, pics[1].isr);
	sample->pins = (sample->looks ? sample->pins : ~0U) &
		       sample->irq.view.ioapic.lines;
	sample->looks++;
}

static struct sample *make(const struct vm *vm)
{
	size_t cpus = vm->nr_vcpus * sizeof(struct sample_cpu);
	struct sample *sample = calloc(1, sizeof(*sample) + cpus);

	if (!sample)
		return NULL;
	pthread_mutex_init(&sample->lock, NULL);
	sample->nr_cpus = vm->nr_vcpus;
	sample->silent = !console_count(vm->config.console->console);
	return sample;
}

void sample_free(struct sample *sample)
{
	free(sample);
}

struct sample *sample_once(struct vcpu *vcpu)
{
	struct sample *sample = make(vcpu->vm);

	if (!sample)
		return NULL;
	look_at_chips(sample, vcpu->vm);
	look_at_cpu(&sample->cpus[vcpu->id], vcpu);
	return sample;
}

/* One access: what it is about, and its value. False: another kind of exit. */
static bool get_access(const struct vcpu *vcpu, struct sample_access *access)
{
	const struct kvm_run *run = vcpu->run;

	*access = (struct sample_access){ .kind = SAMPLE_IN };
	if (run->exit_reason == KVM_EXIT_IO) {
		access->kind = run->io.direction == KVM_EXIT_IO_OUT ?
				       SAMPLE_OUT :
				       SAMPLE_IN;
		access->addr = run->io.port;
		access->size = run->io.size;
		memcpy(&access->value,
		       (const uint8_t *)run + run->io.data_offset,
		       run->io.size);
		return true;
	}
	if (run->exit_reason != KVM_EXIT_MMIO)
		return false;
	access->kind = run->mmio.is_write ? SAMPLE_WRITE : SAMPLE_READ;
	access->addr = run->mmio.phys_addr;
	access->size = run->mmio.len;
	memcpy(&access->value, run->mmio.data, run->mmio.len);
	return true;
}

static struct sample_access *find_row(struct sample_cpu *cpu,
				      const struct vcpu *vcpu,
				      const struct sample_access *access)
{
	bool port = access->kind <= SAMPLE_OUT;
	struct sample_access *row = cpu->accesses;

	for (; row < cpu->accesses + cpu->nr_accesses; row++)
		if (row->kind == access->kind && row->addr == access->addr &&
		    row->size == access->size)
			return row;
	if (cpu->nr_accesses == SAMPLE_ACCESSES)
		return NULL;
	cpu->nr_accesses++;
	*row = *access;
	row->ones = row->zeros = UINT64_MAX;
	row->device = bus_owner(port ? &vcpu->vm->pio : &vcpu->vm->mmio,
				access->addr);
	return row;
}

static void note_access(struct sample_cpu *cpu, const struct vcpu *vcpu,
			const struct sample_access *access)
{
	struct sample_access *row = find_row(cpu, vcpu, access);

	if (!row) {
		cpu->nr_missed++;
		return;
	}
	row->count++;
	row->value = access->value;
	row->ones &= access->value;
	row->zeros &= ~access->value;
	row->rip = linear(cpu, vcpu->run->s.regs.regs.rip);
}

/* In the place of vcpu->enter: the last exit has been answered by now. */
static void note_and_enter(struct vcpu *vcpu)
{
	struct sample *sample = atomic_load(&vcpu->vm->sample);
	struct sample_cpu *cpu = &sample->cpus[vcpu->id];
	struct sample_access access;

	pthread_mutex_lock(&sample->lock);
	if (vcpu->exit_number != cpu->last_exit) {
		cpu->last_exit = vcpu->exit_number;
		cpu->nr_exits++;
		if (get_access(vcpu, &access))
			note_access(cpu, vcpu, &access);
		else if (vcpu->run->exit_reason == KVM_EXIT_HLT)
			cpu->nr_hlt++;
		else if (vcpu->run->exit_reason == KVM_EXIT_IOAPIC_EOI)
			cpu->nr_eoi++;
		else
			cpu->nr_other++;
	}
	pthread_mutex_unlock(&sample->lock);
	if (cpu->enter)
		cpu->enter(vcpu);
}

/* Asked of each vCPU at each tick. */
static void look(struct vcpu *vcpu, void *arg)
{
	struct sample *sample = arg;
	struct sample_cpu *cpu = &sample->cpus[vcpu->id];

	pthread_mutex_lock(&sample->lock);
	if (vcpu->enter != note_and_enter) {
		cpu->enter = vcpu->enter;
		cpu->last_exit = vcpu->exit_number;
		vcpu->enter = note_and_enter;
	}
	if (!vcpu->id)
		look_at_chips(sample, vcpu->vm);
	look_at_cpu(cpu, vcpu);
	pthread_mutex_unlock(&sample->lock);
}

/* One that a debugger has stopped is in other hands. */
static bool is_running(struct vm *vm)
{
	return atomic_load(&vm->begun) && !atomic_load(&vm->stopping) &&
	       !vm_is_paused(vm);
}

static void ask(struct vm *vm)
{
	struct sample *sample = atomic_load(&vm->sample);

	for (unsigned int id = 0; id < vm->nr_vcpus; id++) {
		struct question *question = &sample->cpus[id].question;

		question->ask = look;
		question->arg = sample;
		vcpu_post(&vm->vcpus[id], question);
	}
}

/* Whether every vCPU of @vm has been asked often enough. */
static bool has_seen(struct vm *vm)
{
	struct sample *sample = atomic_load(&vm->sample);
	bool all = true;

	pthread_mutex_lock(&sample->lock);
	for (unsigned int id = 0; id < vm->nr_vcpus; id++)
		all &= sample->cpus[id].looks >= LOOKS;
	pthread_mutex_unlock(&sample->lock);
	return all;
}

static void finish(struct sampler *sampler)
{
	sampler->done = true;
	event_arm(sampler->timer.fd, 0, 0);
	sampler->quit(sampler->arg, sampler->status, sampler->reason);
}

static void on_tick(void *arg, uint32_t events)
{
	struct sampler *sampler = arg;
	bool all = true;

	(void)events;
	event_ack(sampler->timer.fd);
	for (unsigned int i = 0; i < sampler->nr_vms; i++) {
		struct vm *vm = &sampler->vms[i];

		if (!atomic_load(&vm->sample) || !is_running(vm) ||
		    has_seen(vm))
			continue;
		ask(vm);
		all = false;
	}
	if (all || ++sampler->ticks == TICKS_MAX)
		finish(sampler);
}

static bool start_timer(struct sampler *sampler)
{
	int fd = event_timer_fd();

	if (fd < 0)
		return false;
	sampler->timer = (struct event_source){ fd, on_tick, sampler };
	if (event_add(sampler->loop, &sampler->timer, EPOLLIN))
		return false;
	event_arm(fd, 1, TICK_NS);
	return true;
}

void sampler_init(struct sampler *sampler, struct event_loop *loop,
		  struct console *console, struct vm *vms, unsigned int nr_vms)
{
	*sampler = (struct sampler){
		.loop = loop, .console = console, .vms = vms, .nr_vms = nr_vms
	};
}

void sampler_then(struct sampler *sampler,
		  void (*quit)(void *arg, int status, const char *reason),
		  void *arg)
{
	sampler->quit = quit;
	sampler->arg = arg;
}

/* Time has run out, or the user has seen nothing. */
static bool is_odd(const struct sampler *sampler, int status)
{
	if (status == STATUS_LIMIT)
		return true;
	return status != STATUS_FAILED && sampler->nr_vms == 1 &&
	       !console_count(sampler->console) &&
	       !atomic_load(&sampler->vms->on_terminal);
}

/* False: no memory, and it is not looked at. */
static bool prepare(struct vm *vm)
{
	struct sample *sample = make(vm);

	if (sample)
		sample->input_over = console_awaits(vm->config.console);
	atomic_store(&vm->sample, sample);
	return sample;
}

bool sampler_goes_first(struct sampler *sampler, int status, const char *reason)
{
	bool any = false;

	if (sampler->begun || !is_odd(sampler, status))
		return sampler->begun && !sampler->done &&
		       status != STATUS_FAILED;
	for (unsigned int i = 0; i < sampler->nr_vms; i++)
		any |= is_running(&sampler->vms[i]) &&
		       prepare(&sampler->vms[i]);
	sampler->begun = any && start_timer(sampler);
	sampler->status = status;
	sampler->reason = reason;
	return sampler->begun;
}

void sampler_end(struct sampler *sampler)
{
	if (sampler->timer.fd > 0)
		close(sampler->timer.fd);
	for (unsigned int i = 0; i < sampler->nr_vms; i++)
		sample_free(atomic_exchange(&sampler->vms[i].sample, NULL));
}
