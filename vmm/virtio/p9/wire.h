/*
 * The wire of 9P2000.L: requests that are read field by field, replies that are
 * written so, little endian, a string as its length in 16 bits and its bytes.
 *
 * A request is copied out of guest memory once, before anything is looked at; only
 * what Twrite carries stays there, and what Tread brings goes there directly.
 */
#ifndef MKVM_P9_WIRE_H
#define MKVM_P9_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/* Requests, by the type of their reply less one. */
enum p9_type {
	P9_RLERROR = 7,
	P9_TSTATFS = 8,
	P9_TLOPEN = 12,
	P9_TLCREATE = 14,
	P9_TSYMLINK = 16,
	P9_TMKNOD = 18,
	P9_TRENAME = 20,
	P9_TREADLINK = 22,
	P9_TGETATTR = 24,
	P9_TSETATTR = 26,
	P9_TXATTRWALK = 30,
	P9_TXATTRCREATE = 32,
	P9_TREADDIR = 40,
	P9_TFSYNC = 50,
	P9_TLOCK = 52,
	P9_TGETLOCK = 54,
	P9_TLINK = 70,
	P9_TMKDIR = 72,
	P9_TRENAMEAT = 74,
	P9_TUNLINKAT = 76,
	P9_TVERSION = 100,
	P9_TATTACH = 104,
	P9_TFLUSH = 108,
	P9_TWALK = 110,
	P9_TREAD = 116,
	P9_TWRITE = 118,
	P9_TCLUNK = 120,
	P9_TREMOVE = 122,
};

#define P9_HEADER     7	     /* size, type, tag */
#define P9_WRITE_HEAD 23     /* of Twrite, before its data */
#define P9_READ_HEAD  11     /* of Rread and Rreaddir */
#define P9_FIELDS_MAX 0x2800 /* bytes of any other request, or reply */

#define P9_NAME_MAX 255
#define P9_TEXT_MAX 4096 /* of a link's target and of a path, with its end */

/* What a file is to the guest: directory or link, and a number of its own. */
struct p9_qid {
	uint8_t type;
	uint32_t version; /* another one once the file has changed */
	uint64_t path;
};

#define P9_QID_DIR  0x80
#define P9_QID_LINK 0x02

/* One request and its reply, while it is being answered. */
struct p9_call {
	uint8_t *at, *end; /* of the request: what has not been read */
	bool bad;	   /* it ended before its fields did */

	uint8_t *put, *put_end; /* where the reply goes on */

	/* Guest memory: the request, of which Twrite leaves data there, and where
	 * the reply goes. */
	const struct iovec *out, *in;
	size_t out_data; /* bytes of data of Twrite */
	size_t room;	 /* bytes of a reply that the guest has room for */
	size_t in_data;	 /* bytes of the reply that are in @in already */
};

/* The next field; 0 once the request has ended, and then @bad is set. */
uint8_t p9_take8(struct p9_call *call);
uint16_t p9_take16(struct p9_call *call);
uint32_t p9_take32(struct p9_call *call);
uint64_t p9_take64(struct p9_call *call);

/* The next string as one of C; "" for none, or one with a zero inside (@bad). */
char *p9_take_text(struct p9_call *call);

void p9_put8(struct p9_call *call, uint8_t val);
void p9_put16(struct p9_call *call, uint16_t val);
void p9_put32(struct p9_call *call, uint32_t val);
void p9_put64(struct p9_call *call, uint64_t val);
void p9_put_qid(struct p9_call *call, const struct p9_qid *qid);
void p9_put_text(struct p9_call *call, const char *text, size_t len);

/* Bytes in @nr buffers. */
size_t p9_iov_len(const struct iovec *iov, unsigned int nr);

/* Copies @len bytes at @buf, which is as much as there is, to the buffers from
 * @skip on, or from them. */
void p9_iov_put(const struct iovec *iov, size_t skip, const void *buf,
		size_t len);
void p9_iov_get(const struct iovec *iov, size_t skip, void *buf, size_t len);

/* The @len bytes from @skip on as buffers of their own in @pieces, which has room
 * for @max: what does not fit is left out. How many; @len is there. */
unsigned int p9_iov_cut(const struct iovec *iov, size_t skip, size_t len,
			struct iovec *pieces, unsigned int max);

#endif
