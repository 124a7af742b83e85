/*
 * kvm-vmm without MACHINE: the least that runs a guest. One real-mode program,
 * one virtual CPU, one loop; what follows is all of it, in the order in which
 * it happens. A guest that does more than compute, use its devices and halt is
 * told so. Follows the KVM API document.
 */
#include "bare.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "abi/exit_status.h"
#include "core/cpuregs.h"
#include "loader.h"
#include "util/log.h"

#define TSS_ADDR 0xfffbd000 /* three pages without RAM, which Intel CPUs need */

TABLE_DECLARE(loader, loader);

static int failed(const char *what, int status)
{
	log_error("%s: %s", what, strerror(errno));
	return status;
}

/* Maps the file of @image. 0, or an exit status after one message. */
static int open_image(struct image *image)
{
	int fd = open(image->path, O_RDONLY | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return failed(image->path, STATUS_USAGE);
	if (!S_ISREG(st.st_mode) || !st.st_size) {
		log_error("%s: not a file, or an empty one", image->path);
		return STATUS_USAGE;
	}
	image->size = st.st_size;
	image->data = mmap(NULL, image->size, PROT_READ, MAP_PRIVATE, fd, 0);
	return image->data == MAP_FAILED ? failed(image->path, STATUS_USAGE) :
					   0;
}

/* The virtual machine: an address space, and RAM at its start. */
static int create_vm(int kvm, const struct memory *mem)
{
	struct kvm_userspace_memory_region ram = {
		.memory_size = mem->size,
		.userspace_addr = (uintptr_t)mem->base,
	};
	int vm = ioctl(kvm, KVM_CREATE_VM, 0);

	if (vm < 0 || ioctl(vm, KVM_SET_TSS_ADDR, TSS_ADDR) ||
	    ioctl(vm, KVM_SET_USER_MEMORY_REGION, &ram))
		return -1;
	return vm;
}

/* A virtual CPU in state @cpu, and the page where KVM tells why it left. */
static int create_vcpu(struct bare *bare, int kvm, int vm,
		       const struct cpu_state *cpu)
{
	int size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	struct kvm_sregs sregs;
	struct kvm_regs regs;

	bare->vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	if (size < 0 || bare->vcpu < 0 ||
	    ioctl(bare->vcpu, KVM_GET_SREGS, &sregs))
		return -1;
	cpuregs_lay(cpu, &sregs, &regs);
	if (ioctl(bare->vcpu, KVM_SET_SREGS, &sregs) ||
	    ioctl(bare->vcpu, KVM_SET_REGS, &regs))
		return -1;
	bare->run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
			 bare->vcpu, 0);
	return bare->run == MAP_FAILED ? -1 : 0;
}

static int end(const struct bare *bare, int status, const char *why)
{
	log_error("%s: VM exit %u: %s", bare->name, bare->run->exit_reason,
		  why);
	return status;
}

/* Enters the guest until it ends; the exit status. */
static int run(struct bare *bare)
{
	while (!bare->stopped) {
		if (ioctl(bare->vcpu, KVM_RUN, 0)) {
			if (errno == EINTR)
				continue; /* a signal, and not for us */
			return failed("KVM_RUN", STATUS_FAILED);
		}
		switch (bare->run->exit_reason) {
		case KVM_EXIT_HLT:
			return STATUS_OK;
		case KVM_EXIT_IO:
			if (bare_io_answer(bare))
				break;
			return end(bare, STATUS_FAILED,
				   "I/O, and no device is built in");
		case KVM_EXIT_SHUTDOWN:
			return end(bare, STATUS_CRASHED,
				   "crashed: triple fault");
		case KVM_EXIT_FAIL_ENTRY:
		case KVM_EXIT_INTERNAL_ERROR:
			return end(bare, STATUS_CRASHED,
				   "crashed: KVM cannot go on");
		default:
			return end(bare, STATUS_FAILED,
				   "only the whole machine can answer it");
		}
	}
	return bare->status;
}

/* From an image to an exit status. Nothing is undone: the process ends. */
static int boot(const struct loader *loader, const char *path)
{
	struct bare bare = { .name = path };
	struct image image = { .path = path };
	struct memory mem;
	struct cpu_state cpu;
	int kvm, vm, status;

	status = open_image(&image);
	if (status)
		return status;
	if (mem_init(&mem, loader->mem_default))
		return failed("guest RAM", STATUS_FAILED);
	if (loader->load(&image, NULL, &mem, &cpu))
		return STATUS_USAGE;
	kvm = open("/dev/kvm", O_RDWR);
	if (kvm < 0) {
		log_error("/dev/kvm: %s; `make run RUN=lab` needs none",
			  strerror(errno));
		return STATUS_FAILED;
	}
	vm = create_vm(kvm, &mem);
	if (vm < 0 || create_vcpu(&bare, kvm, vm, &cpu))
		return failed("KVM's virtual machine", STATUS_FAILED);
	return bare_io_init(&bare) ? STATUS_FAILED : run(&bare);
}

int main(int argc, char **argv)
{
	const struct loader *loader = *__start_table_loader; /* flat, alone */
	const char *word = argc == 2 ? argv[1] : "";

	if (*word && *word != '-')
		return boot(loader, word);
	if (!strcmp(word, "--help")) {
		printf("Usage: kvm-vmm IMAGE | --list | --version | --help\n");
	} else if (!strcmp(word, "--version")) {
		printf("kvm-vmm %s\n", MKVM_VERSION);
	} else if (!strcmp(word, "--list")) {
		bare_io_list();
		printf("loader  %-10s %s\n", loader->name, loader->what);
	} else {
		log_error("give one image and no option: this kvm-vmm was "
			  "built without MACHINE; try `kvm-vmm --help`");
		return STATUS_USAGE;
	}
	return fflush(stdout) || ferror(stdout) ? STATUS_FAILED : STATUS_OK;
}
