/*
 * Messages by KVM_IRQFD: an eventfd that stands for a GSI, which stands for a
 * message. A thread writes the eventfd, and KVM has the interrupt in the local
 * APIC before that returns.
 *
 * A vector that is used now and then is not worth it: it is sent as a message
 * until it has come often enough. Nobody has to say when a guest has changed what
 * a vector is, since it is looked at whenever it is sent; one that changes all
 * the time is sent as a message again.
 */
#include "core/irqfds.h"

#include <linux/kvm.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "chip.h"
#include "core/board_inner.h"
#include "device.h"
#include "feature.h"
#include "irqchip.h"
#include "util/event.h"

#define OFTEN	    16
#define CHANGES_MAX 64

static const struct feature irqfd = {
	.name = "irqfd",
	.what = "interrupts that reach a local APIC by an eventfd",
};
FEATURE(irqfd);

struct irqfd {
	struct dev_message message;
	unsigned int sent, changes;
	unsigned int gsi;
	int fd; /* 0: none yet; negative: none will be */
};

static bool is_same(const struct dev_message *a, const struct dev_message *b)
{
	return a->address == b->address && a->data == b->data;
}

static bool bind_fd(struct board *board, struct irqfd *f)
{
	struct kvm_irqfd bound = { .gsi = f->gsi };

	f->fd = event_fd();
	if (f->fd < 0)
		return false;
	bound.fd = f->fd;
	if (!ioctl(board->vm->fd, KVM_IRQFD, &bound))
		return true;
	close(f->fd);
	f->fd = -1;
	return false;
}

/* Makes @f's GSI @message; the first time, it gets one, and an eventfd. */
static bool route(struct board *board, struct irqfd *f,
		  const struct dev_message *message)
{
	const struct irqchip *chip = board->vm->config.irqchip;

	if (!f->fd)
		f->gsi = IRQCHIP_LINES +
			 atomic_fetch_add(&board->vm->nr_gsis, 1);
	f->message = *message;
	f->changes++;
	if (!chip->route(board->vm, f->gsi, message))
		return f->fd || bind_fd(board, f);
	if (f->fd)
		close(f->fd);
	f->fd = -1;
	return false;
}

/* What is not worth an eventfd, or not any more. */
static bool is_plain(const struct board *board, const struct irqfd *f)
{
	return f->sent < OFTEN || f->fd < 0 || f->changes > CHANGES_MAX ||
	       !board->vm->config.irqchip->route;
}

bool board_ring_message(struct board *board, unsigned int vector,
			const struct dev_message *message)
{
	struct irqfd *f;

	if (!board->irqfds && board_has(board, irqfd.name))
		board->irqfds = calloc(PCI_VECTORS_MAX, sizeof(*f));
	if (!board->irqfds || vector >= PCI_VECTORS_MAX)
		return false;
	f = &board->irqfds[vector];
	if (f->sent < OFTEN)
		f->sent++;
	if (is_plain(board, f))
		return false;
	if ((!f->fd || !is_same(&f->message, message)) &&
	    !route(board, f, message))
		return false;
	event_notify(f->fd);
	return true;
}

void board_free_irqfds(struct board *board)
{
	for (unsigned int i = 0; board->irqfds && i < PCI_VECTORS_MAX; i++)
		if (board->irqfds[i].fd > 0)
			close(board->irqfds[i].fd);
	free(board->irqfds);
}
