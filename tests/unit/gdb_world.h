/*
 * A guest of one vCPU made up for tests of the gdb server: registers, RAM, and the
 * functions of service/gdb/gdb.h that lead there.
 */
#ifndef MKVM_GDB_WORLD_H
#define MKVM_GDB_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/vm.h"
#include "memory_seen.h"
#include "service/gdb/gdb.h"

#define SIZE (1ULL << 20) /* bytes of RAM */

struct gdb {
	struct vm vm;
	bool physical;
};

struct gdb_cpu {
	struct gdb_state state;
};

static struct gdb gdb;
static struct gdb_cpu cpu;

const struct gdb_state *gdb_state(struct gdb_cpu *c)
{
	return &c->state;
}

struct gdb *gdb_of(struct gdb_cpu *c)
{
	(void)c;
	return &gdb;
}

struct vm *gdb_vm(struct gdb *g)
{
	return &g->vm;
}

bool gdb_is_physical(const struct gdb *g)
{
	return g->physical;
}

/* All of it is seen. */
uint8_t *ram_seen(const struct vm *vm, uint64_t gpa, size_t len)
{
	return mem_hva(&vm->mem, gpa, len);
}

bool ram_read(struct gdb *g, uint64_t gpa, void *buf, size_t len)
{
	return !mem_read(&g->vm.mem, gpa, buf, len);
}

bool ram_write(struct gdb *g, uint64_t gpa, const void *buf, size_t len)
{
	return !mem_write(&g->vm.mem, gpa, buf, len);
}

static int setup(void **state)
{
	(void)state;
	memset(&cpu, 0, sizeof(cpu));
	return mem_init(&gdb.vm.mem, SIZE);
}

static int teardown(void **state)
{
	(void)state;
	mem_free(&gdb.vm.mem);
	return 0;
}

static void put(uint64_t gpa, uint64_t val, size_t size)
{
	assert_int_equal(mem_write(&gdb.vm.mem, gpa, &val, size), 0);
}

#endif
