/* No short cuts: what stands in when BOOT_SHORTCUTS is configured out. */
#include "boot/linux.h"

const char *linux_shortcuts(const struct linux_kernel *kernel,
			    const struct boot_args *args)
{
	(void)kernel;
	(void)args;
	return "";
}
