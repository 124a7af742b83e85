/*
 * What KVM's breakpoints are worth on this host. KVM_SET_GUEST_DEBUG takes them
 * everywhere; that they stop is another matter, as where the CPU below KVM is
 * itself emulated. A real-mode guest of one page tells:
 *
 *   0000  interrupt vectors, all of them to HLT_AT
 *   0400  a program of a few bytes, with HLT behind it
 *   0500  HLT;  0600  a byte of data
 *
 * Whatever happens, it ends in a HLT.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/kvm.h"
#include "core/vm.h"
#include "service/gdb/inner.h"
#include "x86/bits.h"

enum {
	CODE_AT = 0x400,
	HLT_AT = 0x500,
	DATA_AT = 0x600,
	STACK_AT = 0x1000,
	NR_VECTORS = 32,
	TSS_ADDR = 0xfffbd000,
	HLT = 0xf4,
	NR_TRIALS = 3, /* of debug registers */
};

struct break_means break_means;

struct check {
	int vm, vcpu;
	uint8_t *ram;
	struct kvm_run *run;
	size_t run_size;
};

/* One way of stopping: at @stop, by @exception. */
struct trial {
	uint8_t code[8];
	unsigned int stop;
	unsigned int exception;
	struct kvm_guest_debug debug;
};

static const struct trial int3 = {
	.code = { 0x90, 0xcc, HLT },
	.stop = CODE_AT + 1,
	.exception = BP_VECTOR,
	.debug.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_SW_BP,
};

/* DR0 of DR7, and what for: SDM 3B, "Debug Control Register (DR7)". */
static const struct trial debug_regs[NR_TRIALS] = {
	{
		.code = { 0x90, 0x90, HLT },
		.stop = CODE_AT + 1,
		.exception = DB_VECTOR,
		.debug = { .control = KVM_GUESTDBG_ENABLE |
				      KVM_GUESTDBG_USE_HW_BP,
			   .arch.debugreg = { [0] = CODE_AT + 1, [7] = 2 } },
	},
	{
		/* mov [DATA_AT], al */
		.code = { 0xa2, DATA_AT & 0xff, DATA_AT >> 8, 0x90, HLT },
		.stop = CODE_AT + 3,
		.exception = DB_VECTOR,
		.debug = { .control = KVM_GUESTDBG_ENABLE |
				      KVM_GUESTDBG_USE_HW_BP,
			   .arch.debugreg = { [0] = DATA_AT, [7] = 2 | 1 << 16 } },
	},
	{
		/* mov al, [DATA_AT] */
		.code = { 0xa0, DATA_AT & 0xff, DATA_AT >> 8, 0x90, HLT },
		.stop = CODE_AT + 3,
		.exception = DB_VECTOR,
		.debug = { .control = KVM_GUESTDBG_ENABLE |
				      KVM_GUESTDBG_USE_HW_BP,
			   .arch.debugreg = { [0] = DATA_AT, [7] = 2 | 3 << 16 } },
	},
};

/* OUT DX, AL with something in DX that is no port of ours, or of the host's. */
static const uint8_t out[8] = { 0x90, TRAP_OUT, HLT };

static void lay_program(struct check *check, const uint8_t code[8])
{
	const uint16_t vector[2] = { HLT_AT, 0 };

	for (unsigned int i = 0; i < NR_VECTORS; i++)
		memcpy(check->ram + i * sizeof(vector), vector, sizeof(vector));
	memcpy(check->ram + CODE_AT, code, 8);
	check->ram[HLT_AT] = HLT;
}

static bool set_registers(const struct check *check)
{
	struct kvm_regs regs = { .rip = CODE_AT,
				 .rsp = STACK_AT,
				 .rflags = RFLAGS_1 };
	struct kvm_sregs sregs;

	if (ioctl(check->vcpu, KVM_GET_SREGS, &sregs))
		return false;
	sregs.cs.base = sregs.cs.selector = 0;
	return !ioctl(check->vcpu, KVM_SET_SREGS, &sregs) &&
	       !ioctl(check->vcpu, KVM_SET_REGS, &regs);
}

/* Goes on to the next exit; its reason, or KVM_EXIT_UNKNOWN. */
static unsigned int go_on(const struct check *check,
			  const struct kvm_guest_debug *debug)
{
	if (ioctl(check->vcpu, KVM_SET_GUEST_DEBUG, debug) ||
	    ioctl(check->vcpu, KVM_RUN, 0))
		return KVM_EXIT_UNKNOWN;
	return check->run->exit_reason;
}

/* Whether it stops where it is to, and gets to its end from there with the
 * breakpoint gone, as a client goes on. */
static bool stops(struct check *check, const struct trial *trial)
{
	const struct kvm_guest_debug off = { 0 };
	const struct kvm_debug_exit_arch *arch = &check->run->debug.arch;

	lay_program(check, trial->code);
	if (!set_registers(check) ||
	    go_on(check, &trial->debug) != KVM_EXIT_DEBUG ||
	    arch->exception != trial->exception || arch->pc != trial->stop)
		return false;
	check->ram[trial->stop] = HLT;
	return go_on(check, &off) == KVM_EXIT_HLT;
}

/* A vCPU that has left the guest by an OUT, and is to be where it was before: KVM
 * may be about to step behind it, but not from elsewhere (Linux 6.1,
 * complete_fast_pio_out()). */
int check_undo_out(int vcpu, struct kvm_run *run, struct kvm_regs *regs,
		   uint64_t rip)
{
	regs->rip = ~rip & 0xffff;
	if (ioctl(vcpu, KVM_SET_REGS, regs))
		return -errno;
	__atomic_store_n(&run->immediate_exit, 1, __ATOMIC_SEQ_CST);
	if (!ioctl(vcpu, KVM_RUN, 0))
		return -EIO;
	regs->rip = rip;
	return ioctl(vcpu, KVM_SET_REGS, regs) ? -errno : 0;
}

static bool is_out(const struct kvm_run *run)
{
	return run->exit_reason == KVM_EXIT_IO &&
	       run->io.direction == KVM_EXIT_IO_OUT && run->io.size == 1 &&
	       run->io.count == 1;
}

/* Whether an OUT can be made undone, so that what was in its place is executed
 * then; and where RIP is when it is told of. */
static bool undoes_out(struct check *check)
{
	const struct kvm_guest_debug off = { 0 };
	struct kvm_regs regs;

	lay_program(check, out);
	if (!set_registers(check) || go_on(check, &off) != KVM_EXIT_IO ||
	    !is_out(check->run) || ioctl(check->vcpu, KVM_GET_REGS, &regs))
		return false;
	break_means.out_behind = regs.rip == CODE_AT + 2;
	if (!break_means.out_behind && regs.rip != CODE_AT + 1)
		return false;
	check->ram[CODE_AT + 1] = 0x90;
	if (check_undo_out(check->vcpu, check->run, &regs, CODE_AT + 1))
		return false;
	check->run->immediate_exit = 0;
	return go_on(check, &off) == KVM_EXIT_HLT &&
	       !ioctl(check->vcpu, KVM_GET_REGS, &regs) &&
	       regs.rip == CODE_AT + 3;
}

static bool create(struct check *check, const struct kvm *kvm)
{
	struct kvm_userspace_memory_region region = {
		.memory_size = X86_PAGE_SIZE,
	};

	check->vm = ioctl(kvm->fd, KVM_CREATE_VM, 0);
	if (check->vm < 0)
		return false;
	ioctl(check->vm, KVM_SET_TSS_ADDR, TSS_ADDR);
	check->ram = mmap(NULL, X86_PAGE_SIZE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	region.userspace_addr = (uintptr_t)check->ram;
	if (check->ram == MAP_FAILED ||
	    ioctl(check->vm, KVM_SET_USER_MEMORY_REGION, &region))
		return false;
	check->vcpu = ioctl(check->vm, KVM_CREATE_VCPU, 0);
	if (check->vcpu < 0)
		return false;
	check->run_size = kvm->run_size;
	check->run = mmap(NULL, check->run_size, PROT_READ | PROT_WRITE,
			  MAP_SHARED, check->vcpu, 0);
	return check->run != MAP_FAILED;
}

static void destroy(struct check *check)
{
	if (check->run != MAP_FAILED)
		munmap(check->run, check->run_size);
	if (check->vcpu >= 0)
		close(check->vcpu);
	if (check->ram != MAP_FAILED)
		munmap(check->ram, X86_PAGE_SIZE);
	if (check->vm >= 0)
		close(check->vm);
}

void check_means(const struct kvm *kvm)
{
	struct check check = {
		.vm = -1, .vcpu = -1, .ram = MAP_FAILED, .run = MAP_FAILED
	};

	if (break_means.known)
		return;
	break_means.known = true;
	if (create(&check, kvm)) {
		break_means.int3 = stops(&check, &int3);
		break_means.out = !break_means.int3 && undoes_out(&check);
		break_means.debug_regs = true;
		for (unsigned int i = 0; i < NR_TRIALS; i++)
			break_means.debug_regs &= stops(&check, &debug_regs[i]);
	}
	destroy(&check);
}
