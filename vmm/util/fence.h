/*
 * A full fence: what this thread has stored is seen by others before it loads what
 * comes behind. By the older name of it, since gcc refuses the other one to
 * ThreadSanitizer, which does not know fences; it needs none here, as all that is
 * shared is loaded and stored atomically as well.
 */
#ifndef MKVM_FENCE_H
#define MKVM_FENCE_H

static inline void full_fence(void)
{
	__sync_synchronize();
}

#endif
