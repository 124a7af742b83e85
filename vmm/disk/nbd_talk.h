/*
 * The talk of an NBD client with a server: the handshake, fixed newstyle with
 * NBD_OPT_GO, and one request after the other with simple replies. After the NBD
 * project's proto.md. All numbers are big-endian; a server may lie.
 */
#ifndef MKVM_DISK_NBD_TALK_H
#define MKVM_DISK_NBD_TALK_H

#include <stdint.h>
#include <sys/uio.h>

#define NBD_NAME_MAX 4096 /* bytes of an export's name */

/* "Transmission flags" of an export */
enum nbd_flag {
	NBD_READ_ONLY = 1 << 1,
	NBD_SEND_FLUSH = 1 << 2,
	NBD_SEND_FUA = 1 << 3,
	NBD_SEND_TRIM = 1 << 5,
	NBD_SEND_WRITE_ZEROES = 1 << 6,
};

enum nbd_command {
	NBD_CMD_READ = 0,
	NBD_CMD_WRITE = 1,
	NBD_CMD_DISC = 2,
	NBD_CMD_FLUSH = 3,
	NBD_CMD_TRIM = 4,
	NBD_CMD_WRITE_ZEROES = 6,
};

/* "Command flags" */
#define NBD_CMD_FLAG_FUA     (1 << 0)
#define NBD_CMD_FLAG_NO_HOLE (1 << 1)

struct nbd_export {
	uint64_t size;
	uint16_t flags;
	uint32_t block_min, block_max; /* bytes of a request; as usual, if the
					* server does not say */
};

struct nbd_request {
	enum nbd_command command;
	uint16_t flags;
	uint64_t at;
	uint32_t len;
	const struct iovec *iov; /* of a write: what is sent; of a read: where
				  * it goes */
	unsigned int nr;
};

/* Connects to the server at @path. A descriptor, or -errno. */
int nbd_connect(const char *path);

/*
 * Asks for the export @name on @fd, whose answers come in time (SO_RCVTIMEO).
 * 0, or -errno with the reason in *@why, words of this file or the server's own
 * in @said, which has room for 256.
 */
int nbd_handshake(int fd, const char *name, struct nbd_export *export,
		  const char **why, char *said);

/* Sends @request and waits for its reply. 0; an error of the request, -errno; or
 * -EPROTO and -ECONNRESET: the talk is over. */
int nbd_ask(int fd, uint64_t cookie, const struct nbd_request *request);

/* Says good-bye, without waiting. */
void nbd_leave(int fd);

#endif
