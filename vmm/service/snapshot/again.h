/* A guest as it was before its first instruction, for those who reset it. */
#ifndef MKVM_SNAPSHOT_AGAIN_H
#define MKVM_SNAPSHOT_AGAIN_H

struct vm;

/* Keeps what the @nr_vms guests at @vms are, which are loaded and have not run, once:
 * a second time changes nothing. On the main thread. One message for each that cannot be kept. */
void again_keep(struct vm *vms, unsigned int nr_vms);

/* Makes @vm, which stands still and goes on to, what was kept. 0; -ENOENT: it was not
 * kept; -ESRCH: it has ended; or -EIO after one message: it has ended by that. On a
 * thread that is neither a vCPU's nor the main one. */
int again_make(struct vm *vm);

#endif
