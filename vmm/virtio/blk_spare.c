/*
 * Disks that come and go while the guest runs, in spare slots of PCI. A worker of the
 * device's closes what has left, since that may wait for the host's disk.
 */
#include "virtio/blk_spare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "abi/pc.h"
#include "device.h"
#include "disk.h"
#include "plug.h"
#include "saved.h"
#include "spare.h"
#include "util/log.h"
#include "virtio/blk.h"
#include "virtio/blk_config.h"
#include "virtio/pci_spare.h"
#include "worker.h"

struct blk_spare {
	struct blk blk;
	struct event_source closing; /* eventfd; 0: none yet */
};

/* Is in the plan, which is the device's. */
static struct blk_given *given_of(const struct blk_spare *s)
{
	return (struct blk_given *)virtio_given(s->blk.virtio);
}

static void on_closing(void *arg, uint32_t events)
{
	struct blk_spare *s = arg;
	struct board *board = s->blk.board;

	(void)events;
	if (!s->blk.disk || board_is_there(board))
		return;
	board_let_go(board);
	disk_close(s->blk.disk);
	board_take_back(board);
	blk_free_texts(given_of(s));
	*given_of(s) = (struct blk_given){ 0 };
	s->blk.disk = NULL;
	s->blk.told = 0;
	board_emptied(board);
}

/* A thread to close it later. */
static void prepare_closing(struct blk_spare *s)
{
	if (s->closing.fd)
		return;
	s->closing = (struct event_source){ event_fd(), on_closing, s };
	if (s->closing.fd > 0 &&
	    !board_watch(s->blk.board, 0, &s->closing, EPOLLIN | EPOLLET))
		return;
	if (s->closing.fd > 0)
		close(s->closing.fd);
	s->closing.fd = 0;
}

static void spare_init(void *dev, struct virtio *virtio, struct board *board)
{
	struct blk_spare *s = dev;

	blk_init(dev, virtio, board);
	if (s->blk.disk)
		prepare_closing(s);
}

static bool is_full(const void *given)
{
	return ((const struct blk_given *)given)->disk;
}

static void fill_slot(void *dev, const void *what)
{
	struct blk_spare *s = dev;

	*given_of(s) = *(const struct blk_given *)what;
	s->blk.disk = given_of(s)->disk;
	prepare_closing(s);
	blk_show(&s->blk);
}

/* Without that thread it stays until the end of the run. */
static void empty_slot(void *dev)
{
	struct blk_spare *s = dev;

	if (s->closing.fd)
		event_notify(s->closing.fd);
}

static void view_slot(void *dev, struct spare_view *view)
{
	const struct blk_spare *s = dev;

	if (!s->blk.disk)
		return;
	strncpy(view->says, given_of(s)->said, sizeof(view->says) - 1);
	view->bytes = s->blk.disk->size;
	view->read_only = s->blk.disk->read_only;
}

static const struct spare spare = {
	.is_full = is_full,
	.fill = fill_slot,
	.empty = empty_slot,
	.view = view_slot,
};

/* The broker, which starts copies, knows what was said before the guest ran. */
static void spare_save(void *dev, struct stash *out)
{
	struct blk_spare *s = dev;

	if (!s->blk.disk || !board_is_there(s->blk.board))
		return;
	if (board_forks(s->blk.board) && given_of(s)->added)
		board_refuse(s->blk.board,
			     "%s was added while the guest ran, and copies "
			     "have what was there from the start; "
			     "`disk remove` takes it out",
			     s->blk.disk->name);
	else
		blk_save(dev, out);
}

static bool spare_restored(void *dev, struct stash *in)
{
	struct blk_spare *s = dev;

	return !s->blk.disk || !board_is_there(s->blk.board) ||
	       blk_restored(dev, in);
}

static void spare_release(void *dev)
{
	struct blk_spare *s = dev;

	if (s->closing.fd)
		close(s->closing.fd);
	blk_release(dev);
}

static const struct virtio_type blk_spare_type = {
	.name = "virtio-blk",
	.id = 2,
	.nr_queues = VIRTIO_QUEUES_MAX,
	.queue_size = BLK_QUEUE_SIZE,
	.config_size = sizeof(struct blk_config),
	.size = sizeof(struct blk_spare),
	.version = 1,
	.saved = sizeof(struct blk_spare),
	.save = IF_ON(CONFIG_SNAPSHOT, spare_save),
	.restored = IF_ON(CONFIG_SNAPSHOT, spare_restored),
	.workers = VIRTIO_QUEUES_MAX,
	.init = spare_init,
	.kick = blk_kick,
	.abort = blk_abort,
	.release = spare_release,
	.forget = blk_forget,
	.spare = &spare,
};

/* --- Options --- */

int blk_spare_open(struct blk_given *given, const char *option,
		   const char *said, const struct disk_ask *ask)
{
	struct disk_words words = { .ask = *ask };
	int err = disk_words(&words, option, said);

	*given = (struct blk_given){ .added = ask->is_open };
	given->text = words.text;
	given->said = strdup(said);
	memcpy(given->serial, words.serial, sizeof(given->serial));
	if (!err && !given->said) {
		log_error("%s: %s: %s", option, said, strerror(ENOMEM));
		err = -EINVAL;
	}
	if (!err)
		err = disk_open(&given->disk, &words.ask);
	if (err)
		blk_free_texts(given);
	return err;
}

static int check_bus(const struct plan *plan, const char *option)
{
	if (plan_allows(plan, "pci"))
		return 0;
	log_error("%s: spare slots are on the PCI bus: not with --no-pci",
		  option);
	return -EINVAL;
}

/* A number up to that of the slots; what stands behind it in *@end. False: none. */
static bool take_number(const char *arg, unsigned int *nr, const char **end)
{
	*nr = *arg - '0';
	*end = arg + 1;
	return *arg > '0' && *nr <= PC_PCI_SPARES;
}

static int slots_plug(struct plan *plan, const char *arg)
{
	const struct blk_given none = { 0 };
	const char *end;
	unsigned int count;
	int err = check_bus(plan, "--spare-slots");

	if (!err && (!take_number(arg, &count, &end) || *end)) {
		log_error("--spare-slots %s: 1 to %d", arg, PC_PCI_SPARES);
		err = -EINVAL;
	}
	for (unsigned int nr = 0; !err && nr < count; nr++)
		if (!plan_has_slot(plan, PC_PCI_SPARE + nr))
			err = virtio_pci_add_spare(plan, nr, &blk_spare_type,
						   &none, sizeof(none));
	return err;
}

static const struct plug slots = {
	.option = "--spare-slots",
	.arg = "N",
	.what = "slots of PCI for disks that come and go: `kvm-vmm ctl disk`",
	.plug = slots_plug,
};
PLUG(slots);

static int spare_plug(struct plan *plan, const char *arg)
{
	const struct disk_ask ask = { .copy = plan_copy(plan) };
	struct blk_given given;
	const char *said;
	unsigned int nr;
	int err = check_bus(plan, "--spare-disk");

	if (err)
		return err;
	if (!take_number(arg, &nr, &said) || *said != ':') {
		log_error("--spare-disk %s: such as 1:FILE, with a slot's "
			  "number, 1 to %d",
			  arg, PC_PCI_SPARES);
		return -EINVAL;
	}
	if (plan_has_slot(plan, PC_PCI_SPARE + nr - 1)) {
		log_error("--spare-disk %s: there is a disk in slot %u already",
			  arg, nr);
		return -EINVAL;
	}
	err = blk_spare_open(&given, "--spare-disk", said + 1, &ask);
	if (err)
		return err;
	err = virtio_pci_add_spare(plan, nr - 1, &blk_spare_type, &given,
				   sizeof(given));
	if (err)
		blk_forget(&given);
	return err;
}

static const struct plug disk = {
	.option = "--spare-disk",
	.arg = "N:FILE[,WORD]...",
	.what = "in spare slot N, and can go; WORD as of --disk",
	.is_of_host = true,
	.early = true, /* --spare-slots leaves it alone */
	.plug = spare_plug,
};
PLUG(disk);
