/* What CPUID tells a guest: what KVM supports, with this guest's topology. */
#ifndef MKVM_CPUID_H
#define MKVM_CPUID_H

struct vm;

/* Sets the CPUID tables of vCPU @id, file descriptor @vcpu_fd. 0, or -errno
 * after one message. */
int cpuid_set(const struct vm *vm, int vcpu_fd, unsigned int id);

#endif
