/* Saving a guest to a file. */
#ifndef MKVM_SNAPSHOT_H
#define MKVM_SNAPSHOT_H

#include <stdint.h>

struct since;
struct vm;

/* What saving needs and can be had only before the run is fenced in: once, on
 * the main thread, by whoever may save later. */
void snapshot_prepare(void);

/*
 * The same; of RAM only what has changed @since it was last saved, if @path, the file
 * that this is to be, lies where it can go on from that one; @since may be NULL. *@head_sum
 * is what the file is known by; since_saved() is the caller's.
 */
int snapshot_save_since(struct vm *vm, int fd, struct since *since,
			const char *path, uint64_t *head_sum);

struct target;

/* For an @option that names a file, @path, when the @nr_vms guests are built: @target
 * is open. 0, or -errno after one message. */
int snapshot_get_ready(struct target *target, const char *option,
		       const char *path, unsigned int nr_vms);

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
