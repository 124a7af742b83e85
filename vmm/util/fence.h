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

/*
 * A guest orders what its devices do: it gives memory to the second once the first
 * is through with it. ThreadSanitizer does not see that, so it is told: all that
 * was done before given_to_guest() comes before what follows taken_from_guest(),
 * of the same guest, whose RAM begins at @ram, NULL: it is not known. Nothing in any
 * other build.
 */
#ifdef __SANITIZE_THREAD__
void __tsan_acquire(void *addr);
void __tsan_release(void *addr);

static inline void taken_from_guest(void *ram)
{
	if (ram)
		__tsan_acquire(ram);
}

static inline void given_to_guest(void *ram)
{
	if (ram)
		__tsan_release(ram);
}
#else
static inline void taken_from_guest(void *ram)
{
	(void)ram;
}

static inline void given_to_guest(void *ram)
{
	(void)ram;
}
#endif

#endif
