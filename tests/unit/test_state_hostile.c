/* objects: core/state.o core/state_cpuid.o core/state_time.o core/state_vcpu.o */
/* objects: core/state_xsave.o core/state_msrs.o core/cpuid.o core/cpuid_kvm.o */
/* objects: core/kvm.o core/feature.o irqchip/kernel.o irqchip/kernel_state.o */
/* objects: irqchip/msi.o irqchip/routes.o irqchip/pit_kernel.o util/parts.o */
/* objects: util/stash.o util/log.o util/sink.o util/lock.o */
/*
 * Parts of a guest that this machine could not have saved: from another CPU, cut
 * short, or with a bit that is wrong anywhere. Each is refused with one message, by
 * us or by this machine's KVM, or leads to a state that harms the guest only.
 */
#include "state_world.h"

#define MSR_ASYNC_PF 0x4b564d02
#define MSR_NOBODYS  0x1234567

/* How the part of a vCPU begins. */
struct head {
	uint32_t has, halted, if_flag, ready;
};

/* --- Another CPU --------------------------------------------------------------------- */

/* A row of the table: leaf, index, EAX, EBX, ECX, EDX. */
static uint32_t *cpuid_row(struct parts *parts, uint32_t leaf)
{
	struct part *part = part_of(parts, "cpuid", 0);
	uint32_t *row = (uint32_t *)part->stash.data;

	for (size_t left = part->stash.len; left; left -= 24, row += 6)
		if (row[0] == leaf)
			return row;
	return NULL;
}

static const struct {
	uint32_t leaf, reg, flip;
	const char *says;
} others[] = {
	{ 0x0, 1, 0x20, "another CPU, `" },
	{ 0x1, 0, 0x10, "another CPU, `" },
	{ 0x80000002, 0, 0x01, "another CPU, `" },
	{ 0x1, 2, 0x1, "ECX of leaf 1.0 was" },
	{ 0x1, 3, 0x2000000, "EDX of leaf 1.0 was" },
	{ 0x7, 1, 0x100, "EBX of leaf 7.0 was" },
	{ 0x40000001, 0, 0x8, "EAX of leaf 40000001.0 was" },
};

static void names_another_cpu(void **state)
{
	struct guest *g = new_guest(true);

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct parts parts = save(g);
		uint32_t *row = cpuid_row(&parts, others[i].leaf);
		const char *said;

		if (row) {
			row[2 + others[i].reg] ^= others[i].flip;
			said = try_load(g, &parts);
			if (!strstr(said, others[i].says))
				fail_msg("row %zu says: %s", i, said);
		}
		parts_free(&parts);
	}
	free_guest(g);
}

static void names_other_leafs(void **state)
{
	struct guest *g = new_guest(true);
	struct parts parts = save(g);
	struct stash *cpuid = &part_of(&parts, "cpuid", 0)->stash;
	uint32_t *first = cpuid_row(&parts, 0x7);

	(void)state;
	cpuid->len -= 24;
	assert_non_null(strstr(try_load(g, &parts), "only this host has"));
	cpuid->len += 24;
	first[0] = 0x77;
	assert_non_null(strstr(try_load(g, &parts), "only the saved guest"));
	parts_free(&parts);
	free_guest(g);
}

/* --- What no guest ever was --------------------------------------------------------- */

static void refuses_an_unknown_msr(void **state)
{
	struct guest *g = new_guest(true);
	struct parts parts = save(g);
	struct stash *vcpu = &part_of(&parts, "vcpu", 1)->stash;
	uint32_t index = MSR_NOBODYS;
	uint64_t data = 0;

	(void)state;
	STASH_PUT(vcpu, index);
	STASH_PUT(vcpu, data);
	assert_string_equal(try_load(g, &parts), "");
	data = 0x55;
	STASH_PUT(vcpu, index);
	STASH_PUT(vcpu, data);
	assert_non_null(
		strstr(try_load(g, &parts), "MSR 1234567, of value 55"));
	parts_free(&parts);
	free_guest(g);
}

static void refuses_an_msr_that_kvm_refuses(void **state)
{
	struct guest *g = new_guest(true);
	struct parts parts = save(g);
	struct stash *vcpu = &part_of(&parts, "vcpu", 0)->stash;
	uint32_t index = MSR_ASYNC_PF;
	uint64_t data = 0x30; /* reserved */

	(void)state;
	STASH_PUT(vcpu, index);
	STASH_PUT(vcpu, data);
	assert_non_null(
		strstr(try_load(g, &parts), "in MSR 4b564d02, which this"));
	parts_free(&parts);
	free_guest(g);
}

/* Every length, but the whole one and those at which one MSR fewer is there. */
static void refuses_a_part_that_is_cut_short(void **state)
{
	struct guest *g = new_guest(true);
	struct parts parts = save(g);
	struct stash *vcpu = &part_of(&parts, "vcpu", 0)->stash;
	size_t len = vcpu->len, msrs = 12;

	(void)state;
	for (vcpu->len = 0; vcpu->len < len; vcpu->len += 97) {
		bool whole = (len - vcpu->len) % msrs == 0 &&
			     vcpu->len > len / 2;

		if (!whole)
			assert_string_not_equal(try_load(g, &parts), "");
	}
	vcpu->len = len;
	parts_free(&parts);
	free_guest(g);
}

static void refuses_what_another_machine_has(void **state)
{
	struct guest *with = new_guest(true), *without = new_guest(false);
	struct parts parts = save(without);
	struct parts apic = save(with);
	struct head *head =
		(struct head *)part_of(&parts, "vcpu", 0)->stash.data;

	(void)state;
	head->has |= 1 << 10;
	assert_non_null(strstr(try_load(without, &parts), "cannot set all"));
	head->has &= ~(1U << 10);
	head->has |= 1 << 4;
	assert_non_null(strstr(try_load(without, &parts), "local APIC"));
	parts_free(&parts);
	head = (struct head *)part_of(&apic, "vcpu", 0)->stash.data;
	head->halted = 1;
	assert_non_null(strstr(try_load(with, &apic), "halted in two places"));
	parts_free(&apic);
	free_guest(with);
	free_guest(without);
}

/* KVM says no, or it is a state in which nothing harms but the guest. */
static void bears_every_damage(void **state)
{
	static const char *const names[] = { "vcpu", "irqchip", "time",
					     "cpuid" };
	struct guest *g = new_guest(true);
	uint32_t seed = 1;

	(void)state;
	for (unsigned int i = 0; i < 600; i++) {
		struct parts parts = save(g);
		struct stash *stash = &part_of(&parts, names[i % 4], 0)->stash;

		for (unsigned int j = 0; j < 1 + i % 7; j++) {
			seed = seed * 1664525 + 1013904223;
			stash->data[(seed >> 4) % stash->len] ^=
				1 << (seed >> 28) % 8;
		}
		try_load(g, &parts);
		parts_free(&parts);
		if (i % 16 == 0) {
			free_guest(g);
			g = new_guest(true);
		}
	}
	free_guest(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_another_cpu),
		cmocka_unit_test(names_other_leafs),
		cmocka_unit_test(refuses_an_unknown_msr),
		cmocka_unit_test(refuses_an_msr_that_kvm_refuses),
		cmocka_unit_test(refuses_a_part_that_is_cut_short),
		cmocka_unit_test(refuses_what_another_machine_has),
		cmocka_unit_test(bears_every_damage),
	};

	return run_with_kvm(tests);
}
