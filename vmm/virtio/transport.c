/*
 * Which transport a virtio device gets: the one that the user names; else MMIO
 * if this kernel is known to have its driver, since it is there at once, and a
 * bus need not be looked through; else PCI, where any other system looks.
 */
#include "transport.h"

#include <errno.h>
#include <string.h>

#include "plug.h"
#include "util/log.h"
#include "virtio.h"

TABLE_DECLARE(transport, virtio_transport);

static const struct virtio_transport *find(const char *name)
{
	const struct virtio_transport *const *row;

	TABLE_FOREACH(transport, row) {
		if (!strcmp((*row)->name, name))
			return *row;
	}
	return NULL;
}

/* Whether this guest can be told of devices there. */
static bool is_usable(const struct plan *plan,
		      const struct virtio_transport *row)
{
	return row && (!row->part || plan_allows(plan, row->part));
}

/* *@why becomes the reason. NULL: there is none. */
static const struct virtio_transport *choose(const struct plan *plan,
					     const char **why)
{
	const struct virtio_transport *row = plan_choice(plan);
	const bool drives = plan_drives_windows(plan);

	*why = "as --virtio says";
	if (row)
		return row;
	*why = drives ? "this kernel has the driver" :
			"where most systems look";
	row = find(drives ? "mmio" : "pci");
	if (is_usable(plan, row))
		return row;
	*why = "the other transport is not there";
	row = find(drives ? "pci" : "mmio");
	return is_usable(plan, row) ? row : NULL;
}

int virtio_add(struct plan *plan, const struct virtio_type *type,
	       const void *given, size_t size)
{
	const char *why;
	const struct virtio_transport *row = choose(plan, &why);

	if (!row) {
		log_error("%s: no transport of virtio in this kvm-vmm or this "
			  "run; VIRTIO_MMIO and VIRTIO_PCI in `make "
			  "menuconfig` are two",
			  type->name);
		return -EINVAL;
	}
	log_info("%s: over %s: %s", type->name, row->name, why);
	return row->add(plan, type, given, size);
}

static int transport_plug(struct plan *plan, const char *arg)
{
	const struct virtio_transport *row = find(arg);

	if (!row) {
		log_error("--virtio %s: no such transport in this kvm-vmm; "
			  "there are mmio and pci, VIRTIO_MMIO and VIRTIO_PCI "
			  "in `make menuconfig`",
			  arg);
		return -EINVAL;
	}
	if (!is_usable(plan, row)) {
		log_error("--virtio %s: not with --no-%s", arg, row->part);
		return -EINVAL;
	}
	plan_choose(plan, row);
	return 0;
}

static const struct plug plug = {
	.option = "--virtio",
	.arg = "KIND",
	.what = "how the guest reaches those of virtio: mmio or pci",
	.early = true,
	.plug = transport_plug,
};

PLUG(plug);
