/* objects: core/lastword.o core/memory.o */
/* What a guest said before it reset itself decides how it has ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "abi/exit_status.h"
#include "core/lastword.h"
#include "core/vm.h"

#define FLAG 0x472
#define WARM 0x1234

#define PANIC	"[    1.5] Kernel panic - not syncing: VFS\r\n"
#define RESTART "[    1.5] reboot: Restarting system\r\n"

static const struct row {
	const char *printed;
	uint16_t flag;
	int status;
} rows[] = {
	{ "", 0, STATUS_OK },
	{ "", WARM, STATUS_CRASHED },
	{ PANIC, 0, STATUS_CRASHED },
	{ RESTART, WARM, STATUS_OK },
	{ RESTART PANIC, 0, STATUS_CRASHED }, /* while it shuts down */
	{ PANIC RESTART, WARM, STATUS_OK },   /* a program said so */
	{ "~ # " PANIC, 0, STATUS_CRASHED },  /* behind a prompt */
	{ "KKernel panic - not syncing", 0, STATUS_CRASHED },
	{ "Kernel panic - not Kernel panic - not syncing", 0, STATUS_CRASHED },
	{ "Kernel panic:: Restarting system", WARM, STATUS_OK },
	{ "Kernel panic - not syncinK", 0, STATUS_OK },
	{ "reboot: Restarting the server", WARM, STATUS_CRASHED },
};

static int ended_with;

/* In place of core/vm.c. */
void vm_stop(struct vm *vm, int status, const char *reason, ...)
{
	(void)vm;
	(void)reason;
	ended_with = status;
}

/* @chunk: so many bytes at once. */
static void hear(struct vm *vm, const char *text, size_t chunk)
{
	struct lastword_ear ear = { 0 };
	size_t len = strlen(text);

	for (size_t at = 0; at < len; at += chunk) {
		enum lastword said = lastword_hear(
			&ear, text + at, chunk < len - at ? chunk : len - at);

		if (said != LASTWORD_NONE)
			atomic_store(&vm->said, said);
	}
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t chunk = 1; chunk < 70; chunk += 23) {
			struct vm vm = { 0 };

			assert_int_equal(mem_init(&vm.mem, MEM_MIN), 0);
			mem_write(&vm.mem, FLAG, &rows[i].flag,
				  sizeof(rows[i].flag));
			hear(&vm, rows[i].printed, chunk);
			lastword_end(&vm);
			print_message("# %zu, by %zu\n", i, chunk);
			assert_int_equal(ended_with, rows[i].status);
			mem_free(&vm.mem);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
