/* Threads beside the main one. */
#ifndef MKVM_THREAD_H
#define MKVM_THREAD_H

#include <pthread.h>

/* Starts @run(@arg) on a thread that takes no signals, which are the main thread's, but
 * for those that a fault of its own brings. 0 or -errno. */
int thread_start(pthread_t *thread, void *(*run)(void *arg), void *arg);

#endif
