/*
 * The contract between a disk that a guest sees and what holds its bytes: a
 * file as it is, a file under a layer of changes, a server.
 *
 * A format is a row of data and functions that may block. They are called
 * without any lock and by several threads at once, for places that are inside
 * the disk: whoever calls has checked that. What they find in a file or get
 * from a server is checked by them.
 */
#ifndef MKVM_DISK_H
#define MKVM_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>
#include <time.h>

#include "table.h"

#define DISK_SECTOR    512
#define DISK_BLOCK_MAX 4096

/* What an option asks for. The texts stay readable while the disk is open. */
struct disk_ask {
	const char *name;    /* a path, or what a format takes for one */
	const char *format;  /* the row's name; NULL: whose it is */
	const char *overlay; /* the file that gets the changes; NULL: none */
	bool read_only;
};

struct disk_format;

struct disk {
	const struct disk_format *format;
	const char *name;
	uint64_t size;	/* bytes, whole sectors */
	uint32_t block; /* bytes that are written as one: 512 to 4096 */
	bool read_only;
	bool can_discard, can_zero;
	bool unused; /* no guest ever had it: its close() leaves no new file */
	struct timespec changed; /* its last change when it was opened; or 0 */
	max_align_t own[];	 /* the format's state */
};

struct disk_format {
	const char *name; /* one word, "raw" */
	const char *what; /* one line for --list */
	size_t size;	  /* bytes of state, zeroed before open() */

	/* How sure it is that the name is one for it: 0 no, 100 certain. NULL:
	 * it has to be asked for. */
	int (*match)(const char *name);

	/* Fills in @disk, whose format and name are set. 0, or -errno after one
	 * message that tells the next step. On the main thread. */
	int (*open)(struct disk *disk, const struct disk_ask *ask);

	/* The bytes from byte @at on, all of them: 0, else -errno. */
	int (*read)(struct disk *disk, const struct iovec *iov, unsigned int nr,
		    uint64_t at);
	int (*write)(struct disk *disk, const struct iovec *iov,
		     unsigned int nr, uint64_t at);

	/* What was written before is kept, whatever happens next. */
	int (*flush)(struct disk *disk);

	/* Nobody needs these bytes: room may be given back. What they read as
	 * is not told. */
	int (*discard)(struct disk *disk, uint64_t at, uint64_t len);

	/* They read as zeroes from now on; whether room may be given back. */
	int (*zero)(struct disk *disk, uint64_t at, uint64_t len,
		    bool may_unmap);

	/*
	 * Reads them if nothing has to be waited for. 0; -EAGAIN: something
	 * has; -EOPNOTSUPP: nobody can tell. NULL: always that.
	 */
	int (*read_now)(struct disk *disk, const struct iovec *iov,
			unsigned int nr, uint64_t at);

	/* The file in which the @len bytes from *@at on can be read as they
	 * are, and *@at is where they are there; -1: by read() alone. NULL:
	 * always so. */
	int (*place)(struct disk *disk, uint64_t *at, uint64_t len);

	/* What blocks ends, at once, with an error; from any thread. NULL: only
	 * the host's own files are waited for. */
	void (*abort)(struct disk *disk);

	/* When nobody uses it any more. */
	void (*close)(struct disk *disk);
};

#define DISK(row) TABLE_ROW(disk, disk_format, row)

/*
 * Opens what @ask says in the format that is responsible for it; images that
 * belong to kvm-vmm's own folder images/ get an overlay that is thrown away,
 * unless something else is asked for. 0, or -EINVAL after one message.
 */
int disk_open(struct disk **disk, const struct disk_ask *ask);
void disk_close(struct disk *disk);

#endif
