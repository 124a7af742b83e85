/* Without MPTABLE: firmware's own stays. */
#include "boot/firmware/table_loader.h"

int firmware_tell_mptable(const struct memory *mem, struct fw_files *files)
{
	(void)mem;
	(void)files;
	return 0;
}
