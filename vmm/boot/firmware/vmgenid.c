/*
 * The VM generation ID: 16 random bytes in memory that firmware keeps, others each
 * time the guest is restored. A guest that finds them changed is one of several
 * that go on from the same moment, and makes anew what must be nobody else's: Linux
 * its random numbers. Follows Microsoft's "Virtual Machine Generation ID".
 *
 * ACPI says where they lie (dsdt/vmgenid.asl), and devices/pm.c that they have
 * changed, by a general purpose event.
 */
#include <string.h>
#include <sys/random.h>

#include "feature.h"
#include "firmware.h"
#include "util/fixed.h"

#define ID_SIZE 16

static bool vmgenid_fits(const struct platform *platform)
{
	return platform_has(platform,
			    PLATFORM_ACPI | PLATFORM_PM | PLATFORM_IRQS);
}

static void vmgenid_write(const struct memory *mem,
			  const struct platform *platform)
{
	uint8_t id[ID_SIZE];

	(void)platform;
	if (fixed_random(id, sizeof(id)) ||
	    getrandom(id, sizeof(id), 0) == sizeof(id))
		mem_write(mem, MEM_GENERATION, id, sizeof(id));
}

static const struct firmware vmgenid = {
	.name = "vmgenid",
	.fits = vmgenid_fits,
	.write = vmgenid_write,
	.again = true,
};
FIRMWARE(vmgenid);

static const struct feature vmgenid_feature = {
	.name = "vmgenid",
	.what = "VM generation ID of ACPI: a restored guest is told so",
};
FEATURE(vmgenid_feature);
