/* objects: probes/trace/trace.o core/symbols_none.o util/text.o util/log.o util/sink.o */
/*
 * What --verbose says of each exit: one line, with what a read gave; the vCPU
 * only where there are several. The probe is reached through its table row.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/kvm.h>
#include <string.h>
#include <unistd.h>

#include "catch.h"
#include "probe.h"
#include "util/log.h"

#define DATA_OFFSET 4096

TABLE_DECLARE(probe, probe);

static union {
	struct kvm_run run;
	uint8_t page[2 * 4096];
} area;

static struct exit_view view;

static int setup(void **state)
{
	(void)state;
	memset(&area, 0, sizeof(area));
	view = (struct exit_view){ .guest = "a.bin",
				   .nr_cpus = 1,
				   .number = 3,
				   .reason = "IO",
				   .device = "serial",
				   .run = &area.run };
	log_set_verbose(1);
	return 0;
}

/* What the probe writes when the exit of @view is answered. */
static void expect(const char *want)
{
	const struct probe *probe = *__start_table_probe;

	catch_begin();
	probe->before(&view);
	probe->after(&view);
	assert_string_equal(catch_end(), want);
}

static void port(int out, unsigned int at, const char *data, unsigned int size,
		 unsigned int count)
{
	area.run.exit_reason = KVM_EXIT_IO;
	area.run.io.direction = out ? KVM_EXIT_IO_OUT : KVM_EXIT_IO_IN;
	area.run.io.port = at;
	area.run.io.size = size;
	area.run.io.count = count;
	area.run.io.data_offset = DATA_OFFSET;
	memcpy(area.page + DATA_OFFSET, data, (size_t)size * count);
}

static void ports(void **state)
{
	(void)state;
	port(1, 0x3f8, "l", 1, 1);
	expect("kvm-vmm: a.bin: exit 3: port output: 0x3f8 (serial) <- 0x6c "
	       "'l'\n");
	port(0, 0x3fd, "\x60", 1, 1);
	expect("kvm-vmm: a.bin: exit 3: port input: 0x3fd (serial) -> 0x60 "
	       "'`'\n");
	port(1, 0x3f8, "\x80", 1, 1);
	expect("kvm-vmm: a.bin: exit 3: port output: 0x3f8 (serial) <- "
	       "0x80\n");
	view.device = NULL;
	port(0, 0xcfc, "\xff\xff\xff\xff", 4, 1);
	expect("kvm-vmm: a.bin: exit 3: port input: 0xcfc (nobody) -> "
	       "0xffffffff\n");
}

static void strings(void **state)
{
	char many[64];

	(void)state;
	port(1, 0x3f8, "one\n", 1, 4);
	expect("kvm-vmm: a.bin: exit 3: port output: 0x3f8 (serial) <- 4 x 1 "
	       "byte \"one\\n\"\n");
	memset(many, 'x', sizeof(many));
	port(0, 0x500, many, 2, 32);
	expect("kvm-vmm: a.bin: exit 3: port input: 0x500 (serial) -> 32 x 2 "
	       "bytes \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"...\n");
}

static void memory(void **state)
{
	(void)state;
	view.device = NULL;
	area.run.exit_reason = KVM_EXIT_MMIO;
	area.run.mmio.phys_addr = 0xfee00020;
	area.run.mmio.len = 4;
	area.run.mmio.data[0] = 0x12;
	expect("kvm-vmm: a.bin: exit 3: memory read: 0xfee00020 (nobody) -> "
	       "0x00000012\n");
	area.run.mmio.is_write = 1;
	expect("kvm-vmm: a.bin: exit 3: memory write: 0xfee00020 (nobody) <- "
	       "0x00000012\n");

	/* The bytes lie where a port's data_offset would: not one (UBSan). */
	area.run.mmio.data[7] = 0x80;
	expect("kvm-vmm: a.bin: exit 3: memory write: 0xfee00020 (nobody) <- "
	       "0x00000012\n");
}

static void others(void **state)
{
	(void)state;
	view.nr_cpus = 2;
	view.cpu = 1;
	area.run.exit_reason = KVM_EXIT_HLT;
	area.run.s.regs.regs.rip = 0xf;
	area.run.s.regs.regs.rflags = 0x202;
	expect("kvm-vmm: a.bin: vCPU 1: exit 3: halt: at rip 0xf, interrupts "
	       "on\n");
	area.run.exit_reason = KVM_EXIT_SHUTDOWN;
	expect("kvm-vmm: a.bin: vCPU 1: exit 3: shutdown: a triple fault\n");
	area.run.exit_reason = KVM_EXIT_NMI;
	view.reason = "NMI";
	expect("kvm-vmm: a.bin: vCPU 1: exit 3: NMI: at rip 0xf, interrupts "
	       "on\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(ports, setup),
		cmocka_unit_test_setup(strings, setup),
		cmocka_unit_test_setup(memory, setup),
		cmocka_unit_test_setup(others, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
