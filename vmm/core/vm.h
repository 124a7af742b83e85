/*
 * One guest: its KVM virtual machine, RAM, buses, devices and vCPUs. Several
 * of them live side by side in one process and share only the console.
 */
#ifndef MKVM_VM_H
#define MKVM_VM_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/bus.h"
#include "core/kvm.h"
#include "core/pause.h"
#include "memory.h"
#include "pci.h"
#include "x86/cpustate.h"

/* What is said of a file that RAM was mapped from (vm->mem.file). */
#define MEM_FILE_SHORTER "%s: has become shorter while its guest ran"

struct board;
struct console_guest;
struct fw_files;
struct irqchip;
struct kvm_irq_routing;
struct loader;
struct plan;
struct sample;
struct slots;
struct vcpu;
struct vm_symbols;

struct vm_config {
	const char *name;	       /* for messages: the image's file name */
	const char *image;	       /* the file it is in */
	const struct loader *loader;   /* of the image */
	const char *words_folder;      /* where they are said; NULL: here */
	const char *const *words;      /* that make this machine; words.h */
	const char *symbols;	       /* the file of --symbols, or NULL */
	unsigned int id;	       /* place on the command line, from 0 */
	unsigned int nr_guests;	       /* on the command line */
	unsigned int copy;	       /* of a guest; 0: it is none */
	uint64_t mem_size;	       /* bytes of RAM */
	unsigned int nr_vcpus;	       /* 1.. */
	const struct irqchip *irqchip; /* NULL: no interrupts at all */
	struct plan *plan;	       /* devices by options; NULL: none. The
				  * owner keeps it for as long as the VM is */
	bool hlt_ends;		    /* HLT is how this guest says it is done */
	const char *const *without; /* features left out: feature.h */
	const char *keys;   /* the device that gets them; NULL: who asks last */
	bool keys_chosen;   /* the user names that device */
	bool screen_keys;   /* those typed at its screen go to its keyboard */
	bool quiet_keys;    /* it may read them there without a sign */
	bool by_serial;	    /* it is not waited for on the screen */
	uint64_t max_exits; /* VM exits before STATUS_LIMIT */
	uint64_t max_output;	       /* bytes that it prints before that */
	struct console_guest *console; /* its end of it */
	int stop_fd; /* eventfd made ready when vm_has_ended() */
};

struct vm {
	struct vm_config config;
	const struct kvm *kvm;
	int fd;
	struct memory mem;
	struct bus pio, mmio;
	struct board *boards; /* one per device */
	unsigned int nr_boards;
	struct vcpu *vcpus;
	unsigned int nr_vcpus; /* created so far */
	uint64_t start_ns; /* CLOCK_MONOTONIC when the guest's clock was 0 */
	atomic_ullong nr_exits;
	atomic_ullong nr_printed; /* bytes, with those beyond max_output */

	/* Of interrupt controllers that are devices of ours. */
	struct board *pic, *ioapic;
	atomic_bool intr;	   /* INTR pin of the former, to vCPU 0 */
	pthread_mutex_t intr_lock; /* for waiting on intr_raised */
	pthread_cond_t intr_raised;

	unsigned int nr_kvm_slots; /* beside RAM's: core/slots.h */
	struct fw_files *files;	   /* of firmware, or NULL */
	struct slots *kvm_slots;   /* core/slots.c, or NULL */

	/* What GSIs lead to, by those interrupt controllers that can say. */
	atomic_uint nr_gsis; /* given out behind the lines: core/irqfds.c */
	struct lock routes_lock;
	struct kvm_irq_routing *routes; /* guarded by it; NULL: as KVM has it */

	/* PCI: what is in each slot, and which of them ask on each wire. */
	struct board *slots[PCI_SLOTS];
	unsigned int nr_slots; /* that were given out in turn */
	int spare_bell; /* eventfd: one was emptied; by --control, or 0 */
	struct lock wires_lock;
	uint32_t wires[PCI_WIRES]; /* guarded by it */

	struct pause pause; /* see core/pause.h */
	bool forks;	    /* state_save() is for copies; its caller's */
	bool resets;	    /* the state is of a machine that is reset */
	bool ends_saved;    /* it ends once it is saved; who saves it */
	atomic_bool frozen; /* and has been: workers do nothing any more */
	const struct cpu_state *first; /* registers; NULL: it was restored */
	pthread_mutex_t errand_lock;
	pthread_cond_t errand_done;
	struct errand *errands;	    /* guarded by it: core/errand.h */
	struct vm_symbols *symbols; /* core/symbols.c */
	bool kept; /* it has ended, and a service keeps it; by stop_lock */
	struct bell changed;	   /* of board_ring() */
	atomic_bool saved;	   /* the guest, when it asked for it last */
	bool raised;		   /* workers_raise_others(); constant then */
	bool was_restored;	   /* its clock is what it was; constant then */
	atomic_bool begun;	   /* vm_start(): vCPUs enter their loops */
	atomic_bool stopping;	   /* vCPUs leave their loops */
	atomic_uint nr_running;	   /* vCPU threads that have not left yet */
	atomic_uint halted_votes;  /* see core/watch.c */
	pthread_mutex_t stop_lock; /* guards status until stopping is seen, and
				    * the threads while they are kicked */
	atomic_bool listens;	   /* to the console, at some time */
	uint64_t pressed_ns;	   /* the power button; main thread */
	atomic_bool on_terminal;   /* its screen is, and will stay there */
	bool told_unstarted;	   /* main thread; see core/unstarted.c */
	atomic_int said;	   /* enum lastword: of its own end */
	_Atomic(struct sample *) sample; /* see core/sample.h; or NULL */
	int status;			 /* exit status, valid once stopping */
	struct vcpu *stopped_by; /* whose exit ended it, or NULL; likewise */
};

/* Creates VM, RAM, interrupt controllers and vCPUs; boards_create() shows the guest
 * RAM below the hole. 0, or -errno after one
 * message; vm_free() undoes whatever was done either way. */
int vm_create(struct vm *vm, const struct kvm *kvm,
	      const struct vm_config *config);
void vm_free(struct vm *vm);

/* Slot number @slot of KVM's is the @size bytes at @hva from now on, and for the guest
 * at @gpa; 0 bytes: nothing. 0 or -errno, without a message. */
int vm_set_slot(struct vm *vm, unsigned int slot, uint32_t flags, gpa_t gpa,
		uint64_t size, const void *hva);

/* Likewise the @size bytes of RAM at @gpa, with one message. */
int vm_add_ram(struct vm *vm, unsigned int slot, gpa_t gpa, uint64_t size);

/* The number of one that nobody has. */
unsigned int vm_new_slot(struct vm *vm);

/* Makes the threads of all vCPUs, which stand until vm_start(): vCPU 0 in @cpu, the
 * others wait for its start-up interrupt. NULL: each goes on as state_load() has
 * left it. @cpu stays where it is. 0, or -errno after one message; vm_join()
 * waits for those that were made, once the VM is stopping. */
int vm_raise(struct vm *vm, const struct cpu_state *cpu);

/* Has them enter the guest. Once. */
void vm_start(struct vm *vm);

/* Whether it is stopping, and all that its vCPUs had to say is said: then
 * vm_join() does not wait. */
bool vm_has_ended(struct vm *vm);

/* The calling thread, a vCPU's, is through. */
void vm_leave(struct vm *vm);

/* Waits for the vCPU threads of a stopping VM. */
void vm_join(struct vm *vm);

/*
 * The guest has ended with @status; any thread, at once, and only the first call
 * counts. With a @reason, prints it: "kvm-vmm: NAME: reason". Waits for nobody,
 * so it may be called with a device's lock held. A guest that has ended by itself
 * may be kept by a service (include/service.h) until vm_let_go().
 */
void vm_stop(struct vm *vm, int status, const char *reason, ...)
	__attribute__((format(printf, 3, 4)));

/* Likewise, on behalf of the user: then nobody keeps it. @reason may be NULL. */
void vm_quit(struct vm *vm, int status, const char *reason);

/* The guest that a service has kept is over. Any thread. */
void vm_let_go(struct vm *vm);

/* Has halted vCPUs look at what they wait for: those that are threads of ours
 * (core/pause.h). Any thread, which holds neither intr_lock nor pause.lock. */
void vm_wake_halted(struct vm *vm);

/* Ends the guest, which has pulled the reset line, or has ended in a triple
 * fault after it said something: see core/lastword.h. Any thread. */
void vm_reset(struct vm *vm);

/* Nanoseconds since the guest's clock was 0. */
uint64_t vm_now_ns(const struct vm *vm);

/* CPU time in ns that the threads of its vCPUs have used; it was started. */
uint64_t vm_cpu_ns(const struct vm *vm);

#endif
