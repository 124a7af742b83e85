/*
 * One guest: building it from KVM's parts, and ending it. A guest ends once,
 * by whoever comes first: its own wish, a crash, a limit, or the user.
 */
#include "core/vm.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "abi/exit_status.h"
#include "core/lastword.h"
#include "core/services.h"
#include "core/smp.h"
#include "core/vcpu.h"
#include "util/fwfile.h"
#include "irqchip.h"
#include "terminal/console.h"
#include "util/clock.h"
#include "util/event.h"
#include "util/log.h"

/*
 * Three pages for Intel's real-mode emulation and one for its identity map:
 * anywhere below 4 GiB where the guest has no RAM (KVM API,
 * "KVM_SET_TSS_ADDR", "KVM_SET_IDENTITY_MAP_ADDR").
 */
#define IDENTITY_MAP_ADDR 0xfffbc000ULL
#define TSS_ADDR	  0xfffbd000ULL

#define SLOTS_OF_RAM 2 /* below the hole, and above */

uint64_t vm_now_ns(const struct vm *vm)
{
	return clock_now_ns() - vm->start_ns;
}

uint64_t vm_cpu_ns(const struct vm *vm)
{
	uint64_t sum = 0;

	for (unsigned int id = 0; id < vm->nr_vcpus; id++)
		sum += vcpu_cpu_ns(&vm->vcpus[id]);
	return sum;
}

/* Prints what went wrong with @what and returns -errno. */
static int vm_failed(const struct vm *vm, const char *what)
{
	int err = errno;

	log_error("%s: %s: %s%s", vm->config.name, what, strerror(err),
		  log_advice(err));
	return -err;
}

int vm_set_slot(struct vm *vm, unsigned int slot, uint32_t flags, gpa_t gpa,
		uint64_t size, const void *hva)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.flags = flags,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)hva,
	};

	if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region))
		return -errno;
	return 0;
}

int vm_add_ram(struct vm *vm, unsigned int slot, gpa_t gpa, uint64_t size)
{
	int err = vm_set_slot(vm, slot, 0, gpa, size,
			      mem_hva(&vm->mem, gpa, size));

	errno = -err;
	return err ? vm_failed(vm, "KVM_SET_USER_MEMORY_REGION") : 0;
}

unsigned int vm_new_slot(struct vm *vm)
{
	return SLOTS_OF_RAM + vm->nr_kvm_slots++;
}

static int create_memory(struct vm *vm)
{
	struct memory *mem = &vm->mem;
	uint64_t size = vm->config.mem_size;
	int err = mem_init(mem, size);

	if (err) {
		log_error("%s: %llu MiB of guest RAM: %s%s", vm->config.name,
			  (unsigned long long)size >> 20, strerror(-err),
			  log_advice(-err));
		return err;
	}
	if (mem->size > mem->low_size)
		err = vm_add_ram(vm, 1, MEM_4G, mem->size - mem->low_size);
	return err;
}

/* One that is on its way as the guest is saved is among its events then (KVM API,
 * "KVM_CAP_X86_TRIPLE_FAULT_EVENT"); a KVM that has no such thing forgets it. */
static void remember_triple_faults(const struct vm *vm)
{
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_X86_TRIPLE_FAULT_EVENT,
		.args = { 1 },
	};

	if (kvm_cap(vm->kvm, KVM_CAP_X86_TRIPLE_FAULT_EVENT))
		ioctl(vm->fd, KVM_ENABLE_CAP, &cap);
}

static int create_vm(struct vm *vm)
{
	uint64_t identity_map = IDENTITY_MAP_ADDR;

	vm->fd = ioctl(vm->kvm->fd, KVM_CREATE_VM, 0);
	if (vm->fd < 0)
		return vm_failed(vm, "KVM_CREATE_VM");
	if (ioctl(vm->fd, KVM_SET_IDENTITY_MAP_ADDR, &identity_map))
		return vm_failed(vm, "KVM_SET_IDENTITY_MAP_ADDR");
	if (ioctl(vm->fd, KVM_SET_TSS_ADDR, TSS_ADDR))
		return vm_failed(vm, "KVM_SET_TSS_ADDR");
	remember_triple_faults(vm);
	return 0;
}

static int create_vcpus(struct vm *vm)
{
	unsigned int count = vm->config.nr_vcpus;

	vm->vcpus = calloc(count, sizeof(*vm->vcpus));
	if (!vm->vcpus)
		return vm_failed(vm, "vCPUs");
	for (unsigned int id = 0; id < count; id++) {
		int err = vcpu_create(&vm->vcpus[id], vm, id);

		if (err)
			return err;
		vm->nr_vcpus++;
	}
	if (count > 1) /* they have local APICs then: guest.c */
		smp_introduce(vm->vcpus[0].fd);
	return 0;
}

/* Who waits for it may do so until a moment of the guest's clock. */
static void init_intr_raised(struct vm *vm)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&vm->intr_raised, &attr);
	pthread_condattr_destroy(&attr);
}

int vm_create(struct vm *vm, const struct kvm *kvm,
	      const struct vm_config *config)
{
	int err;

	*vm = (struct vm){ .config = *config, .kvm = kvm, .fd = -1 };
	pthread_mutex_init(&vm->stop_lock, NULL);
	pthread_mutex_init(&vm->intr_lock, NULL);
	init_intr_raised(vm);
	pause_init(vm);
	pthread_mutex_init(&vm->errand_lock, NULL);
	pthread_cond_init(&vm->errand_done, NULL);
	bus_init(&vm->pio, "port");
	bus_init(&vm->mmio, "address");
	vm->start_ns = clock_now_ns();
	err = create_vm(vm);
	if (!err)
		err = create_memory(vm);
	if (!err && config->irqchip && config->irqchip->create)
		err = config->irqchip->create(vm);
	if (!err)
		err = create_vcpus(vm);
	return err;
}

void vm_free(struct vm *vm)
{
	for (unsigned int id = 0; id < vm->nr_vcpus; id++)
		vcpu_free(&vm->vcpus[id]);
	free(vm->vcpus);
	free(vm->routes);
	fw_free(vm->files);
	if (vm->fd >= 0)
		close(vm->fd);
	if (vm->mem.base)
		mem_free(&vm->mem);
}

void vm_wake_halted(struct vm *vm)
{
	pthread_mutex_lock(&vm->intr_lock);
	pthread_cond_broadcast(&vm->intr_raised);
	pthread_mutex_unlock(&vm->intr_lock);
}

static void kick_all(struct vm *vm)
{
	for (unsigned int id = 0; id < vm->nr_vcpus; id++)
		vcpu_kick(&vm->vcpus[id]);
	bell_shake(&vm->changed);
	vm_wake_halted(vm);
	pause_end(vm);
}

int vm_raise(struct vm *vm, const struct cpu_state *cpu)
{
	int err = cpu ? vcpu_set_state(&vm->vcpus[0], cpu) : 0;

	if (err)
		return err;
	vm->was_restored = !cpu;
	vm->first = cpu;
	vm_pause_soon(vm);
	atomic_store(&vm->nr_running, vm->nr_vcpus);
	for (unsigned int id = 0; id < vm->nr_vcpus; id++) {
		err = vcpu_start(&vm->vcpus[id]);
		if (err) {
			atomic_fetch_sub(&vm->nr_running, vm->nr_vcpus - id);
			vm_stop(vm, STATUS_FAILED, NULL);
			return err; /* vm_join() is the caller's */
		}
	}
	return 0;
}

void vm_start(struct vm *vm)
{
	if (!vm->was_restored)
		vm->start_ns = clock_now_ns();
	atomic_store(&vm->begun, true);
	vm_resume(vm);
}

bool vm_has_ended(struct vm *vm)
{
	return atomic_load(&vm->stopping) && !atomic_load(&vm->nr_running);
}

void vm_leave(struct vm *vm)
{
	if (atomic_fetch_sub(&vm->nr_running, 1) == 1)
		event_notify(vm->config.stop_fd);
}

void vm_join(struct vm *vm)
{
	/* Whoever stops the VM has to be through with kicking its threads. */
	pthread_mutex_lock(&vm->stop_lock);
	pthread_mutex_unlock(&vm->stop_lock);
	/* vCPU 0 last: until the others are gone, one of them may be kicking it
	 * without that lock, from board_intr(). */
	for (unsigned int id = vm->nr_vcpus; id-- > 0;)
		vcpu_join(&vm->vcpus[id]);
}

static void say_reason(const struct vm *vm, const char *reason)
{
	console_before_message(vm->config.console);
	log_error("%s: %s", vm->config.name, reason);
}

static void print_reason(const struct vm *vm, const char *fmt, va_list args)
{
	char reason[256];

	if (!fmt)
		return;
	vsnprintf(reason, sizeof(reason), fmt, args);
	say_reason(vm, reason);
}

/* The stop_lock is taken. */
static void end(struct vm *vm)
{
	vm->kept = false;
	atomic_store(&vm->stopping, true);
	services_ended(vm);
	kick_all(vm);
}

/* What has come to its end for good; the stop_lock is taken. */
static void keep_or_end(struct vm *vm, bool by_itself)
{
	if (by_itself && services_keep(vm)) {
		vm->kept = true;
		vm_pause_soon(vm);
	} else {
		end(vm);
	}
}

/* A limit, and what went wrong here, are none of the guest's doing. */
static bool is_own_end(int status)
{
	return status != STATUS_FAILED && status != STATUS_LIMIT;
}

void vm_stop(struct vm *vm, int status, const char *reason, ...)
{
	va_list args;

	pthread_mutex_lock(&vm->stop_lock);
	if (vm->kept && !is_own_end(status)) {
		end(vm);
	} else if (!vm->kept && !atomic_load(&vm->stopping)) {
		vm->status = status;
		vm->stopped_by = vcpu_current();
		/* Before a vCPU sees that it has to stop, and reports. */
		va_start(args, reason);
		print_reason(vm, reason, args);
		va_end(args);
		keep_or_end(vm, is_own_end(status));
	}
	pthread_mutex_unlock(&vm->stop_lock);
}

void vm_quit(struct vm *vm, int status, const char *reason)
{
	pthread_mutex_lock(&vm->stop_lock);
	if (!vm->kept && !atomic_load(&vm->stopping)) {
		vm->status = status;
		if (reason)
			say_reason(vm, reason);
	}
	if (!atomic_load(&vm->stopping))
		end(vm);
	pthread_mutex_unlock(&vm->stop_lock);
}

void vm_let_go(struct vm *vm)
{
	pthread_mutex_lock(&vm->stop_lock);
	if (vm->kept)
		end(vm);
	pthread_mutex_unlock(&vm->stop_lock);
}

void vm_reset(struct vm *vm)
{
	const char *crash = lastword_crash(atomic_load(&vm->said), &vm->mem);

	if (crash)
		vm_stop(vm, STATUS_CRASHED, "%s", crash);
	else
		vm_stop(vm, STATUS_OK, NULL);
}
