/*
 * Guest memory by linear address, as the CPU would find it (x86/walk.h) but for the
 * rights: who looks inside may read and write every page that is there. Where no
 * page or no RAM is, there is nothing; devices are left alone, since to read a
 * register of theirs may change it.
 */
#include "core/vm.h"
#include "service/gdb/gdb.h"
#include "x86/bits.h"
#include "x86/mode.h"
#include "x86/walk.h"

static int read_ram(const void *ram, uint64_t gpa, void *buf, size_t len)
{
	return mem_read(ram, gpa, buf, len);
}

/* Before long mode a linear address has 32 bits. */
static bool is_address(const struct kvm_sregs *sregs, uint64_t addr)
{
	return addr <= UINT32_MAX ||
	       cpu_mode(sregs->cr0, sregs->efer) == MODE_LONG;
}

bool memory_walk(const struct kvm_sregs *sregs, const struct vm *vm,
		 uint64_t addr, uint64_t *gpa, bool *user)
{
	const struct walk_regs regs = { .cr0 = sregs->cr0,
					.cr3 = sregs->cr3,
					.cr4 = sregs->cr4,
					.efer = sregs->efer };
	struct walk walk;

	if (!is_address(sregs, addr))
		return false;
	walk_address(&walk, &regs, addr, read_ram, &vm->mem);
	if (walk.end != WALK_MAPPED)
		return false;
	*gpa = walk.gpa;
	if (user)
		*user = walk.user;
	return true;
}

static bool find(struct gdb_cpu *cpu, uint64_t addr, uint64_t *gpa)
{
	struct gdb *gdb = gdb_of(cpu);

	if (gdb_is_physical(gdb)) {
		*gpa = addr;
		return true;
	}
	return memory_walk(&gdb_state(cpu)->sregs, gdb_vm(gdb), addr, gpa,
			   NULL);
}

/* Does @one to each page of the @len bytes at @addr until there is none, or it says
 * no; how many bytes those were. */
static size_t
each_page(struct gdb_cpu *cpu, uint64_t addr, uint8_t *buf, size_t len,
	  bool (*one)(struct gdb *gdb, uint64_t gpa, uint8_t *buf, size_t len))
{
	struct gdb *gdb = gdb_of(cpu);
	size_t done = 0;

	while (done < len && addr + done >= addr) {
		uint64_t at = addr + done;
		size_t part = X86_PAGE_SIZE - at % X86_PAGE_SIZE;
		uint64_t gpa;

		if (part > len - done)
			part = len - done;
		if (!find(cpu, at, &gpa) || !one(gdb, gpa, buf + done, part))
			break;
		done += part;
	}
	return done;
}

static bool read_page(struct gdb *gdb, uint64_t gpa, uint8_t *buf, size_t len)
{
	return ram_read(gdb, gpa, buf, len);
}

static bool write_page(struct gdb *gdb, uint64_t gpa, uint8_t *buf, size_t len)
{
	return ram_write(gdb, gpa, buf, len);
}

static bool is_ram(struct gdb *gdb, uint64_t gpa, uint8_t *buf, size_t len)
{
	(void)buf;
	return mem_hva(&gdb_vm(gdb)->mem, gpa, len);
}

size_t memory_read(struct gdb_cpu *cpu, uint64_t addr, void *buf, size_t len)
{
	return each_page(cpu, addr, buf, len, read_page);
}

/* All of it, or nothing. */
size_t memory_write(struct gdb_cpu *cpu, uint64_t addr, const void *buf,
		    size_t len)
{
	size_t there = each_page(cpu, addr, (uint8_t *)buf, len, is_ram);

	if (there < len)
		return there;
	return each_page(cpu, addr, (uint8_t *)buf, len, write_page);
}
