/*
 * A vCPU whose guest asks over and over for what only time changes: it sleeps until
 * then, between two KVM_RUNs and with no lock taken. What comes for it meanwhile is a
 * kick (pause.h) or a line of the 8259s that are ours, and both wake who waits for
 * intr_raised. What local APICs in the kernel have for it nobody tells us, so there
 * a sleep is short, and asked for once more.
 */
#include <linux/kvm.h>
#include <pthread.h>
#include <stdatomic.h>

#include "core/board_inner.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "device.h"
#include "irqchip.h"
#include "util/clock.h"

#define UNSEEN_NS (1 * NS_PER_MS) /* that an interrupt may wait */

unsigned int board_repeats(struct board *board)
{
	struct vcpu *vcpu = vcpu_current();
	const struct kvm_regs *regs;
	struct repeats now, *last;

	(void)board;
	if (!vcpu)
		return 0;
	regs = &vcpu->run->s.regs.regs;
	last = &vcpu->repeats;
	now = (struct repeats){
		.exit_number = vcpu->exit_number,
		.rip = regs->rip,
		.rsp = regs->rsp,
		.rsi = regs->rsi,
		.rdi = regs->rdi,
	};
	if (now.exit_number == last->exit_number + 1 && now.rip == last->rip &&
	    now.rsp == last->rsp && now.rsi == last->rsi &&
	    now.rdi == last->rdi)
		now.count = last->count + 1;
	*last = now;
	return now.count;
}

/* For less than a sleep takes: the processor waits. */
void board_linger(struct board *board, uint64_t until_ns)
{
	const uint64_t last_ns = vm_now_ns(board->vm) + BOARD_LINGER_NS;

	until_ns = until_ns < last_ns ? until_ns : last_ns;
	while (vm_now_ns(board->vm) < until_ns)
		__builtin_ia32_pause();
}

static bool is_wanted(const struct vcpu *vcpu)
{
	const struct vm *vm = vcpu->vm;

	return __atomic_load_n(&vcpu->run->immediate_exit, __ATOMIC_SEQ_CST) ||
	       atomic_load(&vm->stopping) ||
	       (atomic_load(&vm->intr) && vcpu->run->if_flag);
}

static void sleep_until(struct vcpu *vcpu, uint64_t until_ns)
{
	struct vm *vm = vcpu->vm;
	const struct timespec until = clock_timespec(vm->start_ns + until_ns);
	int err = 0;

	pthread_mutex_lock(&vm->intr_lock);
	while (!err && !is_wanted(vcpu))
		err = pthread_cond_timedwait(&vm->intr_raised, &vm->intr_lock,
					     &until);
	pthread_mutex_unlock(&vm->intr_lock);
}

/* As its last exit has asked for. */
static void rest(struct vcpu *vcpu)
{
	const struct irqchip *chip = vcpu->vm->config.irqchip;
	const uint64_t now_ns = vm_now_ns(vcpu->vm);
	uint64_t until_ns = vcpu->rest_until_ns;

	vcpu->rest = NULL;
	if (until_ns <= now_ns)
		return;
	if (chip && !chip->halt && vcpu->run->if_flag &&
	    until_ns - now_ns > UNSEEN_NS)
		until_ns = now_ns + UNSEEN_NS;
	sleep_until(vcpu, until_ns);
}

void board_rest(struct board *board, uint64_t until_ns)
{
	struct vcpu *vcpu = vcpu_current();

	(void)board;
	if (!vcpu)
		return;
	vcpu->rest_until_ns = until_ns;
	vcpu->rest = rest;
}
