/* Requests as bytes: see blk_request.h. */
#include "virtio/blk_request.h"

#include <string.h>

bool request_take(struct request *r, void *to, size_t len)
{
	uint8_t *at = to;

	while (len && r->nr) {
		size_t part = r->data->iov_len < len ? r->data->iov_len : len;

		memcpy(at, r->data->iov_base, part);
		r->data->iov_base = (uint8_t *)r->data->iov_base + part;
		r->data->iov_len -= part;
		at += part;
		len -= part;
		if (!r->data->iov_len) {
			r->data++;
			r->nr--;
		}
	}
	return !len;
}

/* The last byte of what the device writes; NULL: there is none. */
static uint8_t *take_status(struct virtio_chain *chain)
{
	while (chain->nr_in) {
		struct iovec *last =
			&chain->iov[chain->nr_out + chain->nr_in - 1];

		if (last->iov_len) {
			uint8_t *status =
				(uint8_t *)last->iov_base + --last->iov_len;

			chain->nr_in -= !last->iov_len;
			return status;
		}
		chain->nr_in--;
	}
	return NULL;
}

static uint64_t length(const struct iovec *iov, unsigned int nr)
{
	uint64_t len = 0;

	for (unsigned int i = 0; i < nr; i++)
		len += iov[i].iov_len;
	return len;
}

bool request_parse(struct request *r)
{
	struct virtio_chain *chain = &r->chain;

	r->written = 0;
	r->status = take_status(chain);
	r->data = chain->iov;
	r->nr = chain->nr_out;
	if (!r->status || !request_take(r, &r->header, sizeof(r->header)))
		return false;
	if (r->header.type == TYPE_IN || r->header.type == TYPE_GET_ID) {
		r->data = &chain->iov[chain->nr_out];
		r->nr = chain->nr_in;
	}
	r->len = length(r->data, r->nr);
	return true;
}
