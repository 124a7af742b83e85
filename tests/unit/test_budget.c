/* objects: probes/budget/parse.o */
/*
 * What --expect-exits takes for a condition, what it refuses, and when a
 * condition is met.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/kvm.h>
#include <string.h>

#include "probes/budget/budget.h"

static void conditions_are_read(void **state)
{
	static const struct {
		const char *text;
		struct budget want;
	} rows[] = {
		{ "IO:3f8<=2000",
		  { KVM_EXIT_IO, true, 0x3f8, 0x3f8, AT_MOST, 2000, "", 12 } },
		{ "io:0x3f8-0x3FF>=1",
		  { KVM_EXIT_IO, true, 0x3f8, 0x3ff, AT_LEAST, 1, "", 17 } },
		{ "HLT==0", { KVM_EXIT_HLT, false, 0, 0, EXACTLY, 0, "", 6 } },
		{ "All<=7", { BUDGET_ANY, false, 0, 0, AT_MOST, 7, "", 6 } },
		{ "MMIO:fee00000-fee00fff==3",
		  { KVM_EXIT_MMIO, true, 0xfee00000, 0xfee00fff, EXACTLY, 3, "",
		    25 } },
		{ "IO:ffff<=18446744073709551615",
		  { KVM_EXIT_IO, true, 0xffff, 0xffff, AT_MOST, UINT64_MAX, "",
		    29 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct budget *want = &rows[i].want;
		struct budget have;
		const char *end;

		assert_int_equal(budget_parse(&have, rows[i].text, &end), 0);
		assert_int_equal(*end, '\0');
		assert_int_equal(have.reason, want->reason);
		assert_int_equal(have.has_place, want->has_place);
		assert_int_equal(have.first, want->first);
		assert_int_equal(have.last, want->last);
		assert_int_equal(have.relation, want->relation);
		assert_int_equal(have.count, want->count);
		assert_ptr_equal(have.text, rows[i].text);
		assert_int_equal(have.text_len, want->text_len);
	}
}

static void a_comma_ends_one(void **state)
{
	const char *text = "IO<=1,HLT==2", *end;
	struct budget budget;

	(void)state;
	assert_int_equal(budget_parse(&budget, text, &end), 0);
	assert_ptr_equal(end, text + 5);
	assert_int_equal(budget.text_len, 5);
	assert_int_equal(budget_parse(&budget, end + 1, &end), 0);
	assert_int_equal(*end, '\0');
}

static void anything_else_is_refused(void **state)
{
	static const char *const rows[] = {
		"",
		",",
		"IO",
		"IO<1",
		"IO=1",
		"IO<=",
		"IO<=x",
		"IO<=-1",
		"IO<= 1",
		" IO<=1",
		"IO <=1",
		"IO<=1 ",
		"IO<=1x",
		"IOS<=1",
		"I<=1",
		"<=1",
		"IO:<=1",
		"IO:g<=1",
		"IO:-1<=1",
		"IO:0x<=1",
		"IO:1-<=1",
		"IO:2-1<=1",
		"IO:10000<=1",
		"HLT:1<=1",
		"ALL:1<=1",
		"IO<=18446744073709551616",
		"MMIO:10000000000000000<=1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct budget budget;
		const char *end;

		if (!budget_parse(&budget, rows[i], &end))
			fail_msg("`%s` was taken for a condition", rows[i]);
	}
}

static void a_budget_is_kept_or_not(void **state)
{
	static const struct {
		enum budget_relation relation;
		int below, at, above;
	} rows[] = {
		{ AT_MOST, 1, 1, 0 },
		{ AT_LEAST, 0, 1, 1 },
		{ EXACTLY, 0, 1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct budget budget = { .relation = rows[i].relation,
					 .count = 5 };

		assert_int_equal(budget_is_kept(&budget, 4), rows[i].below);
		assert_int_equal(budget_is_kept(&budget, 5), rows[i].at);
		assert_int_equal(budget_is_kept(&budget, 6), rows[i].above);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conditions_are_read),
		cmocka_unit_test(a_comma_ends_one),
		cmocka_unit_test(anything_else_is_refused),
		cmocka_unit_test(a_budget_is_kept_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
