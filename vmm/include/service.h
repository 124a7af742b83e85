/*
 * The contract between the run loop and those who may do what a probe may not:
 * stop vCPUs, change their registers, execute single instructions, and keep a
 * guest that has come to its end. A debugger is one.
 *
 * What a service asks of the core is in core/pause.h (vCPUs that stand still
 * and answer) and core/services.h (single steps and breakpoints of KVM's).
 */
#ifndef MKVM_SERVICE_H
#define MKVM_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "table.h"

/* What an option's file has to say, see says(). */
struct said {
	const char *const *words; /* of a command line; ends with NULL */
	const char *image;	  /* what its guest is called after */
	bool foreign; /* others than the user could have written it */
};

struct kvm;
struct vcpu;
struct vm;

struct service {
	const char *name;   /* one word, as in --list */
	const char *what;   /* one line for --list and --help */
	const char *option; /* turns it on, "--gdb" */
	const char *arg;    /* name of the option's argument; NULL: none */
	bool arg_optional;

	/* Whether @word, which stands behind the option, is its argument and no
	 * image. NULL: only what has a "=" between is. */
	bool (*is_arg)(const char *word);

	/* The option was given, with @arg (NULL: without one), before any
	 * guest exists. 0, or -errno after one message. NULL: nothing to do. */
	int (*setup)(const char *arg);

	/*
	 * @arg names a file that makes the machine, in the place of an image:
	 * fills in @said, whose words come before all that the user says. They stay
	 * readable as long as the process lives. 0, or -errno after one message.
	 * NULL: it does not.
	 */
	int (*says)(const char *arg, struct said *said);

	/*
	 * The command line is read, and names the @nr_images files at @images.
	 * There is no other thread yet, and no /dev/kvm is open: the time to
	 * fork. 0, or -errno after one message. NULL: nothing to do.
	 */
	int (*open)(const char *const *images, unsigned int nr_images);

	/* All is down that came after open(), which was 0. Main thread. NULL:
	 * nothing to do. */
	void (*close)(void);

	/* Whether all that a guest writes to ports had better come to us, and to
	 * no chip in the host kernel. Before any guest exists. NULL: no. */
	bool (*wants_ports)(const struct kvm *kvm);

	/*
	 * The @nr_vms guests at @vms are built and loaded, and none has run. On
	 * the main thread. They stay where they are until stop(). 0, or -errno
	 * after one message. NULL: nothing to do.
	 */
	int (*start)(struct vm *vms, unsigned int nr_vms);

	/*
	 * All guests are over, also where start() of another service has failed:
	 * the service lets go of whatever it has, its threads too. On the main
	 * thread; no vCPU has a thread any more. Only after start(). Returns an
	 * exit status that counts like a guest's, STATUS_OK for none. NULL:
	 * nothing to do.
	 */
	int (*stop)(void);

	/*
	 * The user ends the run. True: the service has something to do first,
	 * and the guests are not over yet; once it is through it rings @bell,
	 * util/event.h, and is asked again. On the main thread, which goes on
	 * meanwhile. NULL: nothing to do.
	 */
	bool (*goes_first)(int bell);

	/* @vcpu is about to enter the guest, for the first time or again. On
	 * its thread. NULL: nothing to do. A service that has none of this and
	 * the next two costs a guest nothing. */
	void (*enter)(struct vcpu *vcpu);

	/*
	 * @vcpu has left the guest for what the service asked KVM for, or
	 * another service did: a single step or a breakpoint, as in
	 * run->debug.arch. On its thread; registers and segments are in
	 * run->s.regs. NULL: not told.
	 */
	void (*debug)(struct vcpu *vcpu);

	/*
	 * @vcpu has left the guest for whatever reason, and nobody has answered
	 * yet. On its thread; as above. True: it was for the service, which has
	 * undone what had begun. NULL: not asked.
	 */
	bool (*exit)(struct vcpu *vcpu);

	/*
	 * Keys were typed, or came by a pipe, @len at @buf; 0: no more will come.
	 * How many of them, from the first on, are the service's and not the
	 * guest's. On the main thread. NULL: none.
	 */
	size_t (*keys)(const uint8_t *buf, size_t len);

	/* Whether it prints while guests run, line by line; asked once, before
	 * start(). NULL: it does not. */
	bool (*talks)(void);

	/*
	 * The guest has come to its end by itself, with vm->status, and the
	 * reason has been printed. True: the service keeps it; none of its
	 * vCPUs enters it again, they answer (core/pause.h), and it is over
	 * when vm_let_go() is called, or the user ends the run. Any thread,
	 * locks held: waits for nobody. NULL: not kept.
	 */
	bool (*keep)(struct vm *vm);

	/*
	 * @vm asks to be saved, on a vCPU's thread, with a device's lock held:
	 * waits for nobody. True: it stands still (vm_pause_soon()) until that is
	 * done, and vm->saved says whether it was. NULL: there is nowhere to.
	 */
	bool (*save)(struct vm *vm);

	/*
	 * @vm stands still and is about to be saved. False: the service has put
	 * something into it that is not the guest's, and has said so in one
	 * message. True: it puts nothing there before save_over(), which comes
	 * in this case alone. Neither on a vCPU's thread nor on the service's;
	 * guests may be over meanwhile, and stop() waits for save_over(). NULL,
	 * both: it never does.
	 */
	bool (*lets_save)(struct vm *vm);
	void (*save_over)(struct vm *vm);

	/* The guest is over: its vCPUs leave their loops. Any thread, locks
	 * held: waits for nobody. NULL: not told. */
	void (*ended)(struct vm *vm);
};

#define SERVICE(row) TABLE_ROW(service, service, row)

#endif
