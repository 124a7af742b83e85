/* objects: probes/explain/explain.o probes/explain/access.o probes/explain/serial.o
 * probes/explain/hypercall.o probes/explain/i8042.o probes/explain/cmos.o
 * probes/explain/ioapic.o probes/explain/pci.o probes/explain/chips.o
 * probes/explain/vga.o probes/explain/ide.o probes/explain/floppy.o probes/explain/virtio.o probes/explain/exits.o core/symbols_none.o util/text.o util/log.o util/sink.o */
/* What --explain says of the PCI bus: functions and registers by name, whichever
 * way they are reached. */
#include "explained.h"

static const struct {
	int memory, write;
	uint64_t at;
	uint32_t val;
	unsigned int size;
	const char *said;
} rows[] = {
	{ 0, 1, 0xcf8, 0x80000800, 4,
	  "OUT 0xcf8 <- 0x80000800 PCI: 00:01.0 vendor" TIMES "PCI 3.0" },
	{ 0, 0, 0xcfc, 0x11e81234, 4,
	  "IN 0xcfc -> 0x11e81234 PCI: 00:01.0 vendor" TIMES "PCI 3.0" },
	{ 0, 0, 0xcfe, 0x11e8, 2,
	  "IN 0xcfe -> 0x11e8 PCI: 00:01.0 device" TIMES "PCI 3.0" },
	{ 0, 1, 0xcf8, 0x8000ff04, 4,
	  "OUT 0xcf8 <- 0x8000ff04 PCI: 00:1f.7 command" TIMES "PCI 3.0" },
	{ 0, 1, 0xcfc, 0x0406, 2,
	  "OUT 0xcfc <- 0x0406 PCI: 00:1f.7 command: memory master" TIMES
	  "PCI 3.0" },
	{ 0, 0, 0xcfc, 0, 2,
	  "IN 0xcfc -> 0x0000 PCI: 00:1f.7 command: nothing" TIMES "PCI 3.0" },
	{ 0, 0, 0xcff, 0, 1,
	  "IN 0xcff -> 0x00 PCI: 00:1f.7 status" TIMES "PCI 3.0" },
	{ 0, 1, 0xcf8, 0x12, 1, /* another chip's, if any */
	  "OUT 0xcf8 <- 0x12 PCI: not as a double word" TIMES "PCI 3.0" },
	{ 0, 0, 0xcfe, 0, 1,
	  "IN 0xcfe -> 0x00 PCI: 00:1f.7 status" TIMES "PCI 3.0" },
	{ 0, 1, 0xcf8, 0x80050824, 4,
	  "OUT 0xcf8 <- 0x80050824 PCI: 05:01.0 BAR5" TIMES "PCI 3.0" },
	{ 0, 1, 0xcf8, 0x80000844, 4,
	  "OUT 0xcf8 <- 0x80000844 PCI: 00:01.0 register 0x44" TIMES
	  "PCI 3.0" },
	{ 1, 0, 0xe0008010, 0xc1000000, 4,
	  "READ 0xe0008010 -> 0xc1000000 ECAM: 00:01.0 BAR0" TIMES
	  "PCI FW 3.0" },
	{ 1, 1, 0xe0008004, 0x2, 2,
	  "WRITE 0xe0008004 <- 0x0002 ECAM: 00:01.0 command: memory" TIMES
	  "PCI FW 3.0" },
	{ 1, 0, 0xe000803d, 0x1, 1,
	  "READ 0xe000803d -> 0x01 ECAM: 00:01.0 interrupt pin" TIMES
	  "PCI FW 3.0" },
	{ 1, 0, 0xe00f8fff, 0xff, 1,
	  "READ 0xe00f8fff -> 0xff ECAM: 00:1f.0 register 0xfff" TIMES
	  "PCI FW 3.0" },
	{ 1, 1, 0xc1000060, 0x5, 4,
	  "WRITE 0xc1000060 <- 0x00000005 BAR: edu takes it" TIMES "PCI 3.0" },
	{ 1, 0, 0xfcffffff, 0x5, 1,
	  "READ 0xfcffffff -> 0x05 BAR: edu gives it" TIMES "PCI 3.0" },
	{ 0, 0, 0xffff, 0x5, 1,
	  "IN 0xffff -> 0x05 BAR: edu gives it" TIMES "PCI 3.0" },
};

static void memory(int write, uint64_t at, uint32_t val, unsigned int size)
{
	area.run.exit_reason = KVM_EXIT_MMIO;
	area.run.mmio.is_write = write;
	area.run.mmio.phys_addr = at;
	area.run.mmio.len = size;
	memcpy(area.run.mmio.data, &val, sizeof(val));
}

static void names_what_is_meant(void **state)
{
	(void)state;
	view.device = "edu";
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].memory)
			memory(rows[i].write, rows[i].at, rows[i].val,
			       rows[i].size);
		else
			port(rows[i].write, rows[i].at, &rows[i].val,
			     rows[i].size, 1);
		assert_string_equal(explained(), rows[i].said);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(names_what_is_meant, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
