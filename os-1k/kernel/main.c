/* The kernel's bill of materials. */
#include "kernel/kernel.h"

/* Called by entry.S on a stack that is never returned to. */
_Noreturn void kernel_main(uint32_t loader)
{
	static struct program shell = { .name = "shell" };

	power_loader = loader;
	segments_init();
	traps_init();
	page_init();
	screen_init();
	serial_init();
	if (sys_spawn(&shell, SPAWN_FRONT) < 0)
		panic("there is no shell in the archive");
	keyboard_init(); /* last of the two, see there */
	timer_init();
	schedule();
	panic("the boot stack was scheduled");
}
