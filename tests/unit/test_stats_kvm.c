/* objects: probes/stats/kvm.o */
/*
 * KVM's binary statistics as --stats reads them: what it knows by name is
 * taken, and a file that is cut off, lies about itself or comes from another
 * kernel gives less, never something wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>

#include "probes/stats/stats.h"

#define NAME_SIZE  48
#define DESC_SIZE  (sizeof(struct kvm_stats_desc) + NAME_SIZE)
#define NR_DESC	   4
#define FILE_SIZE  (DESC_START + NR_DESC * DESC_SIZE + NR_VALUES * 8)
#define DESC_START 72 /* behind the header and an identifier, as in Linux */
#define DATA_START (DESC_START + NR_DESC * DESC_SIZE)
#define NR_VALUES  6

struct stat {
	const char *name;
	uint32_t flags;
	int16_t exponent;
	uint16_t size;
	uint32_t value; /* which one */
};

/* "exits" comes behind what is longer, or nobody's. */
static const struct stat good[NR_DESC] = {
	{ "halt_wait_hist", KVM_STATS_TYPE_LOG_HIST | KVM_STATS_UNIT_SECONDS,
	  -9, 2, 0 },
	{ "irq_injections", 0, 0, 1, 3 },
	{ "halt_wait_ns", KVM_STATS_UNIT_SECONDS, -9, 1, 2 },
	{ "exits", 0, 0, 1, 5 },
};

static uint8_t file[FILE_SIZE];

static void put_head(uint32_t name_size, uint32_t nr, uint32_t desc_at,
		     uint32_t data_at)
{
	const struct kvm_stats_header head = {
		.name_size = name_size,
		.num_desc = nr,
		.id_offset = sizeof(head),
		.desc_offset = desc_at,
		.data_offset = data_at,
	};

	memcpy(file, &head, sizeof(head));
}

static void put_desc(unsigned int i, const struct stat *stat)
{
	uint8_t *at = file + DESC_START + i * DESC_SIZE;
	const struct kvm_stats_desc desc = {
		.flags = stat->flags,
		.exponent = stat->exponent,
		.size = stat->size,
		.offset = stat->value * 8,
	};

	memset(at, 0, DESC_SIZE);
	memcpy(at, &desc, sizeof(desc));
	memcpy(at + sizeof(desc), stat->name, strlen(stat->name));
}

static void put_good(void)
{
	put_head(NAME_SIZE, NR_DESC, DESC_START, DATA_START);
	for (unsigned int i = 0; i < NR_DESC; i++)
		put_desc(i, &good[i]);
	for (uint64_t i = 0; i < NR_VALUES; i++) {
		uint64_t value = 100 + i;

		memcpy(file + DATA_START + i * 8, &value, 8);
	}
}

/* Of memory of just that size, so that a byte too far is noticed. */
static void parse(struct stats_kvm *kvm, size_t size)
{
	void *copy = malloc(size ? size : 1);

	assert_non_null(copy);
	memcpy(copy, file, size);
	stats_kvm_parse(kvm, copy, size);
	free(copy);
}

static void parse_all(struct stats_kvm *kvm)
{
	parse(kvm, FILE_SIZE);
}

static void what_has_a_name_is_taken(void **state)
{
	struct stats_kvm kvm;

	(void)state;
	put_good();
	parse_all(&kvm);
	assert_true(stats_kvm_has(&kvm, STATS_KVM_EXITS));
	assert_int_equal(kvm.values[STATS_KVM_EXITS], 105);
	assert_int_equal(kvm.values[STATS_KVM_IRQ_INJECTIONS], 103);
	assert_int_equal(kvm.values[STATS_KVM_HALT_WAIT_NS], 102);
	assert_int_equal(__builtin_popcount(kvm.known), 3);
	assert_false(stats_kvm_has(&kvm, STATS_KVM_IO_EXITS));
	assert_string_equal(stats_kvm_name(STATS_KVM_EXITS), "exits");
}

static void what_is_cut_off_is_unknown(void **state)
{
	struct stats_kvm kvm;
	unsigned int before = 0;

	(void)state;
	put_good();
	for (size_t size = 0; size <= FILE_SIZE; size++) {
		unsigned int nr;

		parse(&kvm, size);
		nr = __builtin_popcount(kvm.known);
		assert_true(nr >= before); /* more of it, more known */
		before = nr;
		if (size < DATA_START + 3 * 8)
			assert_int_equal(nr, 0);
		if (stats_kvm_has(&kvm, STATS_KVM_EXITS))
			assert_int_equal(kvm.values[STATS_KVM_EXITS], 105);
	}
	assert_int_equal(before, 3);
}

static void a_header_that_lies_is_harmless(void **state)
{
	static const struct {
		uint32_t name_size, nr, desc_at, data_at;
		unsigned int known;
	} rows[] = {
		{ NAME_SIZE, UINT32_MAX, DESC_START, DATA_START, 3 },
		{ NAME_SIZE, 0, DESC_START, DATA_START, 0 },
		{ NAME_SIZE, 2, DESC_START, DATA_START, 1 },
		{ UINT32_MAX, NR_DESC, DESC_START, DATA_START, 0 },
		{ 0, UINT32_MAX, DESC_START, DATA_START, 0 },
		{ NAME_SIZE, NR_DESC, UINT32_MAX, DATA_START, 0 },
		{ NAME_SIZE, NR_DESC, FILE_SIZE, DATA_START, 0 },
		{ NAME_SIZE, NR_DESC, DESC_START, UINT32_MAX, 0 },
		{ NAME_SIZE, NR_DESC, DESC_START, FILE_SIZE, 0 },
		{ NAME_SIZE, NR_DESC, DESC_START, FILE_SIZE + 1, 0 },
		{ UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, 0 },
	};
	struct stats_kvm kvm;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put_good();
		put_head(rows[i].name_size, rows[i].nr, rows[i].desc_at,
			 rows[i].data_at);
		parse_all(&kvm);
		assert_int_equal(__builtin_popcount(kvm.known), rows[i].known);
	}
}

static void what_is_of_another_kind_is_unknown(void **state)
{
	static const struct stat others[] = {
		{ "exits", 0, 0, 0, 5 },
		{ "exits", 0, 0, 2, 4 },
		{ "exits", 0, 3, 1, 5 },
		{ "exits", KVM_STATS_UNIT_SECONDS, 0, 1, 5 },
		{ "exits", KVM_STATS_TYPE_LINEAR_HIST, 0, 1, 5 },
		{ "exits", 0, 0, 1, NR_VALUES },
		{ "exits", 0, 0, 1, UINT32_MAX / 8 },
		{ "exit", 0, 0, 1, 5 },
		{ "exits2", 0, 0, 1, 5 },
		{ "", 0, 0, 1, 5 },
	};
	struct stats_kvm kvm;

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		put_good();
		put_desc(3, &others[i]);
		parse_all(&kvm);
		assert_false(stats_kvm_has(&kvm, STATS_KVM_EXITS));
		assert_true(stats_kvm_has(&kvm, STATS_KVM_IRQ_INJECTIONS));
	}
}

static void a_name_has_to_end(void **state)
{
	uint8_t *name = file + DESC_START + 3 * DESC_SIZE +
			sizeof(struct kvm_stats_desc);
	struct stats_kvm kvm;

	(void)state;
	put_good();
	memset(name + 5, 'x', NAME_SIZE - 5);
	parse_all(&kvm);
	assert_false(stats_kvm_has(&kvm, STATS_KVM_EXITS));
}

static void a_sum_is_known_where_all_is(void **state)
{
	struct stats_kvm one, two = { 0 }, vm = { 0 };

	(void)state;
	put_good();
	parse_all(&one);
	two.known = 1u << STATS_KVM_EXITS;
	two.values[STATS_KVM_EXITS] = 5;
	stats_kvm_add(&one, &two);
	assert_int_equal(one.known, two.known);
	assert_int_equal(one.values[STATS_KVM_EXITS], 110);
	vm.known = 1u << STATS_KVM_PAGES_4K;
	vm.values[STATS_KVM_PAGES_4K] = 7;
	stats_kvm_join(&one, &vm);
	assert_int_equal(one.known, two.known | vm.known);
	assert_int_equal(one.values[STATS_KVM_PAGES_4K], 7);
}

static void without_such_a_file_nothing_is_known(void **state)
{
	struct stats_kvm kvm = { .known = 1 };

	(void)state;
	stats_kvm_read(&kvm, -1);
	assert_int_equal(kvm.known, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_has_a_name_is_taken),
		cmocka_unit_test(what_is_cut_off_is_unknown),
		cmocka_unit_test(a_header_that_lies_is_harmless),
		cmocka_unit_test(what_is_of_another_kind_is_unknown),
		cmocka_unit_test(a_name_has_to_end),
		cmocka_unit_test(a_sum_is_known_where_all_is),
		cmocka_unit_test(without_such_a_file_nothing_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
