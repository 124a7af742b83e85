/* One guest of the command line: what it is to be, and its memory. */
#ifndef MKVM_GUEST_H
#define MKVM_GUEST_H

struct cpu_state;
struct files;
struct image;
struct kvm;
struct loader;
struct options;
struct vm;
struct vm_config;

/* The loader for @image of guest number @id, or of the guest that goes on; NULL
 * after one message. */
const struct loader *guest_loader(const struct options *opt,
				  const struct image *image, unsigned int id);

/*
 * Fills in what follows from @opt and from what guests of this kind need: RAM,
 * vCPUs, interrupt controllers, devices, limits. 0; or after one message -EINVAL when
 * the user asked for what does not fit, another -errno when the host cannot.
 */
int guest_configure(const struct options *opt, const struct kvm *kvm,
		    const struct loader *loader, const struct files *files,
		    struct vm_config *config);

/* Undoes it, when the VM is gone. */
void guest_unconfigure(struct vm_config *config);

/* Loads the image of @files, and what else of them it takes, into @vm's RAM. 0 with its first
 * registers in @cpu, or -errno after one message. */
int guest_load(const struct options *opt, const struct loader *loader,
	       const struct files *files, struct vm *vm, struct cpu_state *cpu);

#endif
