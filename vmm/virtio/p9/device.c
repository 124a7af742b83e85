/*
 * The 9P transport device, after VIRTIO 1.2, "9P Device" (its draft for 1.1): one
 * queue of requests, each with room for its reply, and the name by which the guest
 * mounts it. A thread of its own serves it, as files may take long.
 */
#define _GNU_SOURCE /* unshare() */
#include <ctype.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plug.h"
#include "device.h"
#include "saved.h"
#include "util/log.h"
#include "virtio.h"
#include "virtio/p9/p9.h"
#include "worker.h"

#define F_MOUNT_TAG 1
#define QUEUE_SIZE \
	128 /* as many buffers as the Linux client uses for a message */
#define TAG_MAX	  32
#define PATH_SIZE 4096

/* What an option says. */
struct wish {
	struct p9_share share;
	char tag[TAG_MAX + 1];
};

struct share {
	struct board *board;
	struct virtio *virtio;
	struct p9_share share;
	bool is_set_up; /* the worker */
	bool is_told;	/* the user, that the directory has gone */
	struct virtio_chain chain;
	struct p9 p9;
};

/* The guest has taken its own mask off the modes already. Each thread may have one
 * that is not that of the process. */
static void set_up_worker(struct share *s)
{
	s->is_set_up = true;
	if (!unshare(CLONE_FS))
		umask(0);
}

static void tell_loss(struct share *s)
{
	const struct wish *wish = virtio_given(s->virtio);

	s->is_told = true;
	log_warn("--share: the directory that the guest calls %s has gone; "
		 "what it looks for there is not found",
		 wish->tag);
}

static size_t answer(struct share *s)
{
	const struct virtio_chain *chain = &s->chain;
	size_t len;

	board_let_go(s->board);
	len = p9_answer(&s->p9, chain->iov, chain->nr_out,
			chain->iov + chain->nr_out, chain->nr_in);
	board_take_back(s->board);
	if (!len)
		board_oddity(s->board, "no 9p request, or no room for a reply",
			     chain->nr_in);
	if (s->p9.is_lost && !s->is_told)
		tell_loss(s);
	return len;
}

/* Each reply at once: the next request may take its time. */
static void share_kick(void *dev, unsigned int queue)
{
	struct share *s = dev;

	if (!s->is_set_up)
		set_up_worker(s);
	while (queue_next(s->virtio, queue, &s->chain)) {
		queue_done(s->virtio, queue, &s->chain, answer(s));
		queue_tell(s->virtio, queue);
	}
}

static void share_reset(void *dev)
{
	struct share *s = dev;

	p9_reset(&s->p9);
}

static void share_save(void *dev, struct stash *out)
{
	p9_save(&((struct share *)dev)->p9, out);
}

static bool share_restored(void *dev, struct stash *in)
{
	struct share *s = dev;
	const struct wish *wish = virtio_given(s->virtio);
	int err = p9_restore(&s->p9, in);

	if (err == -ESTALE)
		board_refuse(s->board,
			     "the directory that the guest calls %s is another "
			     "one than when it was saved, and has none of the "
			     "files that it has open",
			     wish->tag);
	return !err;
}

static void share_release(void *dev)
{
	struct share *s = dev;

	p9_release(&s->p9);
	p9_share_close(&s->share);
}

static void share_init(void *dev, struct virtio *virtio, struct board *board)
{
	struct share *s = dev;
	const struct wish *wish = virtio_given(virtio);
	const uint16_t len = strlen(wish->tag);

	s->board = board;
	s->virtio = virtio;
	s->share = wish->share;
	if (board_hire(board, 0))
		virtio_break(virtio, "no thread to serve it", 0);
	p9_init(&s->p9, &s->share);
	virtio_set_config(virtio, 0, &len, sizeof(len));
	virtio_set_config(virtio, sizeof(len), wish->tag, len);
}

static void share_forget(const void *given)
{
	p9_share_close(&((struct wish *)given)->share);
}

static const struct virtio_type share = {
	.name = "virtio-9p",
	.id = 9,
	.features = F_MOUNT_TAG,
	.nr_queues = 1,
	.queue_size = QUEUE_SIZE,
	.config_size = sizeof(uint16_t) + TAG_MAX,
	.size = sizeof(struct share),
	.version = 1,
	.saved = sizeof(struct share),
	.save = IF_ON(CONFIG_SNAPSHOT, share_save),
	.restored = IF_ON(CONFIG_SNAPSHOT, share_restored),
	.workers = 1,
	.init = share_init,
	.kick = share_kick,
	.reset = share_reset,
	.release = share_release,
	.forget = share_forget,
};

static bool is_tag(const char *word)
{
	const size_t len = strlen(word);

	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)word[i]) &&
		    !strchr("._-/", word[i]))
			return false;
	return len && len <= TAG_MAX;
}

enum owner { OWNER_BEST, OWNER_HOST, OWNER_MAPPED };

static int take_word(struct wish *wish, enum owner *owner, const char *word)
{
	if (strcmp(word, "ro") == 0)
		wish->share.ro = true;
	else if (strcmp(word, "owner=host") == 0)
		*owner = OWNER_HOST;
	else if (strcmp(word, "owner=mapped") == 0)
		*owner = OWNER_MAPPED;
	else if (!*wish->tag && is_tag(word))
		memcpy(wish->tag, word, strlen(word) + 1);
	else
		return -EINVAL;
	return 0;
}

/* DIR[,WORD]... The name is @path until its first comma. */
static int parse(struct wish *wish, enum owner *owner, const char *arg,
		 char *path)
{
	char *word, *rest;

	if (strlen(arg) >= PATH_SIZE)
		return -EINVAL;
	memcpy(path, arg, strlen(arg) + 1);
	rest = strchr(path, ',');
	if (rest)
		*rest++ = 0;
	while (rest) {
		word = strsep(&rest, ",");
		if (take_word(wish, owner, word))
			return -EINVAL;
	}
	return *path ? 0 : -EINVAL;
}

/* The names that guests know shares by; kept for as long as the process lives. */
struct taken {
	struct taken *next;
	const struct plan *plan;
	char tag[TAG_MAX + 1];
};

static struct taken *taken;

static bool is_taken(const struct plan *plan, const char *tag)
{
	const struct taken *t = taken;

	while (t && (t->plan != plan || strcmp(t->tag, tag) != 0))
		t = t->next;
	return t;
}

/* The first of a guest without a name is "share", the next "share1". False after
 * one message: the guest could not tell it from another. */
static bool name(struct wish *wish, const struct plan *plan, const char *path)
{
	struct taken *new = calloc(1, sizeof(*new));
	unsigned int nr = 0;

	if (!*wish->tag)
		memcpy(wish->tag, "share", sizeof("share"));
	else if (is_taken(plan, wish->tag))
		nr = 1;
	if (!new || nr) {
		log_error("--share %s: %s%s", path, nr ? wish->tag : "",
			  nr ? ": another directory of this guest has that "
			       "name; give each its own: --share DIR,NAME" :
			       strerror(ENOMEM));
		free(new);
		return false;
	}
	while (is_taken(plan, wish->tag))
		snprintf(wish->tag, sizeof(wish->tag), "share%u", ++nr);
	*new = (struct taken){ .next = taken, .plan = plan };
	memcpy(new->tag, wish->tag, sizeof(new->tag));
	taken = new;
	return true;
}

static const char *advice(int err)
{
	if (err == ENOENT)
		return "; `mkdir -p DIR` makes one";
	if (err == ENOTDIR)
		return "; a file is given to a guest by --disk";
	return log_advice(err);
}

static int open_share(struct wish *wish, enum owner owner, const char *path)
{
	const int err = p9_share_open(&wish->share, path);

	if (err == -ENOSYS)
		log_error("--share %s: this host has no openat2(), which would "
			  "keep the guest inside; it needs Linux 5.6",
			  path);
	else if (err == -ENXIO)
		log_error("--share %s: it needs /proc, which is not mounted",
			  path);
	else if (err)
		log_error("--share %s: %s%s", path, strerror(-err),
			  advice(-err));
	if (err)
		return -EINVAL;
	wish->share.mapped = owner == OWNER_MAPPED ||
			     (owner == OWNER_BEST && geteuid() &&
			      p9_share_maps(&wish->share));
	if (owner != OWNER_MAPPED || p9_share_maps(&wish->share))
		return 0;
	log_error("--share %s: its file system keeps no user attributes, in "
		  "which owners could be; leave owner=mapped away",
		  path);
	p9_share_close(&wish->share);
	return -EINVAL;
}

static int share_plug(struct plan *plan, const char *arg)
{
	struct wish wish = { .share = { .root = -1, .proc = -1 } };
	enum owner owner = OWNER_BEST;
	char path[PATH_SIZE];
	int err;

	if (parse(&wish, &owner, arg, path)) {
		log_error(
			"--share %s: give a directory, and after commas a "
			"name for the guest to mount it by, ro, owner=host or "
			"owner=mapped",
			arg);
		return -EINVAL;
	}
	err = open_share(&wish, owner, path);
	if (err)
		return err;
	err = name(&wish, plan, path) ?
		      virtio_add(plan, &share, &wish, sizeof(wish)) :
		      -EINVAL;
	if (err)
		p9_share_close(&wish.share);
	else
		log_info("--share %s: mount -t 9p -o trans=virtio,"
			 "version=9p2000.L %s DIR",
			 path, wish.tag);
	return err;
}

static const struct plug plug = {
	.option = "--share",
	.arg = "DIR[,TAG][,ro]",
	.what = "a directory of the host: virtio-9p, PCI 1af4:1049",
	.is_of_host = true,
	.plug = share_plug,
};

PLUG(plug);
