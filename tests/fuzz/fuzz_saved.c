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
/*
 * Devices that come from damaged snapshots: tests/unit/damaged_world.h has what
 * happens to them.
 */
#include "../unit/damaged_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	saved_from_bytes(data, size);
	return 0;
}
