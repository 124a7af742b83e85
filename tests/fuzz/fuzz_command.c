/* objects: VMM:service/control/an VMM:service/control/g VMM:service/control/in */
/* objects: VMM:service/control/ir VMM:service/control/line VMM:service/control/m */
/* objects: VMM:service/control/pr VMM:service/control/r VMM:service/control/sc VMM:service/control/sta */
/* objects: VMM:service/control/sto */
/* objects: VMM:core/ VMM:devices/ VMM:pci/ VMM:irqchip/ VMM:terminal/ VMM:util/ VMM:x86/ VMM:sandbox/ */
/*
 * The VMM's end of the control socket: lines as a broker would send them that has been
 * taken over, to two guests whose vCPUs answer at once, with whatever KVM says. The
 * first byte says what guests there are; each line has an answer, which is one of
 * JSON.
 */
#include "../../vmm/service/control/serve.c"

#include <linux/kvm.h>
#include <stdarg.h>
#include <sys/ioctl.h>

#include "core/pause.h"
#include "core/power.h"
#include "core/services.h"
#include "core/vcpu.h"
#include "irqchip.h"
#include "loader.h"
#include "terminal/console.h"
#include "util/json_read.h"

#define NR_GUESTS 2
#define RUN_SIZE  (3 * 4096)

TABLE_DECLARE(irqchip, irqchip);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __wrap_ioctl(int fd, unsigned long request, ...);
bool __wrap_vcpu_ask_until(struct vcpu *vcpu, vcpu_question *ask, void *arg,
			   uint64_t limit_ns);
void __wrap_vm_quit(struct vm *vm, int status, const char *reason);
bool __wrap_power_ask(struct vm *vm);
bool __wrap_services_on_main(void (*call)(void *arg), void *arg);

struct control control = { .broker = -1, .wake = -1 };
struct control_run control_run = { .name = "fuzz" };

static struct vm vms[NR_GUESTS];
static struct vcpu vcpus[NR_GUESTS];
static struct console_guest ends[NR_GUESTS];
static struct console console;
static uint8_t filler; /* what KVM says */
static int peer = -1;  /* where answers come out */

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	(void)fd;
	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (filler == 0xff)
		return -1;
	if (_IOC_DIR(request) & _IOC_READ && _IOC_TYPE(request) == KVMIO)
		memset(arg, filler, _IOC_SIZE(request));
	return 0;
}

bool __wrap_vcpu_ask_until(struct vcpu *vcpu, vcpu_question *ask, void *arg,
			   uint64_t limit_ns)
{
	(void)limit_ns;
	if (vcpu->vm->stopping || filler & 1)
		return false;
	ask(vcpu, arg);
	return true;
}

void __wrap_vm_quit(struct vm *vm, int status, const char *reason)
{
	(void)reason;
	vm->status = status;
	vm->stopping = true;
}

bool __wrap_power_ask(struct vm *vm)
{
	return !vm->stopping;
}

bool __wrap_services_on_main(void (*call)(void *arg), void *arg)
{
	if (filler & 2)
		return false;
	call(arg);
	return true;
}

/* --- The guests --- */

/* None, or any of those that there are. */
static void choose_chips(struct vm *vm, unsigned int nth)
{
	const struct irqchip *const *row;

	TABLE_FOREACH(irqchip, row) {
		if (nth && !--nth)
			vm->config.irqchip = *row;
	}
}

static void build_guest(unsigned int id, uint8_t how)
{
	static const struct loader loader = { .name = "flat" };
	static struct kvm_run *run;
	struct vm *vm = &vms[id];

	if (!run)
		run = calloc(1, RUN_SIZE);
	*vm = (struct vm){
		.config = { .name = id ? "two" : "one",
			    .image = "image",
			    .loader = &loader,
			    .id = id,
			    .nr_guests = NR_GUESTS,
			    .nr_vcpus = 1,
			    .console = &ends[id],
			    .stop_fd = control.wake },
		.fd = -1,
		.vcpus = &vcpus[id],
		.nr_vcpus = 1,
	};
	pthread_mutex_init(&vm->stop_lock, NULL);
	pause_init(vm);
	vcpus[id] = (struct vcpu){ .vm = vm, .fd = -1, .run = run };
	vcpus[id].answers_no_more = true; /* it is not waited for */
	vcpus[id].started = how & 1;
	ends[id].console = &console;
	ends[id].id = id;
	choose_chips(vm, how >> 1);
}

static void take_down(unsigned int id)
{
	free(ends[id].keys.typed);
	ends[id] = (struct console_guest){ .id = id };
}

static void begin(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) ||
	    answer_init(&control.answer))
		abort();
	control.broker = pair[0];
	peer = pair[1];
	control.wake = event_fd();
	console.wake.fd = control.wake;
	control.vms = vms;
	control.nr_vms = NR_GUESTS;
	control.guests = calloc(NR_GUESTS, sizeof(*control.guests));
}

/* --- Lines --- */

/* The answer to one line: pieces that are a line of JSON together. */
static void check_answer(void)
{
	static char text[CTL_ANSWER_MAX + PIECE_MAX];
	char piece[PIECE_MAX];
	size_t len = 0;
	ssize_t got;

	do {
		got = recv(peer, piece, sizeof(piece), MSG_DONTWAIT);
		if (got < 2 || len + (size_t)got > sizeof(text))
			abort();
		memcpy(text + len, piece + 1, (size_t)got - 1);
		len += (size_t)got - 1;
	} while (*piece == PIECE_MORE);
	if (*piece != PIECE_LAST || !json_is_line(text, len))
		abort();
}

static void say(const uint8_t *data, size_t len)
{
	char line[CTL_LINE_MAX + 1];

	len = len < CTL_LINE_MAX ? len : CTL_LINE_MAX;
	memcpy(line, data, len);
	line[len] = '\0';
	serve_line(line, len, len % 7 ? -1 : dup(peer));
	check_answer();
	stop_due_ms();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = data + size, *at;

	if (!size)
		return 0;
	if (peer < 0)
		begin();
	filler = *data;
	for (unsigned int id = 0; id < NR_GUESTS; id++) {
		build_guest(id, (uint8_t)(*data >> 2 * id));
		control.guests[id] = (struct control_guest){ 0 };
	}
	for (at = ++data; data < end; data = at + 1) {
		at = memchr(data, '\n', (size_t)(end - data));
		at = at ? at : end;
		say(data, (size_t)(at - data));
	}
	for (unsigned int id = 0; id < NR_GUESTS; id++)
		take_down(id);
	event_ack(control.wake);
	return 0;
}
