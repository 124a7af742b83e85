/*
 * vCPUs that the guest never starts, because nothing in it looks for them: said
 * in one line, since a guest on one CPU of four looks like any other.
 *
 * The evidence is KVM's: a vCPU that nobody has sent INIT to is still as it was
 * created. That counts once the guest listens to the console and has nothing to
 * do but wait, or has ended by itself; a kernel has started all its CPUs long
 * before either.
 */
#ifndef MKVM_UNSTARTED_H
#define MKVM_UNSTARTED_H

struct vcpu;
struct vm;

/* Notes whether @vcpu was ever started: on its thread, or when that is gone. */
void unstarted_look(struct vcpu *vcpu);

/* The guest is idle: says it, once, if the guest listens and all vCPUs have been
 * looked at. Main thread. */
void unstarted_tell(struct vm *vm);

/* The same when the guest has ended and its threads are gone. */
void unstarted_tell_end(struct vm *vm);

#endif
