/* objects: core/lastword.o core/memory.o core/memory_seen.o */
/* What a guest said before it reset itself decides how it has ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/lastword.h"
#include "memory.h"

#define FLAG 0x472
#define WARM 0x1234

#define PANIC	"[    1.5] Kernel panic - not syncing: VFS\r\n"
#define RESTART "[    1.5] reboot: Restarting system\r\n"

static const struct row {
	const char *printed;
	uint16_t flag;
	bool crash;
} rows[] = {
	{ "", 0, false },
	{ "", WARM, true },
	{ PANIC, 0, true },
	{ RESTART, WARM, false },
	{ RESTART PANIC, 0, true },	/* while it shuts down */
	{ PANIC RESTART, WARM, false }, /* a program said so */
	{ "~ # " PANIC, 0, true },	/* behind a prompt */
	{ "KKernel panic - not syncing", 0, true },
	{ "Kernel panic - not Kernel panic - not syncing", 0, true },
	{ "Kernel panic:: Restarting system", WARM, false },
	{ "Kernel panic - not syncinK", 0, false },
	{ "reboot: Restarting the server", WARM, true },
};

/* Another ear goes on from what is remembered of this one. */
static void move(struct lastword_ear *ear)
{
	unsigned int place = lastword_place(ear);

	*ear = (struct lastword_ear){ 0 };
	assert_true(lastword_set_place(ear, place));
	assert_int_equal(lastword_place(ear), place);
}

/* @chunk: so many bytes at once. */
static enum lastword hear(const char *text, size_t chunk)
{
	enum lastword last = LASTWORD_NONE;
	struct lastword_ear ear = { 0 };
	size_t len = strlen(text);

	for (size_t at = 0; at < len; at += chunk) {
		size_t size = chunk < len - at ? chunk : len - at;
		bool none = lastword_is_none(&ear, text + at, size);
		enum lastword said = lastword_hear(&ear, text + at, size);

		assert_false(none && (said != LASTWORD_NONE || ear.next));
		if (said != LASTWORD_NONE)
			last = said;
		move(&ear);
	}
	return last;
}

/* Behind a line's last character no ear is, nor before its first, nor elsewhere. */
static void test_places(void **state)
{
	const unsigned int nr = strlen("Kernel panic - not syncing") - 1 +
				strlen(": Restarting system") - 1;
	struct lastword_ear ear;
	unsigned int found = 0;

	(void)state;
	for (unsigned int place = 1; place < 300; place++)
		found += lastword_set_place(&ear, place);
	assert_int_equal(found, nr);
	assert_false(lastword_set_place(&ear, UINT32_MAX));
	assert_true(lastword_set_place(&ear, 0));
	assert_null(ear.next);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t chunk = 1; chunk < 70; chunk += 23) {
			struct memory mem = { 0 };

			assert_int_equal(mem_init(&mem, MEM_MIN), 0);
			mem_write(&mem, FLAG, &rows[i].flag,
				  sizeof(rows[i].flag));
			print_message("# %zu, by %zu\n", i, chunk);
			assert_int_equal(
				!!lastword_crash(hear(rows[i].printed, chunk),
						 &mem),
				rows[i].crash);
			mem_free(&mem);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
