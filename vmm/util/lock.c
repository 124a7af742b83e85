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
	unsigned int rings = atomic_load(&bell->rings);

	bell->nr_waiting++;
	lock_give(lock);
	sleep_while(&bell->rings, rings);
	lock_take(lock);
	bell->nr_waiting--;
}

void bell_ring(struct bell *bell)
{
	if (!bell->nr_waiting)
		return;
	atomic_fetch_add(&bell->rings, 1);
	wake(&bell->rings, INT_MAX);
}
