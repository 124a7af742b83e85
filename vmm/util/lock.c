/* The slow half of lock.h: sleeping and waking, futex(2). */
#include "util/lock.h"

#include <limits.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Sleeps unless @word is something else than @val by now; a signal ends it. */
static void sleep_while(atomic_uint *word, unsigned int val)
{
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, val, NULL, NULL, 0);
}

static void wake(atomic_uint *word, int count)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}

/* Whoever was woken does not know whether others sleep, and so says yes. */
void lock_wait(struct lock *lock)
{
	while (atomic_exchange_explicit(&lock->state, LOCK_AWAITED,
					memory_order_acquire) != LOCK_FREE)
		sleep_while(&lock->state, LOCK_AWAITED);
}

void lock_wake(struct lock *lock)
{
	wake(&lock->state, 1);
}

void bell_wait(struct bell *bell, struct lock *lock)
{
	static const atomic_bool never;

	bell_wait_unless(bell, lock, &never);
}

/* The number of rings is read before @ended is: a shake in between is seen. */
bool bell_wait_unless(struct bell *bell, struct lock *lock,
		      const atomic_bool *ended)
{
	unsigned int rings = atomic_load(&bell->rings);

	if (atomic_load(ended))
		return false;
	atomic_fetch_add(&bell->nr_waiting, 1);
	lock_give(lock);
	sleep_while(&bell->rings, rings);
	lock_take(lock);
	atomic_fetch_sub(&bell->nr_waiting, 1);
	return !atomic_load(ended);
}

void bell_ring(struct bell *bell)
{
	if (atomic_load(&bell->nr_waiting))
		bell_shake(bell);
}

void bell_shake(struct bell *bell)
{
	atomic_fetch_add(&bell->rings, 1);
	wake(&bell->rings, INT_MAX);
}
