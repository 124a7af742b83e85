/*
 * A lock for what every VM exit passes: one word, which costs one atomic
 * instruction each way while nobody else wants it, without a call. Who waits
 * sleeps in the kernel, futex(2). It is not recursive, and it is free when it
 * is zero.
 */
#ifndef MKVM_LOCK_H
#define MKVM_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>

enum lock_state {
	LOCK_FREE,
	LOCK_TAKEN,
	LOCK_AWAITED, /* taken, and perhaps somebody sleeps until it is free */
};

struct lock {
	atomic_uint state; /* enum lock_state */
};

/* What the two below do when others want the lock as well. */
void lock_wait(struct lock *lock);
void lock_wake(struct lock *lock);

/* Takes the lock if it is free: true. */
static inline bool lock_try(struct lock *lock)
{
	unsigned int free = LOCK_FREE;

	return atomic_compare_exchange_strong_explicit(&lock->state, &free,
						       LOCK_TAKEN,
						       memory_order_acquire,
						       memory_order_relaxed);
}

static inline void lock_take(struct lock *lock)
{
	if (!lock_try(lock))
		lock_wait(lock);
}

/* By the thread that has taken it. */
static inline void lock_give(struct lock *lock)
{
	if (atomic_exchange_explicit(&lock->state, LOCK_FREE,
				     memory_order_release) == LOCK_AWAITED)
		lock_wake(lock);
}

/* Where threads wait until another has changed what a lock guards. Zeroes. */
struct bell {
	atomic_uint rings, nr_waiting;
};

/* Both with @lock, or the lock, taken. Waiting lets it go meanwhile, and may
 * end without a ring: look again at what was waited for. */
void bell_wait(struct bell *bell, struct lock *lock);
void bell_ring(struct bell *bell);

/*
 * The same where it is @ended, which no lock guards, that nobody waits beyond:
 * false once it is true. Who makes it true calls bell_shake() then, without the
 * lock. One bell may go with several locks.
 */
bool bell_wait_unless(struct bell *bell, struct lock *lock,
		      const atomic_bool *ended);
void bell_shake(struct bell *bell);

#endif
