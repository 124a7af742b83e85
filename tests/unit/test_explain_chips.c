/* objects: probes/explain/explain.o probes/explain/access.o probes/explain/serial.o
 * probes/explain/hypercall.o probes/explain/i8042.o probes/explain/cmos.o
 * probes/explain/ioapic.o probes/explain/pci.o probes/explain/chips.o
 * probes/explain/vga.o probes/explain/ide.o probes/explain/floppy.o probes/explain/virtio.o probes/explain/exits.o core/symbols_none.o util/text.o util/log.o util/sink.o */
/* What --explain says of the chips of a PC, register by register. */
#include "explained.h"

static void the_keyboard_controller(void **state)
{
	static const struct access accesses[] = {
		IN(0x64, 0x1d,
		   "IN 0x64 -> 0x1d status: OBF SYS CMD UNLOCK" TIMES
		   "PC/AT ref."),
		OUT(0x64, 0x60,
		    "OUT 0x64 <- 0x60 i8042: write mode" TIMES "PC/AT ref."),
		OUT(0x60, 0x45,
		    "OUT 0x60 <- 0x45 i8042: IRQ1 SYS translate" TIMES
		    "PC/AT ref."),
		OUT(0x60, 0xed,
		    "OUT 0x60 <- 0xed keyboard: set LEDs" TIMES "PC/AT ref."),
		OUT(0x60, 0xf4,
		    "OUT 0x60 <- 0xf4 keyboard: the LEDs" TIMES "PC/AT ref."),
		OUT(0x60, 0xf4,
		    "OUT 0x60 <- 0xf4 keyboard: scanning on" TIMES
		    "PC/AT ref."),
		OUT(0x64, 0xfe,
		    "OUT 0x64 <- 0xfe i8042: reset the CPU" TIMES "PC/AT ref."),
	};

	(void)state;
	view.device = "i8042";
	RUN(accesses);
}

static void other_chips(void **state)
{
	static const struct access accesses[] = {
		OUT(0x70, 0x84,
		    "OUT 0x70 <- 0x84 index: hours" TIMES "MC146818"),
		IN(0x71, 0x23, "IN 0x71 -> 0x23 clock: hours" TIMES "MC146818"),
		OUT(0x20, 0x11,
		    "OUT 0x20 <- 0x11 PIC1 ICW1: begin" TIMES "8259A"),
		OUT(0x21, 0x20,
		    "OUT 0x21 <- 0x20 PIC1 ICW2: vectors from "
		    "0x20" TIMES "8259A"),
		OUT(0x21, 0x04,
		    "OUT 0x21 <- 0x04 PIC1 ICW3: taken" TIMES "8259A"),
		OUT(0x21, 0x01,
		    "OUT 0x21 <- 0x01 PIC1 ICW4: taken" TIMES "8259A"),
		OUT(0x21, 0xfc,
		    "OUT 0x21 <- 0xfc PIC1: on: IRQ0,1" TIMES "8259A"),
		OUT(0xa1, 0xef,
		    "OUT 0xa1 <- 0xef PIC2: on: IRQ12" TIMES "8259A"),
		OUT(0x20, 0x20,
		    "OUT 0x20 <- 0x20 PIC1: end of interrupt" TIMES "8259A"),
		OUT(0x43, 0x34,
		    "OUT 0x43 <- 0x34 PIT: counter 0, low, high, "
		    "mode 2" TIMES "8254"),
		OUT(0x40, 0x9c,
		    "OUT 0x40 <- 0x9c PIT: a byte of counter "
		    "0" TIMES "8254"),
		OUT(0x80, 0x12,
		    "OUT 0x80 <- 0x12 POST: code 0x12" TIMES "PC/AT ref."),
		OUT(0xe9, 'd',
		    "OUT 0xe9 <- 'd' debug console: prints it" TIMES "Bochs"),
		OUT(0xcf9, 0x06,
		    "OUT 0xcf9 <- 0x06 RST_CNT: hard reset" TIMES "Intel ICH"),
	};

	(void)state;
	view.device = "some";
	RUN(accesses);
}

/* What the boot code of small systems and kernel test suites touch. */
static void ports_of_small_systems(void **state)
{
	static const struct access accesses[] = {
		IN(0x61, 0x31,
		   "IN 0x61 -> 0x31 port B: gate-2 refresh "
		   "OUT-2" TIMES "PC/AT ref."),
		OUT(0x92, 0x02,
		    "OUT 0x92 <- 0x02 port A: A20-on" TIMES "PS/2 ref."),
		OUT(0x64, 0xdd,
		    "OUT 0x64 <- 0xdd i8042: A20 off" TIMES "PC/AT ref."),
		OUT(0xf4, 0x10,
		    "OUT 0xf4 <- 0x10 exit port: status "
		    "33" TIMES "guide.md"),
		OUT(0xf4, 0x80,
		    "OUT 0xf4 <- 0x80 exit port: status "
		    "63" TIMES "guide.md"),
		OUT(0x510, 0x05,
		    "OUT 0x510 <- 0x05 fw_cfg: how many CPUs" TIMES "fw_cfg"),
		IN(0x511, 0x02,
		   "IN 0x511 -> 0x02 fw_cfg: accessed" TIMES "fw_cfg"),
		IN16(0x600, 0x0101,
		     "IN 0x600 -> 0x0101 PM1_STS: timer "
		     "power-button" TIMES "ACPI"),
		OUT16(0x600, 0x0001,
		      "OUT 0x600 <- 0x0001 PM1_STS: timer" TIMES "ACPI"),
		OUT16(0x602, 0x0100,
		      "OUT 0x602 <- 0x0100 PM1_EN: power-button" TIMES "ACPI"),
		OUT16(0x602, 0x0020,
		      "OUT 0x602 <- 0x0020 PM1_EN: no event" TIMES "ACPI"),
		IN16(0x604, 0x2401,
		     "IN 0x604 -> 0x2401 PM1_CNT: type 1" TIMES "ACPI"),
		OUT16(0x604, 0x2000,
		      "OUT 0x604 <- 0x2000 PM1_CNT: to sleep, type "
		      "0" TIMES "ACPI"),
		OUT(0x70, 0x35,
		    "OUT 0x70 <- 0x35 index: memory size" TIMES "MC146818"),
		OUT(0x70, 0x0f,
		    "OUT 0x70 <- 0x0f index: shutdown reason" TIMES "MC146818"),
		OUT(0x70, 0x5f,
		    "OUT 0x70 <- 0x5f index: CPUs, less one" TIMES "MC146818"),
		OUT(0x70, 0x14,
		    "OUT 0x70 <- 0x14 index: drives, equipment" TIMES
		    "MC146818"),
		OUT(0x70, 0x7e,
		    "OUT 0x70 <- 0x7e index: a byte of RAM" TIMES "MC146818"),
	};

	(void)state;
	view.device = "some";
	RUN(accesses);
}

static const char *at_ioapic(int write, uint64_t gpa, uint32_t val)
{
	area.run.exit_reason = KVM_EXIT_MMIO;
	area.run.mmio.phys_addr = gpa;
	area.run.mmio.is_write = write;
	area.run.mmio.len = sizeof(val);
	memcpy(area.run.mmio.data, &val, sizeof(val));
	return explained();
}

static void the_io_apic(void **state)
{
	static const struct {
		int write;
		uint32_t off, val;
		const char *said;
	} accesses[] = {
		{ 1, 0, 0x01, "IOREGSEL: IOAPICVER" },
		{ 0, 16, 0x170011, "IOWIN: version 0x11, 24 pins" },
		{ 1, 0, 0x18, "IOREGSEL: IOREDTBL4, low" },
		{ 0, 0, 0x18, "IOREGSEL: IOREDTBL4, low" },
		{ 0, 16, 0x10000, "IOWIN: pin 4: vector 0x00 edge off" },
		{ 1, 16, 0x8141, "IOWIN: pin 4: lowest 0x41 level" },
		{ 1, 0, 0x3f, "IOREGSEL: IOREDTBL23, high" },
		{ 1, 16, 0x3000000, "IOWIN: pin 23: destination 0x03" },
		{ 1, 0, 0x40, "IOREGSEL: no register" },
		{ 0, 16, 0xffffffff, "IOWIN: no register" },
		{ 1, 0, 0x00, "IOREGSEL: IOAPICID" },
		{ 1, 16, 0x1000000, "IOWIN: id 1" },
	};
	char want[128];

	(void)state;
	view.device = "ioapic";
	for (size_t i = 0; i < sizeof(accesses) / sizeof(accesses[0]); i++) {
		snprintf(want, sizeof(want),
			 "%s 0xfec000%02x %s 0x%08x %s" TIMES "82093AA",
			 accesses[i].write ? "WRITE" : "READ", accesses[i].off,
			 accesses[i].write ? "<-" : "->", accesses[i].val,
			 accesses[i].said);
		assert_string_equal(at_ioapic(accesses[i].write,
					      0xfec00000 + accesses[i].off,
					      accesses[i].val),
				    want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_keyboard_controller, setup),
		cmocka_unit_test_setup(other_chips, setup),
		cmocka_unit_test_setup(ports_of_small_systems, setup),
		cmocka_unit_test_setup(the_io_apic, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
