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

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>
#include <time.h>

#include "table.h"

/*
 * Snapshots. A disk whose bytes are in a file, or a server, stays where it is: the
 * snapshot has its length and, of a file, when it was changed last, and it has to be
 * as it was when the guest is restored (or the user says that he knows better,
 * --no-disk-check). An overlay that would be thrown away is part of the snapshot.
 *
 * Copies. A guest that has forked goes on writing to its disks. So each of its copies
 * has, over what was read only already, an overlay of its own, to be thrown away, in
 * which it begins with all that the guest had changed: the overlay's contents are
 * in the snapshot, named or not. disk_ask.copy opens a disk so. A guest that
 * writes to a file itself cannot be forked, since that file would change beneath
 * the copies: it is told to take an overlay.
 */

#define DISK_SECTOR    512
#define DISK_BLOCK_MAX 4096

#define DISK_SERIAL_SIZE 20 /* without a NUL if it is as long */

/* What an option asks for. The texts stay readable while the disk is open. */
struct disk_ask {
	const char *option; /* that asks, for messages; NULL: "--disk" */
	const char *make; /* a command that makes one, likewise; NULL: a disk */
	const char *name; /* a path, or what a format takes for one */
	const char *format;  /* the row's name; NULL: whose it is */
	const char *overlay; /* the file that gets the changes; NULL: none */
	bool read_only;
	bool copy; /* another guest has it, too: see "Copies" */

	/* The file that @name says is @fd, open and locked as file_open() does it,
	 * and is the disk as it is; the caller's still after an error. */
	bool is_open;
	int fd;

	/* Whatever it is, what the guest writes goes there; or its changes are
	 * thrown away, unless something else is said. */
	bool for_good, untouched;
};

/* What an option says of a disk: FILE[,ro][,rw][,serial=TEXT][,format=NAME]
 * [,overlay=FILE]; two commas are one in a name. */
struct disk_words {
	struct disk_ask ask;
	char serial[DISK_SERIAL_SIZE];
	bool has_no_serial; /* such a drive tells none: the word is refused */
	char *text; /* the names in @ask lie there: freed behind the disk */
};

struct board;
struct disk_format;
struct stash;

/* What tells that a disk is as it was: all zeroes for one that cannot tell. */
struct disk_mark {
	int64_t changed_s;
	uint64_t changed_ns;
};

struct disk {
	const struct disk_format *format;
	const char *option, *name; /* of what was asked for */
	const char *make;	   /* as of disk_ask, and never NULL */
	uint64_t size;		   /* bytes, whole sectors */
	uint32_t block; /* bytes that are written as one: 512 to 4096 */
	bool read_only;
	bool can_discard, can_zero;
	bool forgets; /* what was changed is nowhere else, and goes with it */
	bool unused;  /* no guest ever had it: its close() leaves no new file */
	struct timespec changed; /* its last change when it was opened; or 0 */
	max_align_t own[];	 /* the format's state */
};

/* An error of read(), write() and so on, about which there was a message that says
 * more than its number could. */
#define DISK_HAS_SAID ESHUTDOWN

struct disk_format {
	const char *name; /* one word, "raw" */
	const char *what; /* one line for --list */
	size_t size;	  /* bytes of state, zeroed before open() */

	/* How sure it is that the name is one for it: 0 no, 100 certain. NULL:
	 * it has to be asked for. */
	int (*match)(const char *name);

	/* Fills in @disk, whose format, option and name are set. 0, or -errno after one
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

	/*
	 * When the file that has its bytes was changed last, once all that was
	 * written is in it. 0, or -errno. NULL: nobody can tell.
	 */
	int (*mark)(struct disk *disk, struct disk_mark *mark);

	/*
	 * What was changed of the disk beneath it, for restore() of another one
	 * that nobody has written to. 0; -EFBIG: too much for a snapshot; or
	 * -errno. restore(): -EINVAL: no such disk was ever in such a state;
	 * -ESTALE: the disk beneath has changed since, if it @checks that. NULL:
	 * there is no disk beneath.
	 */
	int (*save)(struct disk *disk, struct stash *out);
	int (*restore)(struct disk *disk, struct stash *in, bool checks);

	/* What blocks ends, at once, with an error; from any thread. NULL: only
	 * the host's own files are waited for. */
	void (*abort)(struct disk *disk);

	/* When nobody uses it any more. */
	void (*close)(struct disk *disk);
};

#define DISK(row) TABLE_ROW(disk, disk_format, row)

/* Takes @arg of @option, "--disk", apart; what @words->ask says already stays. 0, or
 * -EINVAL after one message. */
int disk_words(struct disk_words *words, const char *option, const char *arg);

/* disk/saved.c: what is to be remembered of @disk, which nobody uses just now; what
 * cannot be, is refused on @board. */
void disk_save(struct disk *disk, struct board *board, struct stash *out);
bool disk_restore(struct disk *disk, struct board *board, struct stash *in);

/*
 * Opens what @ask says in the format that is responsible for it; images that
 * belong to kvm-vmm's own folder images/ get an overlay that is thrown away,
 * unless something else is asked for. 0, or -EINVAL after one message.
 */
int disk_open(struct disk **disk, const struct disk_ask *ask);
void disk_close(struct disk *disk);

#endif
