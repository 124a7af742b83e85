/*
 * The shared directory, opened before the guest is there, and the start and end of
 * a server for it.
 */
#define _GNU_SOURCE /* O_PATH */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <linux/openat2.h>

#include "util/reach.h"
#include "virtio/p9/p9.h"

#define FDS_MIN 32

/* Whether the host has what keeps a guest inside. */
static int try_openat2(int dir)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	int fd = syscall(SYS_openat2, dir, ".", &how, sizeof(how));

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

int p9_share_open(struct p9_share *share, const char *path)
{
	int err;

	share->proc = -1;
	share->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (share->root < 0)
		return -errno;
	share->proc = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	err = share->proc < 0 ? -ENXIO : try_openat2(share->root);
	if (err)
		p9_share_close(share);
	else
		reach_add(REACH_WRITE, path);
	return err;
}

void p9_share_close(struct p9_share *share)
{
	if (share->root >= 0)
		close(share->root);
	if (share->proc >= 0)
		close(share->proc);
	share->root = share->proc = -1;
}

bool p9_share_maps(const struct p9_share *share)
{
	char path[P9_FD_PATH], val[4];

	p9_fd_path(share->root, path);
	return getxattr(path, "user.virtfs.uid", val, sizeof(val)) >= 0 ||
	       errno == ENODATA || errno == ERANGE;
}

/* As many descriptors as the limit for a process lets be; of them half for this
 * one, as there are other devices and shares. */
static size_t raise_limit(void)
{
	struct rlimit limit;
	size_t max = FDS_MIN;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return max;
	if (limit.rlim_cur < limit.rlim_max) {
		const rlim_t before = limit.rlim_cur;

		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &limit))
			limit.rlim_cur = before;
	}
	if (limit.rlim_cur / 2 > P9_FIDS_MAX)
		return P9_FIDS_MAX;
	return limit.rlim_cur / 2 > max ? limit.rlim_cur / 2 : max;
}

int p9_init(struct p9 *p9, const struct p9_share *share)
{
	p9->share = share;
	p9->msize = P9_MSIZE_MAX;
	p9->fds_max = raise_limit();
	p9->root.fd = share->root;
	p9->root.refs = 1;
	return p9_node_look(p9, &p9->root);
}

void p9_reset(struct p9 *p9)
{
	p9_fids_drop(p9);
	p9->msize = P9_MSIZE_MAX;
}

void p9_release(struct p9 *p9)
{
	p9_fids_drop(p9);
	p9_fids_free(p9);
}
