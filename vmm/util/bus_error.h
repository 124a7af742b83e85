/*
 * SIGBUS: a page of a mapped file that the file system cannot give, mmap(2).
 * Whoever maps files watches for those in its own.
 */
#ifndef MKVM_BUS_ERROR_H
#define MKVM_BUS_ERROR_H

#include <stdbool.h>
#include <stdint.h>

struct bus_error_watcher {
	/* Puts something in the place of the page at @page, on whichever thread
	 * met it, as a signal handler; false: it is none of its own. */
	bool (*mend)(uintptr_t page);
	struct bus_error_watcher *next;
	bool is_watching;
};

/* Asks @watcher from now on, for good. On the main thread. */
void bus_error_watch(struct bus_error_watcher *watcher);

/* @die has those that are nobody's: it does not come back. */
void bus_error_else(void (*die)(int sig));

#endif
