/* What a file is that is no disk byte by byte. */
#ifndef MKVM_DISK_KIND_H
#define MKVM_DISK_KIND_H

/* Looks at the beginning of @fd, which is to be @disk. -EINVAL after a message with the next step, if
 * it is an image whose disk only another program can read out of it. */
struct disk;
int kind_check(const struct disk *disk, int fd);

#endif
