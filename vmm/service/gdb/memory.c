/*
 * Guest memory by linear address, as the CPU would find it (x86/walk.h) but for the
 * rights: who looks inside may read and write every page that is there. Where no
 * page or no RAM is, there is nothing; devices are left alone, since to read a
 * register of theirs may change it.
 */
#include "core/vm.h"
#include "memory_seen.h"
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

enum access {
	ACCESS_READ,
	ACCESS_WRITE,
	ACCESS_LOOK, /* is it RAM? */
};

static bool access_part(struct gdb *gdb, enum access how, uint64_t gpa,
			uint8_t *buf, size_t len)
{
	switch (how) {
	case ACCESS_READ:
		return ram_read(gdb, gpa, buf, len);
	case ACCESS_WRITE:
		return ram_write(gdb, gpa, buf, len);
	default:
		return ram_seen(gdb_vm(gdb), gpa, len);
	}
}

/* Accesses each page of the @len bytes at @addr, a gpa if that is @physical, until
 * there is none; how many bytes those were. */
static size_t access_pages(struct gdb_cpu *cpu, bool physical, enum access how,
			   uint64_t addr, uint8_t *buf, size_t len)
{
	const struct kvm_sregs *sregs = &gdb_state(cpu)->sregs;
	struct gdb *gdb = gdb_of(cpu);
	size_t done = 0;

	while (done < len && addr + done >= addr) {
		uint64_t gpa = addr + done;
		size_t part = X86_PAGE_SIZE - gpa % X86_PAGE_SIZE;

		if (part > len - done)
			part = len - done;
		if ((!physical &&
		     !memory_walk(sregs, gdb_vm(gdb), gpa, &gpa, NULL)) ||
		    !access_part(gdb, how, gpa, buf + done, part))
			break;
		done += part;
	}
	return done;
}

size_t memory_read(struct gdb_cpu *cpu, uint64_t addr, void *buf, size_t len)
{
	return access_pages(cpu, gdb_is_physical(gdb_of(cpu)), ACCESS_READ,
			    addr, buf, len);
}

size_t memory_read_linear(struct gdb_cpu *cpu, uint64_t addr, void *buf,
			  size_t len)
{
	return access_pages(cpu, false, ACCESS_READ, addr, buf, len);
}

/* All of it, or nothing. */
size_t memory_write(struct gdb_cpu *cpu, uint64_t addr, const void *buf,
		    size_t len)
{
	bool physical = gdb_is_physical(gdb_of(cpu));
	size_t there = access_pages(cpu, physical, ACCESS_LOOK, addr,
				    (uint8_t *)buf, len);

	if (there < len)
		return there;
	return access_pages(cpu, physical, ACCESS_WRITE, addr, (uint8_t *)buf,
			    len);
}
