/*
 * A client of the 9p server for its tests: a message is a line, and a directory of
 * its own is the share. Requests and replies lie in pieces, as a guest's may.
 */
#ifndef P9_CLIENT_H
#define P9_CLIENT_H

#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "virtio/p9/p9.h"

#define MESSAGE_MAX (64 << 10)
#define ROOT	    0 /* the fid of the root */
#define NOFID	    0xffffffffU
#define USER	    1000 /* who attached */

struct client {
	struct p9_share share;
	struct p9 *p9;
	char dir[64];
	uint8_t request[MESSAGE_MAX], reply[MESSAGE_MAX];
	size_t sent, got; /* bytes */
	const uint8_t *at;
};

static struct client client;

static inline void put_bytes(struct client *c, const void *val, size_t len)
{
	assert_true(c->sent + len <= MESSAGE_MAX);
	memcpy(c->request + c->sent, val, len);
	c->sent += len;
}

static inline uint64_t get_bytes(struct client *c, size_t len)
{
	uint64_t val = 0;

	memcpy(&val, c->at, len);
	c->at += len;
	assert_true(c->at <= c->reply + c->got);
	return val;
}

#define get8(c)	 ((uint8_t)get_bytes(c, 1))
#define get16(c) ((uint16_t)get_bytes(c, 2))
#define get32(c) ((uint32_t)get_bytes(c, 4))
#define get64(c) get_bytes(c, 8)

/* Sends what is in c->request, with room for @room bytes. The error of the reply,
 * or 0; -1: there was none. */
static inline int exchange(struct client *c, size_t room)
{
	const size_t cut = c->sent < 9 ? 1 : 9, seen = room < 5 ? room : 5;
	struct iovec out[3] = { { c->request, cut },
				{ c->request, 0 },
				{ c->request + cut, c->sent - cut } };
	struct iovec in[2] = { { c->reply, seen },
			       { c->reply + seen, room - seen } };
	const uint8_t type = c->request[4] + 1;
	uint32_t size;

	memset(c->reply, 0xee, sizeof(c->reply));
	c->got = p9_answer(c->p9, out, 3, in, 2);
	if (!c->got)
		return -1;
	memcpy(&size, c->reply, 4);
	assert_int_equal(size, c->got);
	assert_true(c->got <= room);
	assert_memory_equal(c->reply + 5, c->request + 5, 2);
	c->at = c->reply + 7;
	if (c->reply[4] == P9_RLERROR)
		return get32(c);
	assert_int_equal(c->reply[4], type);
	return 0;
}

/* Puts a message together: b h w d: 1, 2, 4 and 8 bytes; s: a string; D: a length
 * (int) and as many bytes. */
static inline void compose(struct client *c, uint8_t type, const char *form,
			   va_list args)
{
	uint32_t size;
	uint64_t val;
	const char *text;

	memcpy(c->request, "\0\0\0\0\0\x34\x12", 7);
	c->request[4] = type;
	c->sent = 7;
	for (; *form; form++) {
		if (*form == 's') {
			text = va_arg(args, const char *);
			put_bytes(c, &(uint16_t){ strlen(text) }, 2);
			put_bytes(c, text, strlen(text));
		} else if (*form == 'D') {
			size = va_arg(args, int);
			put_bytes(c, va_arg(args, const void *), size);
		} else {
			val = *form == 'd' ? va_arg(args, uint64_t) :
					     va_arg(args, uint32_t);
			put_bytes(c, &val,
				  *form == 'b' ? 1 :
				  *form == 'h' ? 2 :
				  *form == 'w' ? 4 :
						 8);
		}
	}
	size = c->sent;
	memcpy(c->request, &size, 4);
}

static inline int call(struct client *c, uint8_t type, const char *form, ...)
{
	va_list args;

	va_start(args, form);
	compose(c, type, form, args);
	va_end(args);
	return exchange(c, MESSAGE_MAX);
}

/* "a/b/c" from the root to @fid. */
static inline int walk(struct client *c, uint32_t fid, const char *path)
{
	uint16_t nr = 0, len;
	uint32_t size;
	int err;

	(void)call(c, P9_TCLUNK, "w", fid);
	memcpy(c->request, "\0\0\0\0\x6e\1\0", 7);
	c->sent = 7;
	put_bytes(c, &(uint32_t){ ROOT }, 4);
	put_bytes(c, &fid, 4);
	put_bytes(c, &nr, 2);
	while (*path) {
		len = strcspn(path, "/");
		put_bytes(c, &len, 2);
		put_bytes(c, path, len);
		path += len + (path[len] == '/');
		nr++;
	}
	memcpy(c->request + 15, &nr, 2);
	size = c->sent;
	memcpy(c->request, &size, 4);
	err = exchange(c, MESSAGE_MAX);
	if (err)
		return err;
	return get16(c) == nr ? 0 : ENOENT;
}

static inline int open_fid(struct client *c, uint32_t fid, const char *path,
			   uint32_t flags)
{
	const int err = walk(c, fid, path);

	return err ? err : call(c, P9_TLOPEN, "ww", fid, flags);
}

/* Makes a file in the directory @path, open as @fid. */
static inline int create(struct client *c, uint32_t fid, const char *path,
			 const char *name, uint32_t mode)
{
	assert_int_equal(walk(c, fid, path), 0);
	return call(c, P9_TLCREATE, "wswww", fid, name, O_RDWR | O_EXCL, mode,
		    USER);
}

static inline void begin(struct client *c)
{
	assert_int_equal(call(c, P9_TVERSION, "ws", MESSAGE_MAX, "9P2000.L"),
			 0);
	assert_int_equal(
		call(c, P9_TATTACH, "wwssw", ROOT, NOFID, "", "", USER), 0);
}

/* A path in the share, of the host. */
static inline const char *host(const struct client *c, const char *name)
{
	static char path[4][512];
	static unsigned int nr;
	char *buf = path[nr++ % 4];

	snprintf(buf, sizeof(path[0]), "%s/%s", c->dir, name);
	return buf;
}

static inline void host_write(const struct client *c, const char *name,
			      const char *text)
{
	const int fd = open(host(c, name), O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* Runs a command in the share's folder. */
static inline void host_do(const struct client *c, const char *command)
{
	char line[1024];

	snprintf(line, sizeof(line), "cd %s && %s", c->dir, command);
	assert_int_equal(system(line), 0);
}

static inline int set_up(void **state)
{
	struct client *c = &client;

	(void)state;
	umask(0);
	snprintf(c->dir, sizeof(c->dir), "/tmp/p9-test-XXXXXX");
	if (!mkdtemp(c->dir))
		return -1;
	*state = c;
	memcpy(c->dir + strlen(c->dir), "/share", 7);
	c->p9 = calloc(1, sizeof(*c->p9));
	c->share = (struct p9_share){ .root = -1 };
	if (mkdir(c->dir, 0755) || !c->p9 || p9_share_open(&c->share, c->dir) ||
	    p9_init(c->p9, &c->share))
		return -1;
	begin(c);
	return 0;
}

static inline int tear_down(void **state)
{
	struct client *c = *state;

	p9_release(c->p9);
	assert_int_equal(c->p9->nr_fds, 0);
	assert_int_equal(c->p9->xattr_bytes, 0);
	assert_int_equal(c->p9->nr_locks, 0);
	free(c->p9);
	p9_share_close(&c->share);
	*strrchr(c->dir, '/') = 0;
	host_do(c, "chmod -R u+rwx . && cd .. && rm -rf \"$OLDPWD\"");
	return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
