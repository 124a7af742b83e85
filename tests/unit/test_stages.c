/* objects: probes/stages/stages.o probes/stages/mark.o probes/stages/seen.o probes/stages/console.o
 * util/lane.o util/log.o util/sink.o */
/*
 * What --stages makes of VM exits: bytes that go to a console and those that
 * do not, the landmarks in them, what only looks like one, and endings.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>

#include "abi/hypercall.h"
#include "probe.h"
#include "probes/stages/stages.h"

#define DATA_OFFSET 4096

static union {
	struct kvm_run run;
	uint8_t page[2 * 4096];
} area;

static struct stage_guest guest;
static struct exit_view view;

static int setup(void **state)
{
	(void)state;
	memset(&area, 0, sizeof(area));
	memset(&guest, 0, sizeof(guest));
	view = (struct exit_view){ .device = "serial", .run = &area.run };
	return 0;
}

/* One OUT of @count items. */
static void out_items(unsigned int port, const void *data, unsigned int size,
		      unsigned int count)
{
	view.number++;
	area.run.exit_reason = KVM_EXIT_IO;
	area.run.io.direction = KVM_EXIT_IO_OUT;
	area.run.io.port = port;
	area.run.io.size = size;
	area.run.io.count = count;
	area.run.io.data_offset = DATA_OFFSET;
	memcpy(area.page + DATA_OFFSET, data, (size_t)size * count);
	assert_true(stage_is_console(&area.run));
	stage_see_console(&guest, &view);
}

static void out(unsigned int port, uint8_t val)
{
	out_items(port, &val, 1, 1);
}

static void print(const char *text)
{
	for (; *text; text++)
		out(0x3f8, *text);
}

static void printed_is(const char *text)
{
	assert_int_equal(guest.console.len, strlen(text));
	assert_memory_equal(guest.console.line, text, strlen(text));
}

static void the_uart_prints_unless_it_does_not(void **state)
{
	(void)state;
	out(0x3fb, 0x83); /* DLAB: the divisor */
	out(0x3f8, 'x');
	out(0x3f9, 0x01);
	out(0x3fb, 0x03);
	out(0x3fc, 0x10); /* loopback */
	out(0x3f8, 'y');
	out(0x3fc, 0x03);
	assert_false(guest.marks[STAGE_BYTE].seen);
	assert_false(guest.marks[STAGE_COM1_OPEN].seen);
	out(0x3f8, 'z');
	printed_is("z");
	assert_int_equal(guest.marks[STAGE_BYTE].exits, 8);
	view.device = NULL; /* built without it */
	out(0x3f8, 'w');
	printed_is("z");
}

static void strings_and_wide_accesses_print(void **state)
{
	(void)state;
	out_items(0x3f8, "abc", 1, 3);
	out_items(0x3f8, "d\5e\7", 2, 2); /* the high byte goes to IER */
	printed_is("abcde");
	assert_true(guest.marks[STAGE_COM1_OPEN].seen);
}

static void the_other_ports_print(void **state)
{
	(void)state;
	out(0xe9, 'a');
	area.run.s.regs.regs.rbx = 0x1200 + 'b';
	out(HC_PORT, HC_PUTCHAR);
	area.run.s.regs.regs.rbx = 0xf0000 + 65003;
	out(HC_PORT, HC_PUTNUM);
	out(HC_PORT, HC_RANDOM);
	printed_is("ab65003");
	out(HC_PORT, HC_NEWLINE);
	printed_is("");
}

static void the_driver_opens_com1(void **state)
{
	static const uint8_t others[] = { 0x00, 0x0f, 0x02, 0x0a };

	(void)state;
	for (size_t i = 0; i < sizeof(others); i++)
		out(0x3f9, others[i]);
	assert_false(guest.marks[STAGE_COM1_OPEN].seen);
	out(0x3f9, 0x05);
	assert_int_equal(guest.marks[STAGE_COM1_OPEN].exits, 5);
	out(0x3f9, 0x05);
	assert_int_equal(guest.marks[STAGE_COM1_OPEN].exits, 5);
}

static void landmarks_are_recognised(void **state)
{
	static const struct {
		enum stage stage;
		const char *line;
	} rows[] = {
		{ STAGE_KERNEL, "[    0.000000] Linux version " },
		{ STAGE_MEMORY,
		  "[    0.80] Memory: 116700K/130672K available" },
		{ STAGE_CPUS, "[    1.2][    T1] smp: Brought up " },
		{ STAGE_UNPACKING, "Unpacking initramfs..." },
		{ STAGE_UNPACKED, "[    1.4] Freeing initrd memory: " },
		{ STAGE_KERNEL_DONE, "\x1b[1mFreeing unused kernel image" },
		{ STAGE_RUN_INIT, "[    1.7] Run /init as init process" },
		{ STAGE_INIT, "Mini-KVM guest: " },
		{ STAGE_PROMPT, "\x1b[m~ # " },
		{ STAGE_PANIC, "[    1.7] Kernel panic - not syncing" },
		{ STAGE_KERNEL_ENDS, "[   12.1] reboot: " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct stage_mark *mark = &guest.marks[rows[i].stage];
		char all_but_one[80];

		snprintf(all_but_one, sizeof(all_but_one), "%.*s",
			 (int)strlen(rows[i].line) - 1, rows[i].line);
		print(all_but_one);
		assert_false(mark->seen);
		print(rows[i].line + strlen(rows[i].line) - 1);
		if (!mark->seen || mark->exits != view.number)
			fail_msg("`%s` was not recognised", rows[i].line);
		print(" and more\r\n");
	}
}

static void what_only_looks_like_one_is_none(void **state)
{
	(void)state;
	print("The Linux version 6.1\n"
	      "Memory: 12 apples available\n"
	      "Run away as init processes do\n" /* the end does come */
	      "linux version 6.1\n");
	assert_false(guest.marks[STAGE_KERNEL].seen);
	assert_false(guest.marks[STAGE_MEMORY].seen);
	print("two words # \na b> \n>  \n#\n# #\n");
	assert_false(guest.marks[STAGE_PANIC].seen);
}

static void a_long_line_is_cut(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++)
		print("x");
	print(" # ");
	assert_int_equal(guest.console.len, STAGES_LINE_MAX);
	assert_false(guest.marks[STAGE_PROMPT].seen);
	print("\n# ");
	assert_true(guest.marks[STAGE_PROMPT].seen);
}

static void prompts(void **state)
{
	static const struct {
		const char *line;
		int is_prompt;
	} rows[] = {
		{ "# ", 1 },	  { "$ ", 1 },
		{ "/ # ", 1 },	  { "root@guest:~# ", 1 },
		{ "1k> ", 1 },	  { "> ", 0 },
		{ "#", 0 },	  { "two words # ", 0 },
		{ "if a > ", 0 }, { "smp: 4 CPUs # ", 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		setup(state);
		print(rows[i].line);
		if (guest.marks[STAGE_PROMPT].seen != rows[i].is_prompt)
			fail_msg("`%s`", rows[i].line);
	}
}

static void what_is_printed_after_the_boot_is_no_boot(void **state)
{
	(void)state;
	print("~ # dmesg\r\n[    0.000000] Linux version 6.1\r\n");
	assert_false(guest.marks[STAGE_KERNEL].seen);
	assert_true(guest.marks[STAGE_PROMPT].seen);
	print("[    9.1] reboot: Power down\r\n");
	assert_true(guest.marks[STAGE_KERNEL_ENDS].seen);
}

static void modes(void **state)
{
	struct kvm_sregs sregs = { 0 };

	(void)state;
	assert_int_equal(stage_mode(&sregs), STAGE_REAL);
	sregs.cr0 = 0x11;
	assert_int_equal(stage_mode(&sregs), STAGE_PROTECTED);
	sregs.efer = 0x100; /* LME alone */
	sregs.cr0 = 0x80000011;
	assert_int_equal(stage_mode(&sregs), STAGE_PAGING);
	sregs.efer = 0x500;
	assert_int_equal(stage_mode(&sregs), STAGE_LONG);
}

static void endings(void **state)
{
	static const struct {
		unsigned int port;
		uint8_t val;
		const char *how;
		bool is_sure;
	} rows[] = {
		{ HC_PORT, HC_EXIT, "hypercall 0", true },
		{ HC_PORT, HC_EXIT_STATUS, "hypercall 8", true },
		{ HC_PORT, HC_PUTCHAR, NULL, false },
		{ 0x64, 0xfe, "reset, port 0x64", true },
		{ 0x64, 0xd1, "reset, port 0x64", false },
		{ 0xcf9, 6, "reset, port 0xcf9", false },
		{ 0x3f8, 0, NULL, false },
	};
	bool is_sure;

	(void)state;
	out(0x3f8, 'x');
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *how;

		area.run.io.port = rows[i].port;
		area.page[DATA_OFFSET] = rows[i].val;
		how = stage_end(&area.run, &is_sure);
		assert_int_equal(is_sure, rows[i].is_sure);
		if (!rows[i].how)
			assert_null(how);
		else
			assert_string_equal(how, rows[i].how);
	}
	area.run.exit_reason = KVM_EXIT_HLT;
	assert_string_equal(stage_end(&area.run, &is_sure), "HLT");
	assert_false(is_sure);
	area.run.exit_reason = KVM_EXIT_SHUTDOWN;
	assert_string_equal(stage_end(&area.run, &is_sure), "triple fault");
	assert_true(is_sure);
}

#define CASE(test) cmocka_unit_test_setup(test, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_uart_prints_unless_it_does_not),
		CASE(strings_and_wide_accesses_print),
		CASE(the_other_ports_print),
		CASE(the_driver_opens_com1),
		CASE(landmarks_are_recognised),
		CASE(what_only_looks_like_one_is_none),
		CASE(a_long_line_is_cut),
		CASE(prompts),
		CASE(what_is_printed_after_the_boot_is_no_boot),
		CASE(modes),
		CASE(endings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
