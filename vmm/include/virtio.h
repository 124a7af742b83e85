/*
 * The contract between a virtio device and the transport it is behind, after
 * "Virtual I/O Device (VIRTIO) Version 1.1".
 *
 * A device knows queues of buffers and no transport; a transport knows no
 * device. All calls come with the lock of the device. What lies in queues is the
 * guest's: it is read once, and every address and length is checked against
 * guest RAM.
 */
#ifndef MKVM_VIRTIO_H
#define MKVM_VIRTIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct board;
struct plan;
struct spare;
struct stash;  /* util/stash.h */
struct virtio; /* one device; virtio/status.h */

#define VIRTIO_QUEUES_MAX 16
#define VIRTIO_SIZE_MAX	  256 /* buffers in a queue */
#define VIRTIO_CONFIG_MAX 64  /* bytes of configuration space */

struct virtio_type {
	const char *name;	  /* one word: "virtio-rng" */
	uint16_t id;		  /* VIRTIO 1.1, "Device Types" */
	uint64_t features;	  /* of its own: those of a device of that id */
	unsigned int nr_queues;	  /* the most that one has */
	unsigned int queue_size;  /* a power of two; 0: 64 */
	unsigned int config_size; /* bytes of configuration space */
	size_t size;		  /* bytes of state */

	/*
	 * Who calls kick(): 0: the vCPU that kicks, which waits for it. Else
	 * this many threads, and queue n is that of worker n modulo it, see
	 * include/worker.h.
	 */
	unsigned int workers;

	/* Power-on state. @dev is zeroed; keep @virtio for later calls. */
	void (*init)(void *dev, struct virtio *virtio, struct board *board);

	/* The guest has taken its features and set its queues up: it goes. NULL:
	 * nothing to do. */
	void (*ready)(void *dev);

	/* The guest says that there are buffers in queue number @queue. */
	void (*kick)(void *dev, unsigned int queue);

	/* The guest starts afresh; no chain is held any more. NULL: there is
	 * nothing to forget. */
	void (*reset)(void *dev);

	/* The guest has written @size bytes at @off to the configuration space,
	 * which shows them. NULL: there, nothing can be written. */
	void (*config_write)(void *dev, unsigned int off, unsigned int size);

	/* It has read them there, while virtio_hear_reads() is on; what it was told
	 * is what there was before. NULL: that is never asked for. */
	void (*config_read)(void *dev, unsigned int off, unsigned int size);

	/*
	 * As in include/device.h, of its own state; queues, features and the
	 * configuration space are remembered besides. It is still when no chain
	 * is held and still() is true. What restored() finds in the configuration
	 * space is what the guest has seen; the features that were taken are
	 * looked at after it, so it may offer some. It calls nobody: that is
	 * go_on()'s.
	 */
	unsigned int version;
	size_t saved;
	bool (*still)(void *dev);
	void (*save)(void *dev, struct stash *out);
	bool (*restored)(void *dev, struct stash *in);

	/* After restored(), when the guest runs again: whatever may change what it
	 * sees, and takes threads. ready() was called before, if the guest had
	 * come so far; kick() comes for every queue that a worker serves. NULL:
	 * nothing to do. */
	void (*go_on)(void *dev);

	/* As there, or NULL. */
	void (*timer)(void *dev);
	size_t (*input)(void *dev, const uint8_t *buf, size_t len);
	void (*hang_up)(void *dev);
	void (*resize)(void *dev);
	void (*abort)(void *dev);
	void (*release)(void *dev);

	/* Where it can be in a spare slot: include/spare.h, of its own state, and of
	 * what virtio_add() is given. All virtio has been reset and holds nothing when
	 * fill() and empty() come; fill() offers features anew. NULL: it cannot. */
	const struct spare *spare;

	/* In its place if the device never came to be: closes what virtio_add()
	 * was given. NULL: nothing is open. */
	void (*forget)(const void *given);
};

/* What the guest has put into a queue as one: first what the device reads,
 * behind it what it writes. */
struct virtio_chain {
	uint16_t head;	   /* its name, for queue_done() */
	uint16_t nr_descs; /* that it takes of the queue, likewise */
	unsigned int nr_out, nr_in;
	struct iovec iov[VIRTIO_SIZE_MAX];
};

/*
 * Takes the next chain out of queue number @queue. False: none is there, and
 * the guest will kick when one is; or the queue is none, which the guest is told
 * of (DEVICE_NEEDS_RESET). A chain is to be given back by queue_done() as soon
 * as its request is through: a reset waits until the device holds none.
 */
bool queue_next(struct virtio *virtio, unsigned int queue,
		struct virtio_chain *chain);

/* Gives @chain back with @written bytes in what the device writes; of @chain only
 * its name is looked at. The guest need not see it before queue_tell(). */
void queue_done(struct virtio *virtio, unsigned int queue,
		const struct virtio_chain *chain, uint32_t written);

/* Puts @chain, which was taken last of those that are held, back to where it came
 * from, as if it had not been taken; then the one that was taken before it is
 * the last. Of @chain only its name is looked at. */
void queue_undo(struct virtio *virtio, unsigned int queue,
		const struct virtio_chain *chain);

/* Shows the guest what was given back since the last call, all of it at once, and
 * asks for an interrupt, unless the guest wants none. */
void queue_tell(struct virtio *virtio, unsigned int queue);

/* Whether queue number @queue is in use; how many descriptors it has. */
bool queue_is_on(const struct virtio *virtio, unsigned int queue);
unsigned int queue_size(const struct virtio *virtio, unsigned int queue);

/* In init(): what virtio_add() was given; features beside those of the type; fewer
 * queues than it. */
const void *virtio_given(const struct virtio *virtio);
void virtio_offer(struct virtio *virtio, uint64_t features);
void virtio_set_queues(struct virtio *virtio, unsigned int nr_queues);

/* Whether the guest has taken all of @features. */
bool virtio_has(const struct virtio *virtio, uint64_t features);

/* The configuration space: sets the @size bytes at @off to those at @data, and
 * tells the guest if that changes what it may have seen. The result of the other
 * shows what is there now, also what the guest has written. */
void virtio_set_config(struct virtio *virtio, unsigned int off,
		       const void *data, unsigned int size);
const uint8_t *virtio_config(const struct virtio *virtio);

/* Tells the guest to look there again, as if it had changed. */
void virtio_tell_config(struct virtio *virtio);

/* Whether config_read() is called, from now on. False: the guest has no driver that is
 * told of changes, or reads that cannot be heard, and it is not. */
bool virtio_hear_reads(struct virtio *virtio, bool hear);

/* The guest did what cannot be (@what, a string literal): nothing goes on until
 * it resets the device. */
void virtio_break(struct virtio *virtio, const char *what, uint64_t val);

/* For a plug: adds a device of @type to @plan, with a copy of the @size bytes at
 * @given for virtio_given(), behind a transport that was built in. 0, or -EINVAL
 * after one message. */
int virtio_add(struct plan *plan, const struct virtio_type *type,
	       const void *given, size_t size);

#endif
