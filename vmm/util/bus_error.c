/* Who mends the page of a fault: see bus_error.h. */
#define _GNU_SOURCE /* siginfo_t */
#include "util/bus_error.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

#define PAGE_BYTES 4096

static _Atomic(struct bus_error_watcher *) watchers;
static void (*_Atomic otherwise)(int sig);

static void on_bus_error(int sig, siginfo_t *info, void *context)
{
	const uintptr_t page = (uintptr_t)info->si_addr &
			       ~(uintptr_t)(PAGE_BYTES - 1);
	const struct bus_error_watcher *watcher = atomic_load(&watchers);
	void (*die)(int sig) = atomic_load(&otherwise);

	(void)context;
	for (; watcher; watcher = watcher->next)
		if (watcher->mend(page))
			return;
	if (die)
		die(sig);
	else
		signal(sig, SIG_DFL); /* it comes again, and kills */
}

static void take_signal(void)
{
	const struct sigaction action = { .sa_sigaction = on_bus_error,
					  .sa_flags = SA_SIGINFO };

	sigaction(SIGBUS, &action, NULL);
}

void bus_error_watch(struct bus_error_watcher *watcher)
{
	if (!watcher->is_watching) {
		watcher->is_watching = true;
		watcher->next = atomic_load(&watchers);
		atomic_store(&watchers, watcher);
	}
	take_signal();
}

void bus_error_else(void (*die)(int sig))
{
	atomic_store(&otherwise, die);
	take_signal();
}
