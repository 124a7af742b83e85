/* Saving a guest to a file. */
#ifndef MKVM_SNAPSHOT_H
#define MKVM_SNAPSHOT_H

#include <stdint.h>

struct pageset;
struct vm;

/* What saving needs and can be had only before the run is fenced in: once, on
 * the main thread, by whoever may save later. */
void snapshot_prepare(void);

/* What is saved of RAM, if that is not all. */
struct snapshot_delta {
	const struct pageset *changed; /* since its base was saved */
	const char *base;	       /* name of that, in the same folder */
	uint64_t base_sum;	       /* and its head_sum */
};

/* The same; @delta may be NULL. *@head_sum is what the file may be the base by. */
int snapshot_save_delta(struct vm *vm, int fd,
			const struct snapshot_delta *delta, uint64_t *head_sum);

struct target;

/* The same to @target, which @option has named: all of it, or nothing. */
int snapshot_save_to(struct vm *vm, struct target *target, const char *option);

/*
 * Writes @vm to @fd, a file that is empty and can be written anywhere, as
 * service/snapshot/format.h says. Its vCPUs stand still (core/pause.h), and will
 * while this runs; it waits for its devices. 0, or -errno after one message
 * (-ESRCH: the guest has ended). What @fd has then is no snapshot. Not on a
 * vCPU's thread, or the main one while they run.
 */
int snapshot_save(struct vm *vm, int fd);

#endif
