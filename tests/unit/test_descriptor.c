/* objects: x86/descriptor.o util/text.o */
/*
 * Descriptors of each kind and size, in legacy and in long mode, and bytes that are
 * no descriptor.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "util/text.h"
#include "x86/descriptor.h"

struct row {
	uint64_t low, high;
	bool is_long;
	unsigned int size; /* in a GDT */
	const char *words;
};

static const struct row rows[] = {
	{ 0x00cf9b000000ffff, 0, false, 8,
	  "32-bit code: base 0x0 limit 0xffffffff DPL 0 G D/B execute/read "
	  "accessed" },
	{ 0x00cff2000000ffff, 0, false, 8,
	  "32-bit data: base 0x0 limit 0xffffffff DPL 3 G D/B read/write" },
	{ 0x12409e345678ffff, 0, false, 8,
	  "32-bit code: base 0x12345678 limit 0xffff DPL 0 D/B execute/read "
	  "conforming" },
	{ 0x000098000000ffff, 0, false, 8,
	  "16-bit code: base 0x0 limit 0xffff DPL 0 execute only" },
	{ 0x001f1400000fffff, 0, false, 8,
	  "16-bit data: base 0xf limit 0xfffff DPL 0 AVL read only "
	  "expand-down not present" },
	{ 0x00af9b000000ffff, 0, true, 8,
	  "64-bit code: base 0x0 limit 0xffffffff DPL 0 G L execute/read "
	  "accessed" },
	{ 0x00ef9b000000ffff, 0, true, 8,
	  "code with L and D: base 0x0 limit 0xffffffff DPL 0 G D/B L "
	  "execute/read accessed" },
	/* L means nothing before long mode. */
	{ 0x00af9b000000ffff, 0, false, 8,
	  "16-bit code: base 0x0 limit 0xffffffff DPL 0 G L execute/read "
	  "accessed" },
	{ 0x0000890010000067, 0, false, 8,
	  "32-bit TSS: base 0x1000 limit 0x67 DPL 0" },
	{ 0x00008b0010000067, 0xffffffff, true, 16,
	  "busy 64-bit TSS: base 0xffffffff00001000 limit 0x67 DPL 0" },
	{ 0x00008b0010000067, 0xffffffff, false, 8,
	  "busy 32-bit TSS: base 0x1000 limit 0x67 DPL 0" },
	{ 0x000081001000002b, 0, false, 8,
	  "16-bit TSS: base 0x1000 limit 0x2b DPL 0" },
	{ 0x000081001000002b, 0, true, 8,
	  "reserved type: base 0x1000 limit 0x2b DPL 0" },
	{ 0x000082001000002f, 1, true, 16,
	  "LDT: base 0x100001000 limit 0x2f DPL 0" },
	{ 0, 0, false, 8,
	  "reserved type: base 0x0 limit 0x0 DPL 0 not "
	  "present" },
	/* gates */
	{ 0x1234ee0000085678, 0, false, 8,
	  "32-bit interrupt gate: selector 0008 offset 0x12345678 DPL 3" },
	{ 0x12348f0300105678, 0xffffffff, true, 8,
	  "64-bit trap gate: selector 0010 offset 0xffffffff12345678 DPL 0 "
	  "IST 3" },
	{ 0x12348e0000105678, 1, true, 8,
	  "64-bit interrupt gate: selector 0010 offset 0x112345678 DPL 0" },
	{ 0xffff8600000801f0, 0, false, 8,
	  "16-bit interrupt gate: selector 0008 offset 0x1f0 DPL 0" },
	{ 0xffff8700000801f0, 0, false, 8,
	  "16-bit trap gate: selector 0008 offset 0x1f0 DPL 0" },
	{ 0x0000850000280000, 0, false, 8, "task gate: selector 0028 DPL 0" },
	{ 0x0001ec0200080010, 0, false, 8,
	  "32-bit call gate: selector 0008 offset 0x10010 DPL 3 "
	  "2 parameters" },
	{ 0xffffe40300080010, 0, false, 8,
	  "16-bit call gate: selector 0008 offset 0x10 DPL 3 "
	  "3 parameters" },
	{ 0x0001ec0000080010, 2, true, 16,
	  "64-bit call gate: selector 0008 offset 0x200010010 DPL 3" },
	{ 0x0000050000280000, 0, true, 8,
	  "reserved type: selector 0028 DPL 0 not present" },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct descriptor d;
		struct text text;
		uint8_t raw[16];
		char buf[200];

		memcpy(raw, &row->low, 8);
		memcpy(raw + 8, &row->high, 8);
		text_init(&text, buf, sizeof(buf));
		descriptor_decode(&d, raw, row->is_long);
		text_add(&text, "%s: ", descriptor_name(&d));
		descriptor_add(&text, &d);
		assert_string_equal(buf, row->words);
		assert_int_equal(descriptor_size(raw, row->is_long), row->size);
	}
}

/* An entry of an IDT, as each mode has it. */
static void test_gates(void **state)
{
	static const uint8_t raw[16] = { 0x53, 0xff, 0x00, 0xf0, 0,
					 0x8e, 0x34, 0x12, 1 };
	struct descriptor d;

	(void)state;
	assert_int_equal(descriptor_gate_size(MODE_REAL), 4);
	descriptor_decode_gate(&d, raw, MODE_REAL);
	assert_true(d.present && descriptor_is_gate(&d));
	assert_int_equal(d.selector, 0xf000);
	assert_int_equal(d.offset, 0xff53);
	assert_int_equal(descriptor_gate_size(MODE_PROTECTED), 8);
	assert_int_equal(descriptor_gate_size(MODE_PAGED), 8);
	descriptor_decode_gate(&d, raw, MODE_PAGED);
	assert_int_equal(d.offset, 0x1234ff53);
	assert_int_equal(descriptor_gate_size(MODE_LONG), 16);
	descriptor_decode_gate(&d, raw, MODE_LONG);
	assert_int_equal(d.offset, 0x11234ff53);
}

/* Each value has a name. */
static void test_all_types(void **state)
{
	(void)state;
	for (unsigned int access = 0; access < 256; access++) {
		const uint8_t raw[16] = { 0, 0, 0, 0, 0, access };
		struct descriptor d;

		descriptor_decode(&d, raw, false);
		assert_non_null(descriptor_name(&d));
		descriptor_decode(&d, raw, true);
		assert_non_null(descriptor_name(&d));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_gates),
		cmocka_unit_test(test_all_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
