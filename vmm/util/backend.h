/*
 * Back ends: programs that lie beside this one and do for it what takes a library
 * of others (backends/). They meet what an enemy has made, each in a jail of its own.
 */
#ifndef MKVM_UTIL_BACKEND_H
#define MKVM_UTIL_BACKEND_H

#include <sys/types.h>

#define BACKEND_FDS_MAX	    64
#define BACKEND_NOT_STARTED 127 /* exit status: this host did not let it */

/* In a back end's environment: say on stderr what walls stand around it. */
#define BACKEND_VERBOSE "KVM_VMM_VERBOSE"

/*
 * Starts the program @argv[0], of the folder of this one, with the words of @argv and
 * an environment of @setting alone, "NAME=VALUE" or NULL. Of our descriptors it has
 * those in @fds, @nr of them, at most BACKEND_FDS_MAX, as its number 0, 1, 2, and so
 * on. It ends at the latest when the calling thread does. Where the host allows it,
 * it is in a PID namespace of its own, and has the rights to make others. Its
 * number, or -errno: it cannot be started.
 */
pid_t backend_start(char *const *argv, char *setting, const int *fds,
		    unsigned int nr);

/* Has @pid end now, by the handle that its start gave: by its number nobody could, behind
 * a filter of system calls. A kernel before 5.3 gives none, and it ends when it finds
 * its socket closed. */
void backend_kill(pid_t pid);

/* Waits until @pid has ended; its exit status, or 128 + the signal. */
int backend_wait(pid_t pid);

#endif
