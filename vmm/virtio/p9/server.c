/*
 * One request, one reply: the way of each message, and those that concern the
 * session as a whole. After "9P2000.L", as the Linux client speaks it.
 *
 * A request that is none of ours, or shorter than its fields, is answered with an
 * error, and the session goes on. As requests are answered in order, there is
 * never one left that Tflush could cancel.
 */
#include <errno.h>
#include <string.h>

#include "virtio/p9/p9.h"

#define VERSION	     "9P2000.L"
#define VERSION_NONE "unknown"
#define RLERROR_SIZE (P9_HEADER + 4)

struct message {
	int (*answer)(struct p9 *p9, struct p9_call *call);
	bool writes; /* not in a share that is read only */
};

static const struct message messages[] = {
	[P9_TSTATFS] = { p9_statfs, false },
	[P9_TLOPEN] = { p9_lopen, false },
	[P9_TLCREATE] = { p9_lcreate, true },
	[P9_TSYMLINK] = { p9_symlink, true },
	[P9_TMKNOD] = { p9_mknod, true },
	[P9_TRENAME] = { p9_rename, true },
	[P9_TREADLINK] = { p9_readlink, false },
	[P9_TGETATTR] = { p9_getattr, false },
	[P9_TSETATTR] = { p9_setattr, true },
	[P9_TXATTRWALK] = { p9_xattrwalk, false },
	[P9_TXATTRCREATE] = { p9_xattrcreate, true },
	[P9_TREADDIR] = { p9_readdir, false },
	[P9_TFSYNC] = { p9_fsync, false },
	[P9_TLOCK] = { p9_lock, false },
	[P9_TGETLOCK] = { p9_getlock, false },
	[P9_TLINK] = { p9_link, true },
	[P9_TMKDIR] = { p9_mkdir, true },
	[P9_TRENAMEAT] = { p9_renameat, true },
	[P9_TUNLINKAT] = { p9_unlinkat, true },
	[P9_TVERSION] = { p9_version, false },
	[P9_TATTACH] = { p9_attach, false },
	[P9_TFLUSH] = { p9_flush, false },
	[P9_TWALK] = { p9_walk, false },
	[P9_TREAD] = { p9_read, false },
	[P9_TWRITE] = { p9_write, true },
	[P9_TCLUNK] = { p9_clunk, false },
	[P9_TREMOVE] = { p9_remove, false }, /* gives its fid up, even so */
};

/* Copies what is not data out of the guest's memory. -errno: the tag, if there
 * is one, is for an error. */
static int gather(struct p9 *p9, struct p9_call *call, const struct iovec *out,
		  size_t len)
{
	uint8_t *buf = p9->request;
	uint32_t size;
	size_t fields;

	p9_iov_get(out, 0, buf, P9_HEADER);
	memcpy(&size, buf, sizeof(size));
	if (size < P9_HEADER || size > len)
		return -EPROTO;
	if (size > p9->msize)
		return -EMSGSIZE;
	fields = buf[4] == P9_TWRITE && size > P9_WRITE_HEAD ? P9_WRITE_HEAD :
							       size;
	if (fields > sizeof(p9->request))
		return -EMSGSIZE;
	p9_iov_get(out, P9_HEADER, buf + P9_HEADER, fields - P9_HEADER);
	call->at = buf + P9_HEADER;
	call->end = buf + fields;
	call->out = out;
	call->out_data = size - fields;
	return 0;
}

static int dispatch(struct p9 *p9, struct p9_call *call)
{
	const size_t type = p9->request[4];
	const struct message *message = type <= P9_TREMOVE ? &messages[type] :
							     NULL;

	if (!message || !message->answer)
		return -EOPNOTSUPP;
	if (message->writes && p9->share->ro)
		return -EROFS;
	return message->answer(p9, call);
}

/* A directory that was removed has no links left, but is still open. */
static void look_for_root(struct p9 *p9, int err)
{
	struct stat st;

	if (!p9->is_lost && (err == -ENOENT || err == -ESTALE))
		p9->is_lost = fstat(p9->root.fd, &st) || !st.st_nlink;
}

size_t p9_answer(struct p9 *p9, const struct iovec *out, unsigned int nr_out,
		 const struct iovec *in, unsigned int nr_in)
{
	const size_t len = p9_iov_len(out, nr_out);
	struct p9_call call = {
		.put = p9->reply + P9_HEADER,
		.put_end = p9->reply + sizeof(p9->reply),
		.in = in,
		.room = p9_iov_len(in, nr_in),
	};
	uint8_t type;
	uint32_t size;
	size_t fields;
	int err;

	if (len < P9_HEADER || call.room < RLERROR_SIZE)
		return 0;
	if (call.room > p9->msize)
		call.room = p9->msize;
	p9->serial++;
	err = gather(p9, &call, out, len);
	if (!err)
		err = dispatch(p9, &call);
	fields = call.put - p9->reply;
	if (!err && fields + call.in_data > call.room)
		err = -EMSGSIZE;
	type = p9->request[4] + 1;
	if (err) {
		look_for_root(p9, err);
		call.put = p9->reply + P9_HEADER;
		call.in_data = 0;
		p9_put32(&call, -err);
		type = P9_RLERROR;
		fields = RLERROR_SIZE;
	}
	size = fields + call.in_data;
	memcpy(p9->reply, &size, sizeof(size));
	p9->reply[4] = type;
	memcpy(p9->reply + 5, p9->request + 5, 2); /* the tag */
	p9_iov_put(in, 0, p9->reply, fields);
	return size;
}

/* A session begins: what was before is over. */
int p9_version(struct p9 *p9, struct p9_call *call)
{
	uint32_t msize = p9_take32(call);
	const char *version = p9_take_text(call);

	if (call->bad)
		return -EPROTO;
	if (msize < P9_MSIZE_MIN)
		return -EMSGSIZE;
	p9_reset(p9);
	if (msize > P9_MSIZE_MAX)
		msize = P9_MSIZE_MAX;
	if (strcmp(version, VERSION) != 0)
		version = VERSION_NONE;
	else
		p9->msize = msize;
	p9_put32(call, msize);
	p9_put_text(call, version, strlen(version));
	return 0;
}

/* Anywhere beneath the root: the Linux client's aname=. */
static struct p9_node *attach_at(struct p9 *p9, const char *path, int *err)
{
	while (*path == '/')
		path++;
	if (*path)
		return p9_node_new(p9, p9_open_path(p9, path), err);
	p9->root.refs++;
	return &p9->root;
}

int p9_attach(struct p9 *p9, struct p9_call *call)
{
	const uint32_t number = p9_take32(call);
	struct p9_node *node;
	const char *path;
	uint32_t uid;
	int err = 0;

	p9_take32(call); /* of an authentication, of which there is none */
	(void)p9_take_text(call); /* the user's name */
	path = p9_take_text(call);
	uid = p9_take32(call);
	if (call->bad)
		return -EPROTO;
	node = attach_at(p9, path, &err);
	if (!node)
		return err;
	p9_put_qid(call, &node->qid);
	p9_fid_new(p9, number, node, uid, &err);
	p9_node_put(p9, node);
	return err;
}

int p9_flush(struct p9 *p9, struct p9_call *call)
{
	(void)p9;
	p9_take16(call);
	return call->bad ? -EPROTO : 0;
}
