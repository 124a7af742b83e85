/*
 * A signal to the calling thread. Unlike the C library's raise() it names this
 * process as well, which is how a filter of system calls can tell that it is for
 * nobody else; and unlike that it does not block other signals meanwhile, that of
 * such a filter among them. abort() ends by it, too.
 */
#ifndef MKVM_SIGNAL_SELF_H
#define MKVM_SIGNAL_SELF_H

/* Safe in signal handlers. */
void signal_self(int sig);

#endif
