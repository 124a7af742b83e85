/* objects: devices/cmos.o devices/cmos_time.o devices/cmos_flags.o devices/cmos_irq.o */
/* objects: devices/debugcon.o devices/fwcfg.o devices/fwcfg_dma.o devices/hypercall.o */
/* objects: devices/fwcfg_saved.o util/fwfile.o */
/* objects: devices/hypercall_saved.o */
/* objects: devices/i8042.o devices/i8042_kbd.o devices/i8042_keys.o */
/* objects: devices/i8042_scan.o devices/i8042_input.o */
/* objects: devices/i8042_mouse.o devices/i8042_ko_none.o */
/* objects: devices/ioapic.o devices/pic.o devices/pit.o devices/pit_counter.o devices/speaker_none.o */
/* objects: devices/pm.o devices/port92.o devices/post.o devices/reset.o */
/* objects: devices/serial.o devices/serial_irq.o devices/serial_fifo.o */
/* objects: pci/host.o pci/ecam.o pci/config.o pci/saved.o pci/interrupt.o */
/* objects: pci/edu.o core/plan.o core/feature.o devices/vga.o devices/vga_look.o */
/* objects: devices/vga_picture.o devices/vga_font.o devices/vga_memory.o */
/* objects: devices/vga_draw.o devices/vga_vbe.o devices/vga_wait.o util/picture.o core/slots_saved.o */
/* objects: util/surface.o util/lock.o util/log.o util/sink.o */
/* Devices that come from damaged snapshots, with the same bytes at every run; the
 * fuzzer looks for others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "damaged_world.h"

#define RUNS	  300000
#define BYTES_MAX 400

static void fill(uint8_t *bytes, size_t len, unsigned int *seed)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = rand_r(seed) >> 8;
}

/* Both happen, and often: else nothing was tried. */
static void damaged_devices_go_on_or_are_refused(void **state)
{
	unsigned int seed = 1, restored = 0;
	uint8_t bytes[BYTES_MAX];

	(void)state;
	for (unsigned int run = 0; run < RUNS; run++) {
		size_t len = 3 + run % (BYTES_MAX - 3);

		fill(bytes, len, &seed);
		restored += saved_from_bytes(bytes, len);
	}
	assert_in_range(restored, RUNS / 8, RUNS - RUNS / 8);
}

/* Every device that is linked in can be saved. */
static void every_device_can(void **state)
{
	const struct device_type *types[SAVED_DEVICES_MAX];
	unsigned int nr = saved_types(types);

	(void)state;
	assert_true(nr > 15);
	for (unsigned int i = 0; i < nr; i++) {
		assert_true(types[i]->version > 0);
		assert_in_range(types[i]->saved, 0, types[i]->size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_device_can),
		cmocka_unit_test(damaged_devices_go_on_or_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
