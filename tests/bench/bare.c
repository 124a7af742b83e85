/*
 * The least that runs a real-mode guest of one hlt: the ioctls of kvm-vmm in
 * its order, and nothing around them. What kvm-vmm's start is compared with.
 * With an argument, KVM_RUN comes from a thread of its own, as in kvm-vmm.
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#define RAM_SIZE      (1 << 20)
#define HLT	      0xf4
#define CPUID_ENTRIES 256

#define TRY(call)                               \
	do {                                    \
		if ((call) < 0) {               \
			perror("bare: " #call); \
			return 1;               \
		}                               \
	} while (0)

static const int capabilities[] = {
	KVM_CAP_USER_MEMORY, KVM_CAP_SET_TSS_ADDR,   KVM_CAP_EXT_CPUID,
	KVM_CAP_MP_STATE,    KVM_CAP_IMMEDIATE_EXIT,
};

/* The processor of the guest is the one that KVM offers. */
static int set_cpuid(int kvm, int vcpu)
{
	struct kvm_cpuid2 *cpuid = calloc(
		1, sizeof(*cpuid) + CPUID_ENTRIES * sizeof(cpuid->entries[0]));

	if (!cpuid)
		return 1;
	cpuid->nent = CPUID_ENTRIES;
	TRY(ioctl(kvm, KVM_GET_SUPPORTED_CPUID, cpuid));
	TRY(ioctl(vcpu, KVM_SET_CPUID2, cpuid));
	free(cpuid);
	return 0;
}

static int run(int vcpu)
{
	struct kvm_regs regs = { .rflags = 2, .rsp = 0xfffe };
	struct kvm_sregs sregs;

	TRY(ioctl(vcpu, KVM_GET_SREGS, &sregs));
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	TRY(ioctl(vcpu, KVM_SET_SREGS, &sregs));
	TRY(ioctl(vcpu, KVM_SET_REGS, &regs));
	TRY(ioctl(vcpu, KVM_RUN, 0));
	return 0;
}

static void *run_thread(void *vcpu)
{
	return run((int)(intptr_t)vcpu) ? vcpu : NULL;
}

static int run_in_thread(int vcpu)
{
	pthread_t thread;
	void *failed;

	if (pthread_create(&thread, NULL, run_thread, (void *)(intptr_t)vcpu))
		return 1;
	pthread_join(thread, &failed);
	return failed != NULL;
}

int main(int argc, char **argv)
{
	struct kvm_userspace_memory_region region = {
		.memory_size = RAM_SIZE,
	};
	__u64 identity_map = 0xfffbc000;
	unsigned char *ram;
	int kvm, vm, vcpu, size;

	TRY(kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC));
	TRY(ioctl(kvm, KVM_GET_API_VERSION, 0));
	for (size_t i = 0; i < sizeof(capabilities) / sizeof(int); i++)
		TRY(ioctl(kvm, KVM_CHECK_EXTENSION, capabilities[i]));
	TRY(size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0));
	TRY(ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_MAX_VCPUS));
	TRY(vm = ioctl(kvm, KVM_CREATE_VM, 0));
	TRY(ioctl(vm, KVM_SET_IDENTITY_MAP_ADDR, &identity_map));
	TRY(ioctl(vm, KVM_SET_TSS_ADDR, 0xfffbd000));
	ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (ram == MAP_FAILED)
		return 1;
	ram[0] = HLT;
	region.userspace_addr = (__u64)ram;
	TRY(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region));
	TRY(vcpu = ioctl(vm, KVM_CREATE_VCPU, 0));
	TRY(ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_SYNC_REGS));
	if (mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu,
		 0) == MAP_FAILED)
		return 1;
	(void)argv;
	if (set_cpuid(kvm, vcpu))
		return 1;
	return argc > 1 ? run_in_thread(vcpu) : run(vcpu);
}
