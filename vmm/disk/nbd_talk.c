/* What goes over an NBD connection: see nbd_talk.h. */
#include "disk/nbd_talk.h"

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "disk/file.h"

#define MAGIC	      0x4e42444d41474943 /* NBDMAGIC */
#define OPTION_MAGIC  0x49484156454f5054 /* IHAVEOPT */
#define ANSWER_MAGIC  0x3e889045565a9
#define REQUEST_MAGIC 0x25609513
#define REPLY_MAGIC   0x67446698

#define FIXED_NEWSTYLE 0x1 /* of both sides */
#define NO_ZEROES      0x2

#define OPT_GO	 7
#define ASK_SIZE 3 /* NBD_INFO_BLOCK_SIZE */

#define REP_ACK	       1
#define REP_INFO       3
#define REP_ERROR      0x80000000 /* and one of: */
#define REP_UNSUP      (REP_ERROR + 1)
#define REP_POLICY     (REP_ERROR + 2)
#define REP_TLS	       (REP_ERROR + 5)
#define REP_UNKNOWN    (REP_ERROR + 6)
#define REP_SHUTDOWN   (REP_ERROR + 7)
#define REP_BLOCK_SIZE (REP_ERROR + 8)

#define INFO_EXPORT	0
#define INFO_BLOCK_SIZE 3

#define ANSWERS_MAX   16  /* to one option */
#define PAYLOAD_MAX   512 /* of one that is looked at */
#define SAID_SIZE     256
#define BLOCK_DEFAULT 512
#define LARGEST	      0x2000000 /* 32 MiB, which every server takes */
#define SEND_IOVS     64

struct hello {
	uint64_t magic, option_magic;
	uint16_t flags;
} __attribute__((packed));

struct go { /* and the name, and what follows it */
	uint32_t client_flags;
	uint64_t magic;
	uint32_t option, len, name_len;
} __attribute__((packed));

struct go_tail {
	uint16_t nr_asked, asked;
} __attribute__((packed));

struct answer {
	uint64_t magic;
	uint32_t option, type, len;
} __attribute__((packed));

struct info_export {
	uint16_t kind;
	uint64_t size;
	uint16_t flags;
} __attribute__((packed));

struct info_block {
	uint16_t kind;
	uint32_t min, preferred, max;
} __attribute__((packed));

struct request {
	uint32_t magic;
	uint16_t flags, type;
	uint64_t cookie, at;
	uint32_t len;
} __attribute__((packed));

struct reply {
	uint32_t magic, error;
	uint64_t cookie;
} __attribute__((packed));

int nbd_connect(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, err;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* All of @iov; a peer that has gone is an error, no signal. */
static int send_all(int fd, const struct iovec *iov, unsigned int nr)
{
	struct slice slice = { .iov = iov, .nr = nr };

	while (slice.nr) {
		struct slice next = slice;
		struct iovec part[SEND_IOVS];
		uint64_t len = UINT64_MAX;
		struct msghdr message = { .msg_iov = part };
		ssize_t n;

		message.msg_iovlen = slice_take(&next, part, SEND_IOVS, &len);
		if (!message.msg_iovlen)
			break;
		n = sendmsg(fd, &message, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		slice_skip(&slice, n);
	}
	return 0;
}

static int receive_all(int fd, const struct iovec *iov, unsigned int nr)
{
	struct slice slice = { .iov = iov, .nr = nr };

	while (slice.nr) {
		struct slice next = slice;
		struct iovec part[SEND_IOVS];
		uint64_t len = UINT64_MAX;
		struct msghdr message = { .msg_iov = part };
		ssize_t n;

		message.msg_iovlen = slice_take(&next, part, SEND_IOVS, &len);
		if (!message.msg_iovlen)
			break;
		n = recvmsg(fd, &message, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -ECONNRESET;
		slice_skip(&slice, n);
	}
	return 0;
}

static int receive(int fd, void *to, size_t len)
{
	return receive_all(fd, &(struct iovec){ to, len }, 1);
}

/* What nobody needs to see. */
static int skip(int fd, uint32_t len)
{
	char unseen[PAYLOAD_MAX];
	int err = 0;

	while (len && !err) {
		uint32_t part = len < sizeof(unseen) ? len : sizeof(unseen);

		err = receive(fd, unseen, part);
		len -= part;
	}
	return err;
}

static int send_go(int fd, const char *name, uint16_t server_flags)
{
	const size_t len = strlen(name);
	struct go go = {
		.client_flags =
			htobe32(FIXED_NEWSTYLE | (server_flags & NO_ZEROES)),
		.magic = htobe64(OPTION_MAGIC),
		.option = htobe32(OPT_GO),
		.len = htobe32(sizeof(go.name_len) + len +
			       sizeof(struct go_tail)),
		.name_len = htobe32(len),
	};
	struct go_tail tail = { htobe16(1), htobe16(ASK_SIZE) };
	const struct iovec iov[] = {
		{ &go, sizeof(go) },
		{ (void *)name, len },
		{ &tail, sizeof(tail) },
	};

	return send_all(fd, iov, 3);
}

static bool is_power(uint32_t val)
{
	return val && !(val & (val - 1));
}

static bool take_block(struct nbd_export *export, const struct info_block *info)
{
	export->block_min = be32toh(info->min);
	export->block_max = be32toh(info->max);
	if (export->block_max > LARGEST)
		export->block_max = LARGEST;
	return is_power(export->block_min) &&
	       export->block_max >= export->block_min;
}

/* What the server tells of the export; other kinds are none of ours. */
static bool take_info(struct nbd_export *export, const uint8_t *payload,
		      uint32_t len)
{
	struct info_export of_export;
	struct info_block of_block;
	uint16_t kind;

	if (len < sizeof(kind))
		return false;
	memcpy(&kind, payload, sizeof(kind));
	if (be16toh(kind) == INFO_EXPORT) {
		if (len != sizeof(of_export))
			return false;
		memcpy(&of_export, payload, len);
		export->size = be64toh(of_export.size);
		export->flags = be16toh(of_export.flags);
	} else if (be16toh(kind) == INFO_BLOCK_SIZE) {
		if (len != sizeof(of_block))
			return false;
		memcpy(&of_block, payload, len);
		return take_block(export, &of_block);
	}
	return true;
}

static const char *reason(uint32_t type)
{
	switch (type) {
	case REP_UNSUP:
		return "it is too old a server: it knows no NBD_OPT_GO";
	case REP_POLICY:
		return "it does not let us";
	case REP_TLS:
		return "it wants TLS, which this client does not speak";
	case REP_UNKNOWN:
		return "it has no export of that name";
	case REP_SHUTDOWN:
		return "it is ending just now";
	case REP_BLOCK_SIZE:
		return "it wants block sizes that were not agreed on";
	default:
		return "it refuses";
	}
}

/* Printable words of the server's, for a message. */
static void quote(char *said, const uint8_t *payload, uint32_t len)
{
	uint32_t n = len < SAID_SIZE - 1 ? len : SAID_SIZE - 1;

	for (uint32_t i = 0; i < n; i++)
		said[i] = payload[i] >= ' ' && payload[i] < 0x7f ? payload[i] :
								   '?';
	said[n] = '\0';
}

/* One answer: 1 it was the last, 0 more come, or -errno. */
static int take_answer(int fd, struct nbd_export *export, const char **why,
		       char *said)
{
	uint8_t payload[PAYLOAD_MAX];
	struct answer answer;
	uint32_t type, len, part;
	int err = receive(fd, &answer, sizeof(answer));

	if (err)
		return err;
	type = be32toh(answer.type);
	len = be32toh(answer.len);
	*why = "what it says is no answer of NBD's";
	if (be64toh(answer.magic) != ANSWER_MAGIC ||
	    be32toh(answer.option) != OPT_GO || len > NBD_NAME_MAX * 2)
		return -EPROTO;
	part = len < sizeof(payload) ? len : sizeof(payload);
	err = receive(fd, payload, part);
	if (!err)
		err = skip(fd, len - part);
	if (err)
		return err;
	if (type & REP_ERROR) {
		*why = reason(type);
		quote(said, payload, part);
		return -ECONNREFUSED;
	}
	if (type == REP_ACK)
		return 1;
	return type != REP_INFO || take_info(export, payload, len) ? 0 :
								     -EPROTO;
}

int nbd_handshake(int fd, const char *name, struct nbd_export *export,
		  const char **why, char *said)
{
	struct hello hello;
	int err = receive(fd, &hello, sizeof(hello));

	*export = (struct nbd_export){ .block_min = BLOCK_DEFAULT,
				       .block_max = LARGEST };
	said[0] = '\0';
	*why = "it does not answer as an NBD server does";
	if (err)
		return err;
	if (be64toh(hello.magic) != MAGIC ||
	    be64toh(hello.option_magic) != OPTION_MAGIC ||
	    !(be16toh(hello.flags) & FIXED_NEWSTYLE))
		return -EPROTO;
	err = send_go(fd, name, be16toh(hello.flags));
	for (unsigned int i = 0; i < ANSWERS_MAX && !err; i++)
		err = take_answer(fd, export, why, said);
	if (!err)
		*why = "its answer has no end";
	return err > 0 ? 0 : err ? err : -EPROTO;
}

/* "Error values" of a reply, as they are called here */
static int errno_of(uint32_t error)
{
	switch (error) {
	case 0:
		return 0;
	case 1:
		return -EPERM;
	case 12:
		return -ENOMEM;
	case 22:
		return -EINVAL;
	case 28:
		return -ENOSPC;
	case 95:
		return -EOPNOTSUPP;
	case 108:
		return -ECONNRESET; /* NBD_ESHUTDOWN */
	default:
		return -EIO;
	}
}

int nbd_ask(int fd, uint64_t cookie, const struct nbd_request *request)
{
	struct request sent = {
		.magic = htobe32(REQUEST_MAGIC),
		.flags = htobe16(request->flags),
		.type = htobe16(request->command),
		.cookie = cookie,
		.at = htobe64(request->at),
		.len = htobe32(request->len),
	};
	struct reply reply;
	int err = send_all(fd, &(struct iovec){ &sent, sizeof(sent) }, 1);

	if (!err && request->command == NBD_CMD_WRITE)
		err = send_all(fd, request->iov, request->nr);
	if (!err)
		err = receive(fd, &reply, sizeof(reply));
	if (err)
		return -ECONNRESET;
	if (be32toh(reply.magic) != REPLY_MAGIC || reply.cookie != cookie)
		return -EPROTO;
	err = errno_of(be32toh(reply.error));
	if (!err && request->command == NBD_CMD_READ &&
	    receive_all(fd, request->iov, request->nr))
		return -ECONNRESET;
	return err;
}

void nbd_leave(int fd)
{
	const struct request sent = {
		.magic = htobe32(REQUEST_MAGIC),
		.type = htobe16(NBD_CMD_DISC),
	};

	(void)send(fd, &sent, sizeof(sent), MSG_NOSIGNAL | MSG_DONTWAIT);
}
