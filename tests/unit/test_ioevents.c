/* objects: core/ioevents.o util/lock.o util/event.o util/log.o util/sink.o */
/*
 * Kicks that the host's kernel takes: they follow a BAR that the guest moves, are
 * where it was never again, and go with a reset; also while other vCPUs kick. KVM
 * is a list of the test. guest/threads runs this with ThreadSanitizer as well.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/board_inner.h"
#include "core/ioevents.h"
#include "device.h"
#include "ioevent.h"
#include "pci.h"

#define KNOWN_MAX 64
#define BAR	  2
#define BAR_LEN	  64
#define PORT	  0xc000
#define NR_MOVES  5000

/* What KVM has been told, as it keeps it. */
static struct {
	pthread_mutex_t lock;
	unsigned int nr;
	struct kvm_ioeventfd list[KNOWN_MAX];
} kvm = { .lock = PTHREAD_MUTEX_INITIALIZER };

static bool is_same(const struct kvm_ioeventfd *a,
		    const struct kvm_ioeventfd *b)
{
	const uint32_t counts = KVM_IOEVENTFD_FLAG_PIO |
				KVM_IOEVENTFD_FLAG_DATAMATCH;

	return a->addr == b->addr && a->len == b->len &&
	       a->datamatch == b->datamatch &&
	       (a->flags & counts) == (b->flags & counts);
}

/* Place of the one like @event, or how many there are. */
static unsigned int find(const struct kvm_ioeventfd *event)
{
	unsigned int i = 0;

	while (i < kvm.nr && !is_same(&kvm.list[i], event))
		i++;
	return i;
}

static int change(const struct kvm_ioeventfd *event)
{
	const unsigned int at = find(event);

	if (event->flags & KVM_IOEVENTFD_FLAG_DEASSIGN) {
		if (at == kvm.nr || kvm.list[at].fd != event->fd)
			return ENOENT;
		kvm.list[at] = kvm.list[--kvm.nr];
		return 0;
	}
	if (at < kvm.nr)
		return EEXIST;
	if (kvm.nr == KNOWN_MAX)
		return ENOSPC;
	kvm.list[kvm.nr++] = *event;
	return 0;
}

/* In place of the C library's. */
int ioctl(int fd, unsigned long request, ...)
{
	const struct kvm_ioeventfd *event;
	va_list args;

	va_start(args, request);
	event = va_arg(args, const struct kvm_ioeventfd *);
	va_end(args);
	assert_int_equal(fd, -2);
	assert_true(request == KVM_IOEVENTFD);
	pthread_mutex_lock(&kvm.lock);
	errno = change(event);
	pthread_mutex_unlock(&kvm.lock);
	return errno ? -1 : 0;
}

/* A vCPU writes @val to port @addr: whether KVM takes it. */
static bool out_port(uint64_t addr, uint64_t val)
{
	const struct kvm_ioeventfd event = { .addr = addr,
					     .len = 2,
					     .datamatch = val,
					     .flags = KVM_IOEVENTFD_FLAG_PIO };
	unsigned int at;
	bool takes;

	pthread_mutex_lock(&kvm.lock);
	at = find(&event);
	takes = at < kvm.nr;
	if (takes)
		event_notify(kvm.list[at].fd);
	pthread_mutex_unlock(&kvm.lock);
	return takes;
}

static const struct pci_function function = {
	.bars = { [BAR] = { .kind = PCI_BAR_IO, .size = BAR_LEN } },
};
static const struct device_type on_pci = { .name = "x", .pci = &function };

static bool is_without;

bool board_has(struct board *board, const char *name)
{
	(void)board;
	return strcmp(name, "ioeventfd") != 0 || !is_without;
}

struct machine {
	struct vm vm;
	struct board board;
	struct bus_moving bars[PCI_BARS];
	int fd[2]; /* of two queues */
	atomic_bool over;
	atomic_uint taken;
};

static void open_machine(struct machine *m)
{
	memset(m, 0, sizeof(*m));
	m->vm.fd = -2;
	m->board.vm = &m->vm;
	m->board.dev.type = &on_pci;
	m->board.bars = m->bars;
	for (unsigned int i = 0; i < 2; i++)
		m->fd[i] = event_fd();
}

static void close_machine(struct machine *m)
{
	board_drop_ioevents(&m->board);
	assert_int_equal(kvm.nr, 0);
	board_free_ioevents(&m->board);
	for (unsigned int i = 0; i < 2; i++)
		close(m->fd[i]);
}

static void listen_to_both(struct machine *m)
{
	for (unsigned int i = 0; i < 2; i++)
		board_add_ioevent(&m->board,
				  &(struct ioevent){ .range = BAR,
						     .off = 4 * i,
						     .size = 2,
						     .fd = m->fd[i] });
}

/* As board_map() does. */
static void move(struct machine *m, uint64_t base, bool on)
{
	m->bars[BAR].claim.base = base;
	m->bars[BAR].claim.len = on ? BAR_LEN : 0;
	board_move_ioevents(&m->board, BAR, base, on);
}

static void follows_its_bar(void **state)
{
	struct machine m;

	(void)state;
	open_machine(&m);
	listen_to_both(&m); /* nowhere yet */
	assert_int_equal(kvm.nr, 0);
	move(&m, PORT, true);
	assert_true(out_port(PORT, 0) && out_port(PORT + 4, 0));
	board_move_ioevents(&m.board, BAR + 1, 0x1000, true); /* another's */
	assert_true(out_port(PORT, 0));
	move(&m, PORT + BAR_LEN, true);
	assert_false(out_port(PORT, 0) || out_port(PORT + 4, 0));
	assert_true(out_port(PORT + BAR_LEN + 4, 0));
	move(&m, PORT, false);
	assert_int_equal(kvm.nr, 0);
	move(&m, PORT, true);
	board_drop_ioevents(&m.board);
	assert_int_equal(kvm.nr, 0);
	move(&m, PORT + BAR_LEN, true);
	assert_int_equal(kvm.nr, 0); /* it has no wish any more */
	listen_to_both(&m);
	assert_true(out_port(PORT + BAR_LEN, 0));
	close_machine(&m);
}

/* Two BARs at one place: the second one's kicks are exits, and neither takes away
 * what is the other's. */
static void leaves_others_alone(void **state)
{
	struct machine a, b;

	(void)state;
	open_machine(&a);
	open_machine(&b);
	listen_to_both(&a);
	listen_to_both(&b);
	move(&a, PORT, true);
	move(&b, PORT, true);
	assert_int_equal(kvm.nr, 2);
	move(&b, PORT + BAR_LEN, true);
	assert_true(out_port(PORT, 0) && out_port(PORT + BAR_LEN, 0));
	assert_int_equal(kvm.nr, 4);
	board_drop_ioevents(&b.board);
	assert_int_equal(kvm.nr, 2);
	close_machine(&a);
	close_machine(&b);
}

static void can_be_left_out(void **state)
{
	struct machine m;

	(void)state;
	open_machine(&m);
	is_without = true;
	listen_to_both(&m);
	move(&m, PORT, true);
	assert_int_equal(kvm.nr, 0);
	is_without = false;
	close_machine(&m);
}

static void *kicks(void *arg)
{
	struct machine *m = arg;

	for (unsigned int i = 0; !atomic_load(&m->over); i++)
		m->taken += out_port(PORT + i % 3 * BAR_LEN + i % 2 * 4, 0);
	return NULL;
}

/* The other vCPU: moves, and now and then resets and starts the device. */
static void *moves(void *arg)
{
	struct machine *m = arg;

	for (unsigned int i = 0; i < NR_MOVES || !m->taken; i++) {
		lock_take(&m->board.dev.lock);
		move(m, PORT + i % 3 * BAR_LEN, i % 5);
		if (i % 7 == 0) {
			board_drop_ioevents(&m->board);
			assert_int_equal(kvm.nr, 0);
			listen_to_both(m);
		}
		lock_give(&m->board.dev.lock);
	}
	atomic_store(&m->over, true);
	return NULL;
}

/* The worker: every kick that KVM took arrives. */
static void moves_during_kicks(void **state)
{
	static struct machine m;
	pthread_t threads[3];
	uint64_t count = 0, arrived = 0;

	(void)state;
	open_machine(&m);
	listen_to_both(&m);
	for (unsigned int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, i ? kicks : moves, &m);
	for (unsigned int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	for (unsigned int i = 0; i < 2; i++)
		if (read(m.fd[i], &count, sizeof(count)) > 0)
			arrived += count;
	assert_int_equal(arrived, m.taken);
	close_machine(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_its_bar),
		cmocka_unit_test(leaves_others_alone),
		cmocka_unit_test(can_be_left_out),
		cmocka_unit_test(moves_during_kicks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
