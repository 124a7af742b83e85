/* objects: probes/explain/explain.o probes/explain/access.o probes/explain/serial.o
 * probes/explain/hypercall.o probes/explain/i8042.o probes/explain/cmos.o
 * probes/explain/ioapic.o probes/explain/pci.o probes/explain/chips.o probes/explain/vga.o probes/explain/ide.o probes/explain/floppy.o probes/explain/virtio.o
 * probes/explain/exits.o core/symbols_none.o util/text.o util/log.o util/sink.o */
/* What --explain says of the screen's registers, most of them behind an index. */
#include "explained.h"

static void the_screen(void **state)
{
	static const struct access accesses[] = {
		OUT(0x3d4, 0x0e,
		    "OUT 0x3d4 <- 0x0e CRTC index: cursor high" TIMES
		    "VGA ref."),
		OUT(0x3d5, 0x01,
		    "OUT 0x3d5 <- 0x01 CRTC: cursor high" TIMES "VGA ref."),
		IN(0x3c5, 0x03,
		   "IN 0x3c5 -> 0x03 sequencer: reset" TIMES "VGA ref."),
		OUT(0x3ce, 0x06,
		    "OUT 0x3ce <- 0x06 graphics index: misc" TIMES "VGA ref."),
		IN(0x3cf, 0x0e,
		   "IN 0x3cf -> 0x0e graphics: misc" TIMES "VGA ref."),
		IN(0x3da, 0x09,
		   "IN 0x3da -> 0x09 status: vertical retrace" TIMES
		   "VGA ref."),
		IN(0x3da, 0x00,
		   "IN 0x3da -> 0x00 status: shows" TIMES "VGA ref."),
		OUT(0x3c0, 0x30,
		    "OUT 0x3c0 <- 0x30 attribute: chooses mode" TIMES
		    "VGA ref."),
		OUT(0x3c0, 0x04,
		    "OUT 0x3c0 <- 0x04 attribute: mode" TIMES "VGA ref."),
		OUT(0x3c0, 0x01,
		    "OUT 0x3c0 <- 0x01 attribute: chooses colour 1, screen "
		    "off" TIMES "VGA ref."),
		/* Reading the status puts the port back to index. */
		IN(0x3da, 0x00,
		   "IN 0x3da -> 0x00 status: shows" TIMES "VGA ref."),
		OUT(0x3c0, 0x34,
		    "OUT 0x3c0 <- 0x34 attribute: chooses colour "
		    "select" TIMES "VGA ref."),
		IN(0x3c1, 0x00,
		   "IN 0x3c1 -> 0x00 attribute: colour select" TIMES
		   "VGA ref."),
		OUT(0x3c2, 0x66,
		    "OUT 0x3c2 <- 0x66 misc output: monochrome, "
		    "at 0x3b4 memory on" TIMES "VGA ref."),
		OUT(0x3b4, 0x20,
		    "OUT 0x3b4 <- 0x20 CRTC index: no register" TIMES
		    "VGA ref."),
	};
	const uint16_t word = 0x5a0f;

	(void)state;
	view.device = "vga";
	RUN(accesses);
	port(1, 0x3d4, &word, 2, 1);
	assert_string_equal(explained(), "OUT 0x3d4 <- 0x5a0f CRTC index: "
					 "cursor low = 0x5a" TIMES "VGA ref.");
}

static void a_framebuffer(void **state)
{
	static const struct access accesses[] = {
		OUT(0x1ce, 0x01,
		    "OUT 0x1ce <- 0x01 VBE index: width" TIMES "Bochs VBE"),
		OUT(0x1cf, 0x40,
		    "OUT 0x1cf <- 0x40 VBE: width = 64" TIMES "Bochs VBE"),
		OUT(0x1ce, 0x04,
		    "OUT 0x1ce <- 0x04 VBE index: enable" TIMES "Bochs VBE"),
		OUT(0x1cf, 0x41,
		    "OUT 0x1cf <- 0x41 VBE: enable, on, linear" TIMES
		    "Bochs VBE"),
		IN(0x1cf, 0x00,
		   "IN 0x1cf -> 0x00 VBE: enable, off" TIMES "Bochs VBE"),
		OUT(0x1ce, 0x0b,
		    "OUT 0x1ce <- 0x0b VBE index: no register" TIMES
		    "Bochs VBE"),
	};

	(void)state;
	view.device = "vga";
	RUN(accesses);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_screen, setup),
		cmocka_unit_test_setup(a_framebuffer, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
