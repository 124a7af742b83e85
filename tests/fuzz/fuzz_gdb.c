/* objects: VMM:service/gdb/a VMM:service/gdb/b VMM:service/gdb/c VMM:service/gdb/d */
/* objects: VMM:service/gdb/e VMM:service/gdb/f VMM:service/gdb/g VMM:service/gdb/h */
/* objects: VMM:service/gdb/i VMM:service/gdb/j VMM:service/gdb/k VMM:service/gdb/l */
/* objects: VMM:service/gdb/m VMM:service/gdb/n VMM:service/gdb/o VMM:service/gdb/p */
/* objects: VMM:service/gdb/q VMM:service/gdb/r VMM:service/gdb/ses VMM:service/gdb/st */
/* objects: VMM:service/gdb/sy VMM:service/gdb/t VMM:service/gdb/u VMM:service/gdb/v */
/* objects: VMM:service/gdb/w VMM:service/gdb/x VMM:service/gdb/y VMM:service/gdb/z */
/* objects: VMM:core/ VMM:devices/ VMM:pci/ VMM:irqchip/ VMM:terminal/ VMM:util/ VMM:x86/ VMM:sandbox/ */
/*
 * All of the server but its thread, which is included below.
 *
 * A client made by an enemy, for the gdb server: packets and other bytes, while
 * vCPUs stop for reasons of their own and RAM holds whatever it likes. No threads:
 * a vCPU is asked by a call, and stands still as soon as it is told to.
 *
 * The first byte chooses what KVM can do, how many vCPUs there are and their mode;
 * then come steps, each a byte that says what happens and more that say how.
 */
#include "../../vmm/service/gdb/server.c" /* which needs neither client nor poll */

#include <linux/kvm.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "abi/exit_status.h"
#include "core/pause.h"
#include "core/services.h"
#include "core/vcpu.h"
#include "x86/bits.h"

#define RAM	  MEM_MIN
#define NR_CPUS	  2
#define RUN_SIZE  (3 * 4096)
#define END	  0xff /* of the bytes of a step */
#define TABLES_AT 0x1000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __wrap_ioctl(int fd, unsigned long request, ...);
bool __wrap_vcpu_ask(struct vcpu *vcpu, vcpu_question *ask, void *arg);
bool __wrap_vm_pause_wait(struct vm *vm);
void __wrap_vm_quit(struct vm *vm, int status, const char *reason);
void __wrap_vm_let_go(struct vm *vm);

static struct bytes {
	const uint8_t *data;
	size_t left;
} in;

static struct kvm_sregs sregs; /* what every vCPU has */
static struct gdb server;
static struct gdb_cpu gdb_cpus[NR_CPUS];
static struct vcpu vcpus[NR_CPUS];
static struct kvm_run *runs[NR_CPUS];

static uint8_t next(void)
{
	if (!in.left)
		return 0;
	in.left--;
	return *in.data++;
}

static uint64_t next_word(unsigned int bytes)
{
	uint64_t val = 0;

	while (bytes--)
		val = val << 8 | next();
	return val;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	(void)fd;
	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (request == KVM_GET_MSRS || request == KVM_SET_MSRS)
		return next() & 1;
	if (request == KVM_GET_SREGS)
		memcpy(arg, &sregs, sizeof(sregs));
	else if (_IOC_DIR(request) == _IOC_READ && _IOC_TYPE(request) == KVMIO)
		memset(arg, next(), _IOC_SIZE(request));
	return 0;
}

bool __wrap_vcpu_ask(struct vcpu *vcpu, vcpu_question *ask, void *arg)
{
	if (vcpu->vm->stopping)
		return false;
	ask(vcpu, arg);
	return true;
}

bool __wrap_vm_pause_wait(struct vm *vm)
{
	return !vm->stopping;
}

void __wrap_vm_quit(struct vm *vm, int status, const char *reason)
{
	(void)reason;
	vm->status = status;
	vm->stopping = true;
}

void __wrap_vm_let_go(struct vm *vm)
{
	vm->stopping = true;
}

/* --- The guest ------------------------------------------------------------- */

/* Real mode, 32 bits with and without paging, 64 bits; page tables are what RAM
 * has. */
static void choose_mode(uint8_t how)
{
	sregs = (struct kvm_sregs){ .cr3 = TABLES_AT };
	sregs.cs.limit = sregs.ss.limit = UINT32_MAX;
	if (how & 1)
		sregs.cr0 = CR0_PE;
	if (how & 2)
		sregs.cr0 |= CR0_PG | CR0_PE;
	sregs.cs.db = sregs.ss.db = how & 1;
	if ((how & 3) != 3)
		return;
	sregs.cr4 = CR4_PAE;
	sregs.efer = EFER_LME | EFER_LMA;
	sregs.cs.l = 1;
	sregs.cs.db = 0;
}

static void build(struct vm *vm)
{
	const uint8_t how = next();

	*vm = (struct vm){ .config = { .name = "fuzz",
				       .nr_guests = 1,
				       .mem_size = RAM,
				       .stop_fd = server.wake },
			   .fd = -1,
			   .vcpus = vcpus,
			   .nr_vcpus = how & 0x10 ? NR_CPUS : 1 };
	pthread_mutex_init(&vm->stop_lock, NULL);
	pthread_mutex_init(&vm->intr_lock, NULL);
	pthread_cond_init(&vm->intr_raised, NULL);
	pause_init(vm);
	bus_init(&vm->pio, "port");
	bus_init(&vm->mmio, "address");
	if (mem_init(&vm->mem, RAM))
		abort();
	choose_mode(how);
	break_means.int3 = how & 4;
	break_means.debug_regs = how & 8;
	for (unsigned int id = 0; id < vm->nr_vcpus; id++) {
		memset(runs[id], 0, RUN_SIZE);
		vcpus[id] = (struct vcpu){
			.vm = vm, .id = id, .fd = -1, .run = runs[id]
		};
		vcpus[id].run->s.regs.sregs = sregs;
		gdb_cpus[id] = (struct gdb_cpu){ .gdb = &server,
						 .vcpu = &vcpus[id],
						 .action = GDB_CONTINUE };
	}
}

/* A vCPU comes back from the guest, for whatever reason it says. */
static void come_back(struct gdb_cpu *cpu)
{
	struct kvm_run *run = cpu->vcpu->run;

	stops_enter(cpu);
	run->exit_reason = next() % 16;
	run->s.regs.regs.rip = next_word(2);
	run->s.regs.regs.rcx--;
	run->debug.arch.exception = next() & 1 ? 3 : 1;
	run->debug.arch.dr6 = next_word(2);
	if (run->exit_reason == KVM_EXIT_DEBUG)
		stops_debug(cpu);
}

/* As guests.c does when the core says so. */
static void end(struct vm *vm)
{
	vm->status = next();
	pthread_mutex_lock(&server.lock);
	server.kept = server.attached;
	pthread_mutex_unlock(&server.lock);
}

static void be_over(struct vm *vm)
{
	if (!vm->stopping)
		return;
	pthread_mutex_lock(&server.lock);
	server.kept = false;
	server.over = true;
	pthread_mutex_unlock(&server.lock);
}

/* --- The client ------------------------------------------------------------ */

static void hear(uint8_t byte)
{
	if (server.leaving || !has_room(&server))
		return;
	take(&server, byte);
}

/* A payload, with the sum that it must have. */
static void send_packet(void)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t sum = 0, byte;

	hear('$');
	while (in.left && (byte = next()) != END) {
		if (byte == '#' || byte == '$')
			continue;
		hear(byte);
		sum += byte;
	}
	hear('#');
	hear(digits[sum >> 4]);
	hear(digits[sum & 15]);
}

static void send_bytes(void)
{
	uint8_t byte;

	while (in.left && (byte = next()) != END)
		hear(byte);
}

/* It goes, and another one comes. */
static void reconnect(void)
{
	if (server.attached)
		run_detach(&server);
	if (server.breaks.nr || server.breaks.nr_watches)
		abort();
	server.out_len = server.last_len = 0;
	packet_start(&server.reader);
	session_start(&server);
}

static void fill_ram(struct vm *vm)
{
	const uint64_t at = next_word(2);
	const size_t count = next() % 64 * sizeof(uint64_t);

	for (size_t i = 0; i < count; i += sizeof(uint64_t)) {
		uint64_t val = next_word(3);

		mem_write(&vm->mem, at + i, &val, sizeof(val));
	}
}

static void step(struct vm *vm)
{
	switch (next() % 8) {
	case 0:
		if (!run_is_halting(&server))
			come_back(&gdb_cpus[next() % vm->nr_vcpus]);
		break;
	case 1:
		end(vm);
		break;
	case 2:
		fill_ram(vm);
		break;
	case 3:
		send_bytes();
		break;
	case 4:
		reconnect();
		break;
	default:
		send_packet();
	}
	be_over(vm);
	if (server.running && run_is_halting(&server))
		session_stopped(&server, false);
	server.out_len = 0;
	if (server.leaving)
		reconnect();
}

static void begin(void)
{
	services_add(&gdb_service);
	server.wake = event_fd();
	server.client = server.listener = -1;
	server.cpus = gdb_cpus;
	pthread_mutex_init(&server.lock, NULL);
	pthread_mutex_init(&server.breaks.lock, NULL);
	for (unsigned int id = 0; id < NR_CPUS; id++)
		runs[id] = malloc(RUN_SIZE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vm vm;

	in = (struct bytes){ data, size };
	if (!server.cpus)
		begin();
	build(&vm);
	server.vm = &vm;
	server.attached = server.halting = server.partly = false;
	server.kept = server.over = server.quit = false;
	reconnect();
	while (in.left && !server.over)
		step(&vm);
	reconnect();
	mem_free(&vm.mem);
	return 0;
}
