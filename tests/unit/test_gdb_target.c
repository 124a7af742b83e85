/* objects: service/gdb/target.o service/gdb/target_value.o
 * service/gdb/target_xml.o x86/flags.o util/text.o */
/*
 * Registers as gdb sees them: values from a vCPU made up here and back, in each
 * description, and what a write changes beside the register itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "service/gdb/target.h"
#include "x86/bits.h"

#define NR_MSRS	  8
#define XML_MAX	  16384
#define L_SEGMENT 1

/* The vCPU. */
struct gdb_cpu {
	struct gdb_state state;
	struct kvm_xsave fpu;
	uint64_t msrs[NR_MSRS];
	bool refuses;
	unsigned int puts, parts, far_sets;
};

static struct gdb_cpu cpu;

const struct gdb_state *gdb_state(struct gdb_cpu *c)
{
	return &c->state;
}

bool gdb_put(struct gdb_cpu *c, const struct gdb_state *state,
	     unsigned int parts)
{
	c->puts++;
	c->parts = parts;
	if (c->refuses)
		return false;
	c->state = *state;
	return true;
}

static uint64_t *find_msr(uint32_t index)
{
	for (unsigned int i = 0; i < NR_MSRS; i++)
		if (target_msrs[i] == index)
			return &cpu.msrs[i];
	fail_msg("MSR 0x%x", index);
	return NULL;
}

bool far_get_msr(struct gdb_cpu *c, uint32_t index, uint64_t *val)
{
	*val = *find_msr(index);
	return !c->refuses;
}

bool far_set_msr(struct gdb_cpu *c, uint32_t index, uint64_t val)
{
	c->far_sets++;
	*find_msr(index) = val;
	return !c->refuses;
}

bool far_get_fpu(struct gdb_cpu *c, struct kvm_xsave *area)
{
	*area = c->fpu;
	return true;
}

bool far_set_fpu(struct gdb_cpu *c, const struct kvm_xsave *area)
{
	c->far_sets++;
	c->fpu = *area;
	return !c->refuses;
}

static const struct target *const targets[] = { &target_16, &target_32,
						&target_64 };

/* Number of the register @name of @target. */
static unsigned int number(const struct target *target, const char *name)
{
	const struct reg *reg;

	for (unsigned int i = 0; (reg = target_reg(target, i)); i++)
		if (!strcmp(reg->name, name))
			return i;
	fail_msg("no register %s", name);
	return 0;
}

static uint64_t get(const struct target *target, const char *name)
{
	uint8_t bytes[TARGET_REG_MAX] = { 0 };
	uint64_t val;

	assert_true(target_get(target, &cpu, number(target, name), bytes) > 0);
	memcpy(&val, bytes, sizeof(val));
	return val;
}

static bool set(const struct target *target, const char *name, uint64_t val)
{
	unsigned int reg = number(target, name);
	uint8_t bytes[TARGET_REG_MAX] = { 0 };
	size_t len = target_get(target, &cpu, reg, bytes);

	memcpy(bytes, &val, len < sizeof(val) ? len : sizeof(val));
	return target_set(target, &cpu, reg, bytes, len);
}

static void fill(void *to, size_t len, uint8_t seed)
{
	for (size_t i = 0; i < len; i++)
		((uint8_t *)to)[i] = seed + i * 7;
}

/* Every byte another one, in long mode. */
static int make_cpu(void **state)
{
	struct kvm_sregs *s = &cpu.state.sregs;
	struct kvm_segment *segments[] = { &s->cs, &s->ss, &s->ds, &s->es,
					   &s->fs, &s->gs, &s->tr, &s->ldt };

	(void)state;
	memset(&cpu, 0, sizeof(cpu));
	fill(&cpu.state.regs, sizeof(cpu.state.regs), 1);
	fill(&cpu.fpu, sizeof(cpu.fpu), 3);
	fill(cpu.msrs, sizeof(cpu.msrs), 4);
	cpu.state.regs.rflags = 0x246;
	for (unsigned int i = 0; i < sizeof(segments) / sizeof(*segments); i++)
		*segments[i] = (struct kvm_segment){
			.base = 0x1122334455667788 + i,
			.limit = 0x99aabb00 + i,
			.selector = 0x1230 + i,
			.type = i,
			.present = i & 1,
			.dpl = i & 3,
			.db = i & 1,
			.s = i >> 1 & 1,
			.l = 1,
			.g = i >> 2,
			.avl = i & 1,
			.unusable = i >> 1 & 1,
		};
	s->gdt = (struct kvm_dtable){ .base = 0x8877665544332211, .limit = 39 };
	s->idt = (struct kvm_dtable){ .base = 0x1234, .limit = 0xfff };
	s->cr0 = CR0_PE | CR0_PG | CR0_ET;
	s->cr3 = 0x123456000;
	s->cr4 = CR4_PAE;
	s->efer = EFER_LME | EFER_LMA;
	return 0;
}

static void make_real(uint16_t cs, uint16_t ip)
{
	struct kvm_sregs *s = &cpu.state.sregs;

	s->cr0 = CR0_ET;
	s->efer = 0;
	s->cs = (struct kvm_segment){ .base = cs << 4, .selector = cs };
	cpu.state.regs.rip = ip;
}

static void test_choice(void **state)
{
	(void)state;
	assert_ptr_equal(target_choose(&cpu), &target_64);
	cpu.state.sregs.cs.l = 0; /* compatibility mode */
	assert_ptr_equal(target_choose(&cpu), &target_64);
	cpu.state.sregs.efer = 0;
	cpu.state.sregs.cs.db = 1;
	assert_ptr_equal(target_choose(&cpu), &target_32);
	make_real(0xf000, 0xfff0);
	assert_ptr_equal(target_choose(&cpu), &target_16);
}

/* Writing back what was read changes nothing, and does not even ask KVM. */
static void test_same(void **state)
{
	uint8_t all[TARGET_REGS_MAX];
	uint8_t bytes[TARGET_REG_MAX];
	struct gdb_cpu before;
	size_t len;

	(void)state;
	cpu.fpu.region[0] = cpu.fpu.region[1] = 0; /* TOP, and all empty */
	((uint8_t *)cpu.fpu.region)[512] = 3;
	before = cpu;
	for (unsigned int t = 0; t < 3; t++) {
		for (unsigned int i = 0; target_reg(targets[t], i); i++) {
			len = target_get(targets[t], &cpu, i, bytes);
			assert_int_equal(len, target_reg(targets[t], i)->size);
			assert_true(
				target_set(targets[t], &cpu, i, bytes, len));
		}
		len = target_get_all(targets[t], &cpu, all);
		assert_int_equal(len, t == 2 ? 17 * 8 + 7 * 4 : 16 * 4);
		assert_true(target_set_all(targets[t], &cpu, all, len));
	}
	assert_int_equal(cpu.puts, 0);
	assert_memory_equal(&cpu.state, &before.state, sizeof(cpu.state));
	assert_memory_equal(&cpu.fpu, &before.fpu, sizeof(cpu.fpu));
	assert_memory_equal(cpu.msrs, before.msrs, sizeof(cpu.msrs));
}

/* What is written is read again, and no other register has changed. */
static void test_each(void **state)
{
	static uint8_t olds[128][TARGET_REG_MAX];
	uint8_t new[TARGET_REG_MAX], got[TARGET_REG_MAX];
	const struct target *t = &target_64;
	const struct reg *reg;

	for (unsigned int i = 0; (reg = target_reg(t, i)); i++) {
		make_cpu(state);
		for (unsigned int j = 0; target_reg(t, j); j++)
			target_get(t, &cpu, j, olds[j]);
		memcpy(new, olds[i], reg->size);
		new[0] ^= 2; /* of CR0 no mode: MP */
		assert_true(target_set(t, &cpu, i, new, reg->size));
		target_get(t, &cpu, i, got);
		if (reg->from != FROM_FPU_TAG && *reg->name)
			assert_memory_equal(got, new, reg->size);
		for (unsigned int j = 0; target_reg(t, j); j++) {
			if (j == i || reg->from == FROM_FPU ||
			    reg->from == FROM_FPU_TAG)
				continue;
			if (target_reg(t, j)->at == reg->at &&
			    target_reg(t, j)->from != FROM_REGS)
				continue; /* two sides of a segment */
			target_get(t, &cpu, j, got);
			if (memcmp(got, olds[j], target_reg(t, j)->size))
				fail_msg("%s changes %s", reg->name,
					 target_reg(t, j)->name);
		}
	}
}

static void test_refused(void **state)
{
	uint8_t bytes[TARGET_REG_MAX] = { 0 };
	const struct gdb_cpu before = cpu;

	(void)state;
	cpu.refuses = true;
	assert_false(set(&target_64, "cr0", 1));
	assert_false(set(&target_64, "rax", 1));
	assert_int_equal(target_get(&target_64, &cpu,
				    number(&target_64, "star"), bytes),
			 0);
	cpu.refuses = false;
	assert_memory_equal(&cpu.state, &before.state, sizeof(cpu.state));
	for (unsigned int t = 0; t < 3; t++) {
		assert_int_equal(target_get(targets[t], &cpu, 1000, bytes), 0);
		assert_int_equal(target_get(targets[t], &cpu, -1u, bytes), 0);
		assert_false(target_set(targets[t], &cpu, 1000, bytes, 8));
		assert_false(target_set(targets[t], &cpu, 0, bytes, 3));
		assert_false(target_set(targets[t], &cpu, 0, bytes, 0));
		assert_false(target_set_all(targets[t], &cpu, bytes, 10));
		assert_false(target_set_all(targets[t], &cpu, bytes, 0));
	}
}

/* Real mode: the PC is linear, and stays where it is when CS moves below it. */
static void test_real(void **state)
{
	const struct target *t = &target_16;
	struct kvm_sregs *s = &cpu.state.sregs;

	(void)state;
	make_real(0x1000, 0x0234);
	assert_int_equal(get(t, "eip"), 0x10234);
	assert_true(set(t, "eip", 0x10300));
	assert_int_equal(cpu.state.regs.rip, 0x300);
	assert_int_equal(cpu.parts, GDB_REGS);
	assert_true(set(t, "cs", 0x1010));
	assert_int_equal(s->cs.selector, 0x1010);
	assert_int_equal(s->cs.base, 0x10100);
	assert_int_equal(cpu.state.regs.rip, 0x200);
	assert_int_equal(get(t, "eip"), 0x10300);
	assert_true(set(t, "ds", 0xb800));
	assert_int_equal(s->ds.base, 0xb8000);
	assert_int_equal(cpu.parts, GDB_SREGS);
	/* Below the base, and at the top of the address space. */
	assert_true(set(t, "eip", 0x10000));
	assert_int_equal(get(t, "eip"), 0x10000);
	s->cs.base = 0xffff0000;
	cpu.state.regs.rip = 0xfff0;
	assert_int_equal(get(t, "eip"), 0xfffffff0);
}

static void test_protected(void **state)
{
	const struct target *t = &target_32;
	struct kvm_sregs *s = &cpu.state.sregs;

	(void)state;
	s->efer = 0;
	s->cs.l = 0;
	s->cs.base = 0x100000;
	s->ds.base = 0x5000;
	cpu.state.regs.rip = 0x10;
	assert_int_equal(get(t, "eip"), 0x100010);
	assert_true(set(t, "ds", 0x30)); /* is not loaded */
	assert_int_equal(s->ds.selector, 0x30);
	assert_int_equal(s->ds.base, 0x5000);
	cpu.state.regs.rflags |= RFLAGS_VM;
	assert_true(set(t, "ds", 0x31));
	assert_int_equal(s->ds.base, 0x310);
	assert_true(set(t, "tr", 0x28));
	assert_int_equal(s->tr.selector, 0x28);
	assert_int_equal(s->tr.base, 0x112233445566778e);
}

/* A session that was begun before long mode goes on in it. */
static void test_narrow(void **state)
{
	const struct target *t = &target_32;
	struct kvm_regs *r = &cpu.state.regs;

	(void)state;
	r->rip = 0xffffffff81000010;
	r->rax = 0x1122334455667788;
	assert_int_equal(get(t, "eip"), 0x81000010);
	assert_int_equal(get(t, "eax"), 0x55667788);
	assert_true(set(t, "eip", 0x81000020));
	assert_true(r->rip == 0xffffffff81000020);
	assert_true(set(t, "eax", 1));
	assert_true(r->rax == 0x1122334400000001);
}

/* And the other way round. */
static void test_wide(void **state)
{
	const struct target *t = &target_64;

	(void)state;
	make_real(0x100, 0x10);
	assert_int_equal(get(t, "rip"), 0x1010);
	assert_true(set(t, "rip", 0x1020));
	assert_int_equal(cpu.state.regs.rip, 0x20);
}

static void test_tags(void **state)
{
	uint8_t *fx = (uint8_t *)cpu.fpu.region;
	/* st0 to st3: zero, one, infinity, denormal */
	static const uint8_t values[4][10] = {
		{ 0 },
		{ 0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x3f },
		{ 0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0xff },
		{ 1 },
	};

	(void)state;
	for (unsigned int i = 0; i < 4; i++)
		memcpy(fx + FX_ST + i * FX_SLOT, values[i], 10);
	fx[FX_FSW + 1] = 6 << 3; /* TOP 6: st0 is register 6, st2 register 0 */
	fx[FX_TAG] = 0xc3;
	assert_int_equal(get(&target_64, "ftag"), 0x1ffa);
	assert_true(set(&target_64, "ftag", 0xffff));
	assert_int_equal(fx[FX_TAG], 0);
	assert_int_equal(get(&target_64, "ftag"), 0xffff);
	assert_int_equal(fx[512] & 3, 3);
}

/* As many registers as rows, the document whole, and no more than it has room. */
static void test_xml(void **state)
{
	static char buf[XML_MAX];
	struct text text;

	(void)state;
	for (unsigned int t = 0; t < 3; t++) {
		unsigned int count = 0;

		text_init(&text, buf, sizeof(buf));
		assert_false(target_describe(targets[t], "other.xml", &text));
		assert_false(target_describe(targets[t], "", &text));
		assert_int_equal(text.len, 0);
		assert_true(target_describe(targets[t], "target.xml", &text));
		assert_true(text.len < XML_MAX - 1);
		for (const char *p = buf; (p = strstr(p, "<reg ")); p++)
			count++;
		assert_null(target_reg(targets[t], count + 1));
		assert_non_null(target_reg(targets[t], count));
		assert_non_null(strstr(buf, targets[t]->architecture));
		assert_string_equal(buf + text.len - 10, "</target>\n");
	}
}

/* Where gdb has its own numbers for what it is not told of: those of Linux. */
static void test_numbers(void **state)
{
	uint8_t bytes[TARGET_REG_MAX] = { 1, 2, 3, 4 };
	const struct gdb_cpu before = cpu;

	(void)state;
	assert_int_equal(number(&target_32, "xmm0"), 32);
	assert_int_equal(number(&target_32, "mxcsr"), 40);
	assert_int_equal(number(&target_64, "xmm0"), 40);
	assert_int_equal(number(&target_64, "mxcsr"), 56);
	assert_int_equal(number(&target_64, "fs_base"), 58);
	assert_true(target_set(&target_32, &cpu, 41, bytes, 4));
	assert_true(target_set(&target_64, &cpu, 57, bytes, 4));
	assert_memory_equal(&cpu.state, &before.state, sizeof(cpu.state));
	assert_int_equal(target_get(&target_32, &cpu, 41, bytes), 4);
	assert_int_equal(bytes[0] | bytes[3], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_choice, make_cpu),
		cmocka_unit_test_setup(test_same, make_cpu),
		cmocka_unit_test_setup(test_each, make_cpu),
		cmocka_unit_test_setup(test_refused, make_cpu),
		cmocka_unit_test_setup(test_real, make_cpu),
		cmocka_unit_test_setup(test_protected, make_cpu),
		cmocka_unit_test_setup(test_narrow, make_cpu),
		cmocka_unit_test_setup(test_wide, make_cpu),
		cmocka_unit_test_setup(test_tags, make_cpu),
		cmocka_unit_test_setup(test_xml, make_cpu),
		cmocka_unit_test_setup(test_numbers, make_cpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
