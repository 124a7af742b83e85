/*
 * loop IMAGE [regs]: the least that runs a real-mode guest which prints: one
 * KVM_RUN after the other and a switch. It answers COM1's transmit and line
 * status registers and the hypercall that prints, collects output, and writes
 * it in batches. What kvm-vmm's price per exit is compared with.
 *
 * The hypercall's argument is in a register. With "regs" KVM hands registers
 * over with every exit, as kvm-vmm wants them; without, an exit has none.
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "abi/hypercall.h"

#define RAM_SIZE  (1 << 20)
#define BATCH	  4096
#define COM1_THR  0x3f8
#define COM1_LSR  0x3fd
#define LSR_EMPTY 0x60 /* PC16550D "Line Status Register": THRE, TEMT */

#define TRY(call)                               \
	do {                                    \
		if ((call) < 0) {               \
			perror("loop: " #call); \
			return 1;               \
		}                               \
	} while (0)

static char batch[BATCH];
static size_t batched;

static int flush(void)
{
	size_t done = 0;

	while (done < batched) {
		ssize_t len =
			write(STDOUT_FILENO, batch + done, batched - done);

		TRY(len);
		done += (size_t)len;
	}
	batched = 0;
	return 0;
}

static int put(char c)
{
	batch[batched++] = c;
	return batched == BATCH ? flush() : 0;
}

/* Answers a port; 0, or 1 when that failed. */
static int answer(struct kvm_run *run)
{
	uint8_t *data = (uint8_t *)run + run->io.data_offset;

	switch (run->io.port) {
	case COM1_THR:
		return put((char)*data);
	case COM1_LSR:
		*data = LSR_EMPTY;
		return 0;
	case HC_PORT:
		return *data == HC_PUTCHAR ? put((char)run->s.regs.regs.rbx) :
					     1;
	default:
		return 1;
	}
}

static int run_guest(int vcpu, struct kvm_run *run)
{
	for (;;) {
		TRY(ioctl(vcpu, KVM_RUN, 0));
		switch (run->exit_reason) {
		case KVM_EXIT_IO:
			if (answer(run))
				return 1;
			break;
		case KVM_EXIT_HLT:
			return flush();
		default:
			fprintf(stderr, "loop: exit %u\n", run->exit_reason);
			return 1;
		}
	}
}

static int set_registers(int vcpu)
{
	struct kvm_regs regs = { .rflags = 2, .rsp = 0xfffe };
	struct kvm_sregs sregs;

	TRY(ioctl(vcpu, KVM_GET_SREGS, &sregs));
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	TRY(ioctl(vcpu, KVM_SET_SREGS, &sregs));
	TRY(ioctl(vcpu, KVM_SET_REGS, &regs));
	return 0;
}

static int load(void *ram, const char *path)
{
	int fd;

	TRY(fd = open(path, O_RDONLY | O_CLOEXEC));
	TRY(read(fd, ram, RAM_SIZE));
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	struct kvm_userspace_memory_region region = {
		.memory_size = RAM_SIZE,
	};
	struct kvm_run *run;
	void *ram;
	int kvm, vm, vcpu, size;

	if (argc < 2)
		return 64;
	TRY(kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC));
	TRY(size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0));
	TRY(vm = ioctl(kvm, KVM_CREATE_VM, 0));
	TRY(ioctl(vm, KVM_SET_TSS_ADDR, 0xfffbd000));
	ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (ram == MAP_FAILED || load(ram, argv[1]))
		return 1;
	region.userspace_addr = (__u64)ram;
	TRY(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region));
	TRY(vcpu = ioctl(vm, KVM_CREATE_VCPU, 0));
	run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu,
		   0);
	if (run == MAP_FAILED || set_registers(vcpu))
		return 1;
	if (argc > 2)
		run->kvm_valid_regs = KVM_SYNC_X86_REGS;
	return run_guest(vcpu, run);
}
