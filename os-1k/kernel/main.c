/* The kernel's bill of materials. */
#include "kernel/kernel.h"

/* Called by entry.S on a stack that is never returned to. */
_Noreturn void kernel_main(uint32_t loader)
{
	power_loader = loader;
	segments_init();
	traps_init();
	page_init();
	screen_init();
	keyboard_init();
	serial_init();
	timer_init();
	if (process_spawn("shell", "", SPAWN_FRONT) < 0)
		print("kernel panic: there is no shell in the archive\n");
	else
		schedule();
	power_reset_after_panic();
}
