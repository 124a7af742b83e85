/* The work of kvm-gunzip: see gunzip.c. */
#ifndef MKVM_BACKENDS_GUNZIP_H
#define MKVM_BACKENDS_GUNZIP_H

/*
 * Unpacks what is in @in to @out, from where each stands; a status of
 * abi/gunzip.h. Takes no memory and makes no call but read(2) and write(2). Once
 * at a time.
 */
int gunzip_fds(int in, int out);

#endif
