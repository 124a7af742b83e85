/*
 * The halt watch. Per VM, tick by tick:
 *
 *   measure -> still? -> ask all vCPUs -> all say "halted for good"? -> ask
 *   once more -> again? -> the guest has ended
 *
 * Two rounds, because while the first one collects answers a vCPU that has not
 * answered yet may still start another. A guest that is merely idle is asked
 * more and more rarely until it works again. One that is at work is asked now
 * and then, too: a timer that goes on ticking wakes a vCPU that can take no
 * interrupt, which costs CPU time and changes nothing.
 *
 * What wakes a vCPU in spite of that, an NMI, is not looked for: nothing here
 * sends one unless the guest has made an interrupt line into it.
 */
#include "core/watch.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "abi/exit_status.h"
#include "core/pause.h"
#include "core/unstarted.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "irqchip.h"
#include "util/log.h"

#define TICK_NS	     50000000ULL /* 50 ms */
#define ROUNDS	     2
#define PATIENCE_MAX 16 /* ticks between two questions */

struct watch_state {
	uint64_t cpu_ns;       /* of all vCPUs, at the last tick */
	unsigned int round;    /* rounds asked in a row; 0 while measuring */
	unsigned int patience; /* ticks to leave an idle guest alone */
	unsigned int wait;     /* of them still to go */
	unsigned int busy;     /* ticks that it has been at work */
	bool still;	       /* it was idle when it was asked */
};

static bool can_never_run(const struct vcpu *vcpu)
{
	struct kvm_mp_state state;

	if (ioctl(vcpu->fd, KVM_GET_MP_STATE, &state))
		return false;
	switch (state.mp_state) {
	case KVM_MP_STATE_HALTED:
		return !vcpu->run->if_flag;
	case KVM_MP_STATE_UNINITIALIZED:
	case KVM_MP_STATE_INIT_RECEIVED:
		return true; /* only another vCPU could start it */
	default:
		return false;
	}
}

static void answer(struct vcpu *vcpu, void *arg)
{
	(void)arg;
	if (vcpu->vm->nr_vcpus > 1)
		unstarted_look(vcpu);
	if (can_never_run(vcpu))
		atomic_fetch_add(&vcpu->vm->halted_votes, 1);
}

static void ask(struct vm *vm)
{
	atomic_store(&vm->halted_votes, 0);
	for (unsigned int id = 0; id < vm->nr_vcpus; id++)
		vcpu_post(&vm->vcpus[id], &vm->vcpus[id].watch);
}

/* Where guests run one after another, most of them wait for their turn. */
static bool is_running(const struct vm *vm)
{
	return atomic_load(&vm->begun) && !atomic_load(&vm->stopping);
}

/* Whether it is time to ask a guest that was @still, or at work. */
static bool is_time(struct watch_state *state, bool still)
{
	if (!still) {
		state->patience = state->wait = 0;
		return ++state->busy > PATIENCE_MAX;
	}
	state->busy = 0;
	if (!state->wait)
		return true;
	state->wait--;
	return false;
}

static void measure(struct watch_state *state, struct vm *vm)
{
	uint64_t now_ns = vm_cpu_ns(vm);
	bool still = now_ns == state->cpu_ns;

	state->cpu_ns = now_ns;
	if (!is_time(state, still))
		return;
	state->busy = 0;
	state->round = 1;
	state->still = still;
	ask(vm);
}

static void count_votes(struct watch_state *state, struct vm *vm)
{
	if (atomic_load(&vm->halted_votes) < vm->nr_vcpus) {
		state->round = 0;
		state->patience = state->patience * 2 + 1;
		if (state->patience > PATIENCE_MAX)
			state->patience = PATIENCE_MAX;
		state->wait = state->patience;
		state->cpu_ns = vm_cpu_ns(vm);
		if (state->still)
			unstarted_tell(vm);
	} else if (state->round++ < ROUNDS) {
		ask(vm);
	} else {
		vm_stop(vm, STATUS_HALTED,
			"halted with interrupts off: it can never run again");
	}
}

/* Only in the kernel does a halted vCPU sleep where nobody sees it. */
static bool needs_watch(const struct vm *vm)
{
	return vm->config.irqchip && !vm->config.irqchip->halt;
}

static void on_tick(void *arg, uint32_t events)
{
	struct watch *watch = arg;

	(void)events;
	event_ack(watch->timer.fd);
	for (unsigned int i = 0; i < watch->nr_vms; i++) {
		struct watch_state *state = &watch->states[i];
		struct vm *vm = &watch->vms[i];

		if (!is_running(vm) || !needs_watch(vm))
			continue;
		if (vm_is_paused(vm))
			state->round = 0;
		else if (state->round)
			count_votes(state, vm);
		else
			measure(state, vm);
	}
}

/* False: none of its vCPUs has to be asked, ever. */
static bool prepare(struct vm *vm)
{
	for (unsigned int id = 0; id < vm->nr_vcpus; id++)
		vm->vcpus[id].watch.ask = answer;
	return needs_watch(vm);
}

int watch_start(struct watch *watch, struct event_loop *loop, struct vm *vms,
		unsigned int nr_vms)
{
	bool needed = false;
	int err;

	*watch = (struct watch){ .vms = vms, .nr_vms = nr_vms };
	for (unsigned int i = 0; i < nr_vms; i++)
		needed |= prepare(&vms[i]);
	if (!needed)
		return 0;
	err = event_timer_fd();
	if (err < 0)
		return err;
	watch->timer = (struct event_source){ .fd = err,
					      .ready = on_tick,
					      .arg = watch };
	watch->states = calloc(nr_vms, sizeof(*watch->states));
	err = watch->states ? event_add(loop, &watch->timer, EPOLLIN) : -ENOMEM;
	if (err) {
		log_error("halt watch: %s", strerror(-err));
		watch_stop(watch);
		return err;
	}
	event_arm(watch->timer.fd, TICK_NS, TICK_NS);
	return 0;
}

void watch_stop(struct watch *watch)
{
	if (watch->timer.fd > 0)
		close(watch->timer.fd);
	free(watch->states);
}
