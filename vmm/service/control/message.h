/* What the broker and the VMM say to each other: whole messages of a socket pair,
 * with a descriptor or without. */
#ifndef MKVM_CONTROL_MESSAGE_H
#define MKVM_CONTROL_MESSAGE_H

#include <stddef.h>
#include <sys/types.h>

/* 0 or -errno; @passed goes along unless it is -1. */
int message_send(int fd, const void *text, size_t len, int passed);

/* Bytes of one message, 0: the other end is closed; or -errno. What came along, as
 * one descriptor at most, or -1, in *@passed, which is not inherited. */
ssize_t message_receive(int fd, void *text, size_t size, int *passed);

#endif
