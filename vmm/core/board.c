/*
 * The board: makes a device out of every row that was linked in, puts it on
 * the buses, and answers what it asks for through include/device.h.
 */
#include "core/board.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <linux/kvm.h>

#include "abi/exit_status.h"
#include "chip.h"
#include "core/board_inner.h"
#include "core/ioevents.h"
#include "core/irqfds.h"
#include "core/plan.h"
#include "core/probes.h"
#include "core/services.h"
#include "core/shown.h"
#include "core/slots.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "core/workers.h"
#include "feature.h"
#include "util/fwfile.h"
#include "irqchip.h"
#include "terminal/console.h"
#include "terminal/term.h"
#include "util/event.h"
#include "util/fixed.h"
#include "util/log.h"
#include "util/slow.h"

#define TIMER_RETRY_NS 100000 /* when a vCPU is at the device just then */

TABLE_DECLARE(device, device_type);

static void on_timer(void *arg, uint32_t events)
{
	struct board *board = arg;

	(void)events;
	event_ack(board->timer.fd);
	if (!lock_try(&board->dev.lock)) {
		event_arm(board->timer.fd, TIMER_RETRY_NS, 0);
		return;
	}
	board->deadline_ns = 0;
	board->dev.type->timer(board->dev.state);
	lock_give(&board->dev.lock);
}

/* Made when it is first set: few guests use every device that has a timer. */
static int add_timer(struct board *board)
{
	int fd = event_timer_fd();
	int err;

	if (fd < 0)
		return fd;
	board->timer = (struct event_source){ .fd = fd,
					      .ready = on_timer,
					      .arg = board };
	err = event_add(board->loop, &board->timer, EPOLLIN);
	if (err) {
		board->timer.fd = 0;
		close(fd);
	}
	return err;
}

static int claim_ranges(struct board *board)
{
	const struct dev_range *ranges = board->planned ?
						 board->planned->ranges :
						 board->dev.type->ranges;
	int err = 0;

	for (unsigned int i = 0; i < DEV_RANGES_MAX && ranges[i].len && !err;
	     i++)
		err = bus_claim(ranges[i].space == DEV_PIO ? &board->vm->pio :
							     &board->vm->mmio,
				ranges[i].base, ranges[i].len, &board->dev, i);
	return err;
}

/* What the user plugs in, he may want to type at. */
static bool may_get_keys(const struct vm_config *config,
			 const struct device_type *type,
			 const struct planned *planned)
{
	return !config->keys || !strcmp(config->keys, type->name) ||
	       (planned && !config->keys_chosen);
}

static int create_board(struct vm *vm, struct event_loop *loop,
			const struct device_type *type, struct planned *planned)
{
	struct board *board = &vm->boards[vm->nr_boards];
	int err;

	board->vm = vm;
	board->loop = loop;
	board->dev.type = type;
	board->planned = planned;
	board->spare = spare_begins(type, planned);
	board->gets_keys = may_get_keys(&vm->config, type, planned);
	board->dev.state = calloc(1, type->size);
	if (!board->dev.state)
		return -ENOMEM;
	vm->nr_boards++;
	if (type->chip && type->chip->acknowledge)
		vm->pic = board;
	if (type->chip && type->chip->eoi)
		vm->ioapic = board;
	err = claim_ranges(board);
	if (!err && type->pci)
		err = board_take_slot(board);
	if (!err)
		type->init(board->dev.state, board);
	board->made = !err;
	if (planned)
		planned->made = board->made;
	return err;
}

/* The devices that options asked for: bridges, which are the first on their bus, or
 * the others. */
static int create_planned(struct vm *vm, struct event_loop *loop, bool bridges)
{
	struct plan *plan = vm->config.plan;
	int err = 0;

	for (unsigned int i = 0; plan && i < plan->nr && !err; i++)
		if (plan->devices[i].type->is_bridge == bridges &&
		    !board_is_lost(vm, plan->devices[i].type))
			err = create_board(vm, loop, plan->devices[i].type,
					   &plan->devices[i]);
	return err;
}

int boards_create(struct vm *vm, struct event_loop *loop)
{
	const struct device_type *const *row;
	unsigned int count = vm->config.plan ? vm->config.plan->nr : 0;
	int err = 0;

	err = slots_add_low(vm, boards_have_window(vm));
	if (err)
		return err;
	TABLE_FOREACH(device, row)
		count++;
	vm->boards = calloc(count + 1, sizeof(*vm->boards));
	if (!vm->boards)
		err = -ENOMEM;
	if (!err)
		err = create_planned(vm, loop, true);
	TABLE_FOREACH(device, row) {
		if (!err && board_has_place(vm, *row))
			err = create_board(vm, loop, *row, NULL);
	}
	if (!err)
		err = create_planned(vm, loop, false);
	if (err) {
		log_error("%s: devices: %s", vm->config.name, strerror(-err));
		return err;
	}
	err = bus_freeze(&vm->pio);
	return err ? err : bus_freeze(&vm->mmio);
}

void boards_free(struct vm *vm)
{
	for (unsigned int i = 0; i < vm->nr_boards; i++) {
		struct board *board = &vm->boards[i];

		board_end_workers(board);
		if (board->dev.type->release && board->made)
			board->dev.type->release(board->dev.state);
		if (board->timer.fd > 0) {
			event_del(board->loop, &board->timer);
			close(board->timer.fd);
		}
		board_free_ioevents(board);
		board_free_irqfds(board);
		board_free_page(board);
		slots_free_board(board);
		free(board->bars);
		free(board->dev.state);
	}
	slots_free(vm);
	free(vm->boards);
	vm->boards = NULL;
}

void board_irq(struct board *board, unsigned int pin, bool level)
{
	const struct device_type *type = board->dev.type;
	const struct irqchip *chip = board->vm->config.irqchip;
	unsigned int line;

	if (!chip || pin >= type->nr_irqs)
		return;
	line = board->planned ? board->planned->irqs[pin] : type->irqs[pin];
	if (probes_are_on())
		probes_line(board->vm->config.id, line, level,
			    vm_now_ns(board->vm));
	chip->set_line(board->vm, line, level);
}

/*
 * Lock order: the lock of an interrupt controller comes after that of the
 * device whose line it is, and before intr_lock. Nobody waits for another
 * device while holding it, the other interrupt controller included.
 */
void board_chip_line(struct board *chip, unsigned int line, bool level)
{
	lock_take(&chip->dev.lock);
	chip->dev.type->chip->line(chip->dev.state, line, level);
	lock_give(&chip->dev.lock);
}

void board_chip_eoi(struct board *ioapic, uint8_t vector)
{
	lock_take(&ioapic->dev.lock);
	ioapic->dev.type->chip->eoi(ioapic->dev.state, vector);
	lock_give(&ioapic->dev.lock);
}

uint8_t board_chip_acknowledge(struct board *pic)
{
	uint8_t vector;

	lock_take(&pic->dev.lock);
	vector = pic->dev.type->chip->acknowledge(pic->dev.state);
	lock_give(&pic->dev.lock);
	return vector;
}

void board_intr(struct board *board, bool level)
{
	struct vm *vm = board->vm;

	atomic_store(&vm->intr, level);
	if (!level)
		return;
	pthread_mutex_lock(&vm->intr_lock);
	pthread_cond_broadcast(&vm->intr_raised);
	pthread_mutex_unlock(&vm->intr_lock);
	if (vcpu_current() != &vm->vcpus[0])
		vcpu_kick(&vm->vcpus[0]);
}

void board_send(struct board *board, const struct dev_message *message)
{
	board->vm->config.irqchip->msi(board->vm, message);
}

void board_want_eoi(struct board *board, const struct dev_message *messages,
		    unsigned int count)
{
	board->vm->config.irqchip->want_eoi(board->vm, messages, count);
}

SLOW static void hear(struct board *board, const void *buf, size_t len)
{
	enum lastword said = lastword_hear(&board->ear, buf, len);

	if (said != LASTWORD_NONE)
		atomic_store(&board->vm->said, said);
}

/* How many of @len bytes the guest may still print: up to the limit they all come,
 * whoever prints them. */
static size_t may_print(struct vm *vm, size_t len)
{
	const uint64_t max = vm->config.max_output;
	const uint64_t before = atomic_fetch_add_explicit(&vm->nr_printed, len,
							  memory_order_relaxed);

	if (before <= max && len <= max - before)
		return len;
	vm_stop(vm, STATUS_LIMIT, "stopped: --max-output %llu used up",
		(unsigned long long)max);
	return before < max ? (size_t)(max - before) : 0;
}

void board_tx(struct board *board, const void *buf, size_t len)
{
	len = may_print(board->vm, len);
	if (!lastword_is_none(&board->ear, buf, len))
		hear(board, buf, len);
	console_tx(board->vm->config.console, buf, len);
}

void board_rx_ready(struct board *board)
{
	if (!board->gets_keys)
		return;
	atomic_store_explicit(&board->vm->listens, true, memory_order_relaxed);
	console_rx_ready(board->vm->config.console, board);
}

void board_screen_ready(struct board *board)
{
	if (board->vm->config.screen_keys)
		console_keyboard(board->vm->config.console, board);
	if (board->gets_keys && board->vm->config.quiet_keys)
		console_lends(board->vm->config.console, board);
}

bool board_lends(struct board *board)
{
	return board->gets_keys && board->vm->config.quiet_keys &&
	       console_is_unasked(board->vm->config.console);
}

bool board_is_early(struct board *board)
{
	return board->vm->config.by_serial;
}

bool board_at_screen(struct board *board)
{
	return board->vm->config.screen_keys &&
	       console_is_at_screen(board->vm->config.console);
}

void board_rx_more(struct board *board)
{
	console_rx_more(board->vm->config.console, board);
}

void board_terminal(struct board *board, unsigned int *columns,
		    unsigned int *lines)
{
	*columns = *lines = 0;
	if (board->vm->config.nr_guests == 1)
		term_size(columns, lines);
}

bool board_goes_on(struct board *board)
{
	return !atomic_load(&board->vm->stopping);
}

void board_stop(struct board *board, enum board_stop why, int status)
{
	if (why == BOARD_STOP_RESET)
		vm_reset(board->vm);
	else
		vm_stop(board->vm, status, NULL);
}

uint64_t board_now_ns(struct board *board)
{
	return vm_now_ns(board->vm);
}

void board_timer(struct board *board, uint64_t deadline_ns)
{
	uint64_t now_ns = vm_now_ns(board->vm);
	uint64_t wait_ns = 0;

	board->deadline_ns = deadline_ns;
	if (deadline_ns) /* a deadline in the past is due now, not never */
		wait_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 1;
	if (wait_ns && board->timer.fd <= 0 && add_timer(board)) {
		vm_stop(board->vm, STATUS_FAILED, "%s: no timer to be had",
			board->dev.type->name);
		return;
	}
	if (board->timer.fd > 0)
		event_arm(board->timer.fd, wait_ns, 0);
}

const void *board_config(struct board *board)
{
	return board->planned ? board->planned->config : NULL;
}

void *board_ram(struct board *board, uint64_t gpa, size_t len)
{
	return mem_hva(&board->vm->mem, gpa, len);
}

struct fw_files *board_files(struct board *board)
{
	return board->vm->files;
}

bool board_has(struct board *board, const char *name)
{
	return !feature_is_out(board->vm->config.without, name);
}

struct timespec board_wall(struct board *board)
{
	struct timespec now;

	(void)board;
	if (!fixed_wall(&now))
		clock_gettime(CLOCK_REALTIME, &now);
	return now;
}

struct board_size board_size(struct board *board)
{
	const struct memory *mem = &board->vm->mem;

	return (struct board_size){
		.ram_low = mem->low_size,
		.ram_high = mem->size - mem->low_size,
		.nr_cpus = board->vm->config.nr_vcpus,
	};
}

uint64_t board_rbx(struct board *board)
{
	const struct vcpu *vcpu = vcpu_current();

	(void)board;
	return vcpu ? vcpu->run->s.regs.regs.rbx : 0;
}

void board_random(struct board *board, void *buf, size_t len)
{
	memset(buf, 0, len);
	if (fixed_random(buf, len))
		return;
	/* Up to 256 bytes come whole, getrandom(2). No others will do. */
	if (getrandom(buf, len, 0) != (ssize_t)len)
		vm_stop(board->vm, STATUS_FAILED,
			"no random bytes from this host: %s", strerror(errno));
}

bool board_save(struct board *board)
{
	return services_save(board->vm);
}

bool board_is_saved(struct board *board)
{
	return atomic_load(&board->vm->saved);
}

unsigned int board_copy(struct board *board)
{
	return board->vm->config.copy;
}

unsigned int board_guest_id(struct board *board)
{
	return board->vm->config.id;
}

void board_oddity(struct board *board, const char *what, uint64_t val)
{
	board->nr_oddities++;
	for (unsigned int i = 0; i < board->nr_logged; i++)
		if (board->logged[i] == what)
			return;
	if (board->nr_logged == ODDITIES_MAX)
		return;
	board->logged[board->nr_logged++] = what;
	log_info("%s: %s: %s: 0x%llx", board->vm->config.name,
		 board->dev.type->name, what, (unsigned long long)val);
}
