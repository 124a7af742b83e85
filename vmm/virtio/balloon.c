/*
 * The memory balloon, after VIRTIO 1.2, "Traditional Memory Balloon Device": pages
 * of its RAM that the guest does without go back to the host.
 *
 * The guest gives pages (inflates) until it has given as many as the configuration
 * says, and takes them back (deflates) without asking if it has nothing else left
 * and has said that it will (VIRTIO_BALLOON_F_DEFLATE_ON_OOM). Beside that it
 * reports what happens to be free (VIRTIO_BALLOON_F_REPORTING), which it may use
 * again at any time without a word.
 *
 * A page that is taken back needs nothing: the host fills it with zeroes when it
 * is touched. Left out: statistics, and hints for a migration.
 */
#include <errno.h>
#include <string.h>

#include "device.h"
#include "plug.h"
#include "saved.h"
#include "util/log.h"
#include "util/size.h"
#include "virtio.h"

#define F_DEFLATE_ON_OOM (1ULL << 2)
#define F_REPORTING	 (1ULL << 5)

/*
 * The last of them is where reports come in the document's count. Linux counts
 * only the queues that its features bring, so there it is the one behind
 * DEFLATE. Nothing else can be in those between.
 */
enum { INFLATE, DEFLATE, REPORTING, NR_QUEUES = 5 };

/* The configuration space */
#define NUM_PAGES  0 /* that the guest is to give, */
#define ACTUAL	   4 /* and that it has given */
#define SPACE_SIZE 8

#define PAGE_SIZE 4096 /* whatever the guest's own are */

struct balloon {
	struct board *board;
	struct virtio *virtio;
	uint64_t given, reported; /* bytes that went back to the host */
	uint64_t run, run_len; /* pages in a row that are to go: gpa, bytes */
};

/* A walk over what the guest has written, wherever its buffers end. */
struct words {
	const struct virtio_chain *chain;
	unsigned int i;
	size_t at; /* in iov[i] */
};

static bool next_word(struct words *words, uint32_t *word)
{
	uint8_t bytes[sizeof(*word)];
	size_t have = 0;

	while (have < sizeof(bytes)) {
		const struct iovec *iov = &words->chain->iov[words->i];

		if (words->i == words->chain->nr_out)
			return false;
		if (words->at == iov->iov_len) {
			words->i++;
			words->at = 0;
			continue;
		}
		bytes[have++] = ((const uint8_t *)iov->iov_base)[words->at++];
	}
	memcpy(word, bytes, sizeof(*word));
	return true;
}

static void end_run(struct balloon *b)
{
	void *hva = b->run_len ? board_ram(b->board, b->run, b->run_len) : NULL;

	if (hva)
		b->given += board_discard(b->board, hva, b->run_len);
	else if (b->run_len)
		board_oddity(b->board, "pages that are not RAM", b->run);
	b->run_len = 0;
}

/* Linux gives a block of pages one by one, upwards or downwards: one call to the
 * host for those in a row. */
static void add_page(struct balloon *b, uint64_t gpa)
{
	if (b->run_len && gpa == b->run + b->run_len) {
		b->run_len += PAGE_SIZE;
		return;
	}
	if (b->run_len && gpa + PAGE_SIZE == b->run) {
		b->run = gpa;
		b->run_len += PAGE_SIZE;
		return;
	}
	end_run(b);
	b->run = gpa;
	b->run_len = PAGE_SIZE;
}

static void inflate(struct balloon *b, const struct virtio_chain *chain)
{
	struct words words = { .chain = chain };
	uint32_t page;

	while (board_goes_on(b->board) && next_word(&words, &page))
		add_page(b, (uint64_t)page * PAGE_SIZE);
	end_run(b);
}

static void take_report(struct balloon *b, const struct virtio_chain *chain)
{
	for (unsigned int i = 0; i < chain->nr_in; i++) {
		const struct iovec *iov = &chain->iov[chain->nr_out + i];

		b->reported +=
			board_discard(b->board, iov->iov_base, iov->iov_len);
	}
}

static void balloon_kick(void *dev, unsigned int queue)
{
	struct balloon *b = dev;
	struct virtio_chain chain;

	while (queue_next(b->virtio, queue, &chain)) {
		if (queue == INFLATE)
			inflate(b, &chain);
		else if (queue >= REPORTING)
			take_report(b, &chain);
		queue_done(b->virtio, queue, &chain, 0);
	}
	queue_tell(b->virtio, queue);
}

/* No more than there is. */
static void want(struct balloon *b)
{
	const uint64_t *given = virtio_given(b->virtio);
	struct board_size ram = board_size(b->board);
	uint64_t size = ram.ram_low + ram.ram_high;
	uint32_t pages = (*given < size ? *given : size) / PAGE_SIZE;

	virtio_set_config(b->virtio, NUM_PAGES, &pages, sizeof(pages));
}

/* How many it has given is the guest's to write, and nobody here asks. */
static void balloon_config_write(void *dev, unsigned int off, unsigned int size)
{
	(void)size;
	if (off < ACTUAL)
		want(dev);
}

static void balloon_init(void *dev, struct virtio *virtio, struct board *board)
{
	struct balloon *b = dev;

	b->board = board;
	b->virtio = virtio;
	want(b);
}

static void balloon_release(void *dev)
{
	struct balloon *b = dev;

	log_info("virtio-balloon: %llu KiB given, %llu KiB reported free",
		 (unsigned long long)b->given >> 10,
		 (unsigned long long)b->reported >> 10);
}

static bool balloon_restored(void *dev, struct stash *in)
{
	(void)in;
	return !((struct balloon *)dev)->run_len;
}

/* This run may want another size. */
static void balloon_go_on(void *dev)
{
	want(dev);
}

static const struct virtio_type balloon = {
	.name = "virtio-balloon",
	.id = 5,
	.features = F_DEFLATE_ON_OOM | F_REPORTING,
	.nr_queues = NR_QUEUES,
	.config_size = SPACE_SIZE,
	.size = sizeof(struct balloon),
	.version = 1,
	.saved = offsetof(struct balloon, given),
	.restored = IF_ON(CONFIG_SNAPSHOT, balloon_restored),
	.go_on = IF_ON(CONFIG_SNAPSHOT, balloon_go_on),
	.init = balloon_init,
	.kick = balloon_kick,
	.config_write = balloon_config_write,
	.release = balloon_release,
};

static int balloon_plug(struct plan *plan, const char *arg)
{
	uint64_t size = 0;

	if (!arg || !size_parse(arg, &size))
		return virtio_add(plan, &balloon, &size, sizeof(size));
	log_error("--balloon: give a size such as 64M, or none");
	return -EINVAL;
}

static const struct plug plug = {
	.option = "--balloon",
	.arg = "SIZE",
	.arg_optional = true,
	.what = "free memory goes back to the host, SIZE for good",
	.plug = balloon_plug,
};

PLUG(plug);
