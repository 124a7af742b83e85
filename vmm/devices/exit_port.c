/*
 * A port that ends the guest, as QEMU's isa-debug-exit does: kernel test
 * frameworks write their verdict there. QEMU ends with status 2 * value + 1, and
 * so does kvm-vmm as long as that is a guest's status, 0-63; what is larger
 * becomes 63. No value gives 0, and none what kvm-vmm says by itself.
 *
 * Any access of one to four bytes counts, at any of its ports. Reads give 0.
 */
#include <errno.h>
#include <stdlib.h>

#include "abi/hypercall.h"
#include "plug.h"
#include "util/log.h"

#define PORTS	     0x10000
#define SIZE	     4 /* ports, as test frameworks have it */
#define LARGEST	     (HC_STATUS_MAX / 2)
#define TO_STATUS(v) ((v) << 1 | 1)

struct exit_port {
	struct board *board;
};

static uint64_t exit_port_read(void *dev, unsigned int range, uint64_t off,
			       unsigned int size)
{
	(void)dev;
	(void)range;
	(void)off;
	(void)size;
	return 0;
}

static void exit_port_write(void *dev, unsigned int range, uint64_t off,
			    unsigned int size, uint64_t val)
{
	struct exit_port *e = dev;

	(void)range;
	(void)off;
	(void)size;
	if (val > LARGEST) {
		board_oddity(e->board, "exit value too large, taken as 31",
			     val);
		val = LARGEST;
	}
	board_stop(e->board, BOARD_STOP_EXIT, TO_STATUS(val));
}

static void exit_port_init(void *dev, struct board *board)
{
	struct exit_port *e = dev;

	e->board = board;
}

static const struct device_type exit_port = {
	.name = "exit-port",
	.what = "a value written here ends the guest",
	.ranges = { { DEV_PIO, 0, SIZE, DEV_BEGUN } },
	.width = 4,
	.size = sizeof(struct exit_port),
	.init = exit_port_init,
	.read = exit_port_read,
	.write = exit_port_write,
	.version = 1,
	.saved = sizeof(struct exit_port), /* nothing */
};

/* PORT[,SIZE], as C writes numbers. */
static int exit_port_plug(struct plan *plan, const char *arg)
{
	unsigned long port, size = SIZE;
	struct planned *planned;
	char *end;

	port = strtoul(arg, &end, 0);
	if (*end == ',' && end != arg)
		size = strtoul(end + 1, &end, 0);
	if (*end || *arg < '0' || *arg > '9' || port >= PORTS || !size ||
	    size > SIZE || port + size > PORTS) {
		log_error("--exit-port %s: give a port such as 0xf4, and after "
			  "a comma how many, 1 to 4",
			  arg);
		return -EINVAL;
	}
	planned = plan_add(plan, &exit_port, NULL, 0);
	if (!planned)
		return -EINVAL;
	plan_range(planned, 0, port, size);
	return 0;
}

static const struct plug plug = {
	.option = "--exit-port",
	.arg = "PORT[,N]",
	.what = "value V written there: exit status 2V+1, 63 at most",
	.plug = exit_port_plug,
};

PLUG(plug);
