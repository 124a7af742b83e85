/* Who polls for the retrace polls: what stands in when VGA_RETRACE_WAIT is
 * configured out. */
#include "vga.h"

void vga_wait_init(struct vga *v)
{
	(void)v;
}

uint8_t vga_wait(struct vga *v, uint64_t now_ns)
{
	(void)v;
	return vga_status_at(now_ns);
}
