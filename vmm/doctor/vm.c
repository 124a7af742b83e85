/*
 * The micro-VM the doctor's guests run in: 64 KiB of RAM, one vCPU, nothing
 * else unless asked for. It shares no code with core/, so that a defect there
 * cannot pass for a defect of the host, nor hide one.
 *
 * Follows the KVM API document, "KVM_RUN" and "KVM_SET_SIGNAL_MASK".
 */
#include "doctor.h"

#include <errno.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "util/clock.h"
#include "x86/bits.h"

/* How long a guest may take: a millisecond is plenty, but hosts are busy. */
#define LIMIT_NS NS_PER_SEC

/* Three pages below 4 GiB that KVM on Intel needs for real mode. */
#define TSS_ADDR 0xfffbd000UL

/* The kernel's sigset_t; libc's is longer. */
#define SIGSET_BYTES 8

struct micro_vm {
	int vm, vcpu;
	uint8_t *ram;
	struct kvm_run *run;
	size_t run_size;
	struct micro_result *result;
};

static int __attribute__((format(printf, 2, 3)))
fail(struct micro_vm *mvm, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(mvm->result->why, sizeof(mvm->result->why), fmt, args);
	va_end(args);
	return -1;
}

static int fail_setup(struct micro_vm *mvm, const char *what)
{
	return fail(mvm, "cannot be set up: %s: %s", what, strerror(errno));
}

/* VM, interrupt controllers and RAM: what exists before the first vCPU. */
static int create_vm(struct micro_vm *mvm, int kvm,
		     const struct micro_guest *guest)
{
	struct kvm_pit_config pit = { 0 };
	struct kvm_userspace_memory_region ram = {
		.memory_size = MICRO_RAM,
	};

	mvm->vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (mvm->vm < 0)
		return fail_setup(mvm, "KVM_CREATE_VM");
	if (ioctl(mvm->vm, KVM_SET_TSS_ADDR, TSS_ADDR) < 0)
		return fail_setup(mvm, "KVM_SET_TSS_ADDR");
	if (guest->flags & MICRO_IRQCHIP) {
		if (ioctl(mvm->vm, KVM_CREATE_IRQCHIP, 0) < 0)
			return fail_setup(mvm, "KVM_CREATE_IRQCHIP");
		if (ioctl(mvm->vm, KVM_CREATE_PIT2, &pit) < 0)
			return fail_setup(mvm, "KVM_CREATE_PIT2");
	}
	mvm->ram = mmap(NULL, MICRO_RAM, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mvm->ram == MAP_FAILED)
		return fail_setup(mvm, "guest RAM");
	ram.userspace_addr = (uintptr_t)mvm->ram;
	if (ioctl(mvm->vm, KVM_SET_USER_MEMORY_REGION, &ram) < 0)
		return fail_setup(mvm, "KVM_SET_USER_MEMORY_REGION");
	return 0;
}

/*
 * The features the guests use, and no more: the answer must not hang on what
 * else the host's processor has.
 */
static int set_cpuid(struct micro_vm *mvm)
{
	static const struct kvm_cpuid_entry2 leaves[] = {
		{ .function = 0, .eax = 1 },
		/* FPU, PSE, TSC, MSR, PAE, CX8, APIC */
		{ .function = 1, .eax = 0x600, .edx = 0x379 },
		{ .function = 0x80000000, .eax = 0x80000001 },
		{ .function = 0x80000001, .edx = 1 << 29 }, /* long mode */
	};
	union {
		struct kvm_cpuid2 head;
		uint8_t room[sizeof(struct kvm_cpuid2) + sizeof(leaves)];
	} cpuid = { .head.nent = sizeof(leaves) / sizeof(leaves[0]) };

	memcpy(cpuid.head.entries, leaves, sizeof(leaves));
	return ioctl(mvm->vcpu, KVM_SET_CPUID2, &cpuid);
}

static int create_vcpu(struct micro_vm *mvm, int kvm)
{
	int size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);

	if (size < 0)
		return fail_setup(mvm, "KVM_GET_VCPU_MMAP_SIZE");
	mvm->vcpu = ioctl(mvm->vm, KVM_CREATE_VCPU, 0);
	if (mvm->vcpu < 0)
		return fail_setup(mvm, "KVM_CREATE_VCPU");
	mvm->run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
			mvm->vcpu, 0);
	if (mvm->run == MAP_FAILED)
		return fail_setup(mvm, "struct kvm_run");
	mvm->run_size = size;
	if (set_cpuid(mvm) < 0)
		return fail_setup(mvm, "KVM_SET_CPUID2");
	return 0;
}

/* Code, its word, its tables, and a flat GDT at the usual selectors. */
static void fill_ram(struct micro_vm *mvm, const struct micro_guest *guest)
{
	static const uint32_t word = MICRO_MAGIC;
	const uint64_t gdt[] = {
		0,
		guest->start == START_LONG64 ? 0x00af9b000000ffffULL :
					       0x00cf9b000000ffffULL,
		0x00cf93000000ffffULL,
	};

	memcpy(mvm->ram + MICRO_CODE, guest->code, guest->size);
	memcpy(mvm->ram + MICRO_WORD, &word, sizeof(word));
	memcpy(mvm->ram + MICRO_GDT, gdt, sizeof(gdt));
	if (guest->prepare)
		guest->prepare(mvm->ram);
}

/* What the descriptors in fill_ram() would load. */
static void set_flat(struct kvm_sregs *sregs, bool long_mode)
{
	struct kvm_segment seg = {
		.limit = 0xffffffff,
		.selector = 0x08,
		.type = 0xb, /* code, readable, accessed */
		.present = 1,
		.s = 1,
		.g = 1,
		.db = !long_mode,
		.l = long_mode,
	};

	sregs->cs = seg;
	seg.selector = 0x10;
	seg.type = 0x3; /* data, writable, accessed */
	seg.db = 1;
	seg.l = 0;
	sregs->ds = sregs->es = sregs->fs = sregs->gs = sregs->ss = seg;
	sregs->gdt.base = MICRO_GDT;
	sregs->gdt.limit = 3 * sizeof(uint64_t) - 1;
}

static int set_registers(struct micro_vm *mvm, const struct micro_guest *guest)
{
	struct kvm_regs regs = {
		.rip = MICRO_CODE,
		.rsp = MICRO_STACK,
		.rflags = RFLAGS_1,
	};
	struct kvm_sregs sregs;

	if (ioctl(mvm->vcpu, KVM_GET_SREGS, &sregs) < 0)
		return fail_setup(mvm, "KVM_GET_SREGS");
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	if (guest->start != START_REAL16) {
		set_flat(&sregs, guest->start == START_LONG64);
		sregs.cr0 = CR0_PE | CR0_ET | CR0_NE;
	}
	if (guest->start == START_PAGED32 || guest->start == START_LONG64) {
		sregs.cr0 |= CR0_PG;
		sregs.cr3 = MICRO_TABLES;
		sregs.cr4 = guest->cr4;
	}
	if (guest->start == START_LONG64)
		sregs.efer = EFER_LME | EFER_LMA;
	if (ioctl(mvm->vcpu, KVM_SET_SREGS, &sregs) < 0)
		return fail_setup(mvm, "KVM_SET_SREGS");
	if (ioctl(mvm->vcpu, KVM_SET_REGS, &regs) < 0)
		return fail_setup(mvm, "KVM_SET_REGS");
	return 0;
}

static int set_stepping(struct micro_vm *mvm)
{
	struct kvm_guest_debug debug = {
		.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP,
	};

	if (ioctl(mvm->vcpu, KVM_SET_GUEST_DEBUG, &debug) < 0)
		return fail_setup(mvm, "KVM_SET_GUEST_DEBUG");
	return 0;
}

/* An `out`: to the right port, it is the answer. */
static int take_answer(struct micro_vm *mvm)
{
	const struct kvm_run *run = mvm->run;

	if (run->io.direction != KVM_EXIT_IO_OUT || run->io.port != MICRO_PORT)
		return fail(mvm, "goes astray: touches port 0x%x",
			    run->io.port);
	memcpy(&mvm->result->value, (const uint8_t *)run + run->io.data_offset,
	       run->io.size);
	mvm->result->answered = true;
	return 0;
}

/* One step of a guest that is all one-byte instructions. 1: go on. */
static int take_step(struct micro_vm *mvm, const struct micro_guest *guest)
{
	struct micro_result *result = mvm->result;

	if (mvm->run->debug.arch.pc != MICRO_CODE + ++result->value)
		return fail(mvm, "loses count: step %u ends at 0x%llx",
			    result->value, mvm->run->debug.arch.pc);
	result->answered = result->value == guest->expect;
	return !result->answered;
}

/* 1: the guest goes on; 0: it has answered; -1: it never will. */
static int handle_exit(struct micro_vm *mvm, const struct micro_guest *guest)
{
	const struct kvm_run *run = mvm->run;

	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		return take_answer(mvm);
	case KVM_EXIT_DEBUG:
		return take_step(mvm, guest);
	case KVM_EXIT_SHUTDOWN:
		return fail(mvm, "ends in a triple fault");
	case KVM_EXIT_HLT:
		return fail(mvm, "halts without an answer");
	case KVM_EXIT_MMIO:
		return fail(mvm, "goes astray: touches address 0x%llx",
			    run->mmio.phys_addr);
	case KVM_EXIT_FAIL_ENTRY:
		return fail(mvm, "cannot be entered (hardware reason 0x%llx)",
			    run->fail_entry.hardware_entry_failure_reason);
	case KVM_EXIT_INTERNAL_ERROR:
		return fail(mvm, "ends in an internal error of KVM (%u)",
			    run->internal.suberror);
	default:
		return fail(mvm, "ends in an unexpected exit (reason %u)",
			    run->exit_reason);
	}
}

/*
 * Runs until the guest is done or @limit_ns are over. The timer's signal is
 * blocked everywhere but inside KVM_RUN, so it can neither come too early nor
 * kill us.
 */
static void run_until(struct micro_vm *mvm, const struct micro_guest *guest,
		      uint64_t limit_ns)
{
	uint64_t end = clock_read_ns(CLOCK_MONOTONIC) + limit_ns;

	do {
		if (!ioctl(mvm->vcpu, KVM_RUN, 0)) {
			if (handle_exit(mvm, guest) <= 0)
				return;
		} else if (errno != EINTR) {
			fail(mvm, "cannot run: KVM_RUN: %s", strerror(errno));
			return;
		}
	} while (clock_read_ns(CLOCK_MONOTONIC) < end);
	if (!mvm->result->answered)
		fail(mvm, "hangs: no answer within %lld ms",
		     (long long)limit_ns / NS_PER_MS);
}

/* Lets SIGALRM through during KVM_RUN on top of what @mask lets through. */
static int set_signal_mask(struct micro_vm *mvm, const sigset_t *mask)
{
	union {
		struct kvm_signal_mask head;
		uint8_t room[sizeof(struct kvm_signal_mask) + SIGSET_BYTES];
	} inside = { .head.len = SIGSET_BYTES };
	sigset_t open = *mask;

	sigdelset(&open, SIGALRM);
	memcpy(inside.head.sigset, &open, SIGSET_BYTES);
	return ioctl(mvm->vcpu, KVM_SET_SIGNAL_MASK, &inside);
}

static void run_with_limit(struct micro_vm *mvm,
			   const struct micro_guest *guest, int64_t limit)
{
	const struct timespec none = { 0 };
	const struct itimerval never = { 0 };
	struct itimerval when = {
		.it_value.tv_sec = limit / NS_PER_SEC,
		.it_value.tv_usec = limit % NS_PER_SEC / NS_PER_US,
	};
	sigset_t alarm_only, before;

	sigemptyset(&alarm_only);
	sigaddset(&alarm_only, SIGALRM);
	sigprocmask(SIG_BLOCK, &alarm_only, &before);
	if (set_signal_mask(mvm, &before) < 0) {
		fail_setup(mvm, "KVM_SET_SIGNAL_MASK");
	} else {
		setitimer(ITIMER_REAL, &when, NULL);
		run_until(mvm, guest, limit);
	}
	setitimer(ITIMER_REAL, &never, NULL);
	sigtimedwait(&alarm_only, NULL, &none);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

/* Lets a guest that has answered count on, and reads how far it came. */
static void measure(struct micro_vm *mvm, const struct micro_guest *guest,
		    int ms)
{
	uint64_t start = clock_read_ns(CLOCK_THREAD_CPUTIME_ID);
	struct kvm_regs regs;

	run_with_limit(mvm, guest, (int64_t)ms * NS_PER_MS);
	mvm->result->cpu_ns = clock_read_ns(CLOCK_THREAD_CPUTIME_ID) - start;
	if (!ioctl(mvm->vcpu, KVM_GET_REGS, &regs))
		mvm->result->rax = regs.rax;
}

static void destroy(struct micro_vm *mvm)
{
	if (mvm->run != MAP_FAILED)
		munmap(mvm->run, mvm->run_size);
	if (mvm->vcpu >= 0)
		close(mvm->vcpu);
	if (mvm->vm >= 0)
		close(mvm->vm);
	if (mvm->ram != MAP_FAILED)
		munmap(mvm->ram, MICRO_RAM);
}

void micro_run(int kvm, const struct micro_guest *guest, int ms,
	       struct micro_result *result)
{
	struct micro_vm mvm = {
		.vm = -1,
		.vcpu = -1,
		.ram = MAP_FAILED,
		.run = MAP_FAILED,
		.result = result,
	};

	memset(result, 0, sizeof(*result));
	if (create_vm(&mvm, kvm, guest) || create_vcpu(&mvm, kvm))
		goto out;
	fill_ram(&mvm, guest);
	if (set_registers(&mvm, guest))
		goto out;
	if (guest->flags & MICRO_STEP && set_stepping(&mvm))
		goto out;
	run_with_limit(&mvm, guest, LIMIT_NS);
	if (guest->flags & MICRO_TIMED && result->answered)
		measure(&mvm, guest, ms);
out:
	destroy(&mvm);
}
