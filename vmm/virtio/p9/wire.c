/*
 * Fields of requests and replies, and buffers that lie in pieces.
 */
#include <string.h>

#include "virtio/p9/wire.h"

/* x86 is little endian, as the wire is. */
static uint64_t take(struct p9_call *call, size_t len)
{
	uint64_t val = 0;

	if ((size_t)(call->end - call->at) < len) {
		call->bad = true;
		call->at = call->end;
		return 0;
	}
	memcpy(&val, call->at, len);
	call->at += len;
	return val;
}

uint8_t p9_take8(struct p9_call *call)
{
	return take(call, 1);
}

uint16_t p9_take16(struct p9_call *call)
{
	return take(call, 2);
}

uint32_t p9_take32(struct p9_call *call)
{
	return take(call, 4);
}

uint64_t p9_take64(struct p9_call *call)
{
	return take(call, 8);
}

/* Its length is not needed any more: the string moves into its place, which
 * leaves room for the zero that ends it. */
char *p9_take_text(struct p9_call *call)
{
	static char none[1];
	size_t len = p9_take16(call);
	char *text = (char *)call->at - 1;

	if (call->bad || (size_t)(call->end - call->at) < len ||
	    memchr(call->at, 0, len)) {
		call->bad = true;
		call->at = call->end;
		return none;
	}
	memmove(text, call->at, len);
	text[len] = 0;
	call->at += len;
	return text;
}

static void put(struct p9_call *call, const void *val, size_t len)
{
	if ((size_t)(call->put_end - call->put) < len)
		return;
	memcpy(call->put, val, len);
	call->put += len;
}

void p9_put8(struct p9_call *call, uint8_t val)
{
	put(call, &val, sizeof(val));
}

void p9_put16(struct p9_call *call, uint16_t val)
{
	put(call, &val, sizeof(val));
}

void p9_put32(struct p9_call *call, uint32_t val)
{
	put(call, &val, sizeof(val));
}

void p9_put64(struct p9_call *call, uint64_t val)
{
	put(call, &val, sizeof(val));
}

void p9_put_qid(struct p9_call *call, const struct p9_qid *qid)
{
	p9_put8(call, qid->type);
	p9_put32(call, qid->version);
	p9_put64(call, qid->path);
}

void p9_put_text(struct p9_call *call, const char *text, size_t len)
{
	p9_put16(call, len);
	put(call, text, len);
}

size_t p9_iov_len(const struct iovec *iov, unsigned int nr)
{
	size_t len = 0;

	for (unsigned int i = 0; i < nr; i++)
		len += iov[i].iov_len;
	return len;
}

/* The next piece of at most @len bytes, @skip bytes further on. */
static void *piece(const struct iovec **iov, size_t *skip, size_t len,
		   size_t *size)
{
	while (*skip >= (*iov)->iov_len)
		*skip -= (*iov)++->iov_len;
	*size = (*iov)->iov_len - *skip;
	if (*size > len)
		*size = len;
	return (char *)(*iov)->iov_base + *skip;
}

void p9_iov_put(const struct iovec *iov, size_t skip, const void *buf,
		size_t len)
{
	const uint8_t *from = buf;
	size_t size;

	for (; len; len -= size, skip += size, from += size) {
		void *to = piece(&iov, &skip, len, &size);

		memcpy(to, from, size);
	}
}

void p9_iov_get(const struct iovec *iov, size_t skip, void *buf, size_t len)
{
	uint8_t *to = buf;
	size_t size;

	for (; len; len -= size, skip += size, to += size) {
		const void *from = piece(&iov, &skip, len, &size);

		memcpy(to, from, size);
	}
}

static char *end_of(const struct iovec *iov)
{
	return (char *)iov->iov_base + iov->iov_len;
}

/* Pages of the guest that lie side by side are one buffer. */
unsigned int p9_iov_cut(const struct iovec *iov, size_t skip, size_t len,
			struct iovec *pieces, unsigned int max)
{
	unsigned int nr = 0;
	size_t size;

	for (; len; len -= size, skip += size) {
		char *at = piece(&iov, &skip, len, &size);

		if (nr && end_of(&pieces[nr - 1]) == at)
			pieces[nr - 1].iov_len += size;
		else if (nr < max)
			pieces[nr++] = (struct iovec){ at, size };
		else
			break;
	}
	return nr;
}
