/* A standard stream that never blocks whoever writes to it. */
#ifndef MKVM_REOPEN_H
#define MKVM_REOPEN_H

/*
 * A terminal that polls writable may take one byte and block at the second,
 * and so may a pipe into which others write: who waits there hears neither
 * signals nor keys. So @fd is opened once more, not to block; the flag belongs
 * to what was opened, and that of @fd itself is shared with our parent.
 * Returns the new descriptor, or @fd where that is neither needed nor possible.
 */
int reopen_nonblock(int fd);

#endif
