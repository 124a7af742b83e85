/* A processor: dsdt.c gives each its name, C000 to C0FD, and its number, the
 * last byte, which is that in the MADT. */
#include "block.asli"
BLOCK
{
	Scope (\_SB)
	{
		Device (C000)
		{
			Name (_HID, "ACPI0007")
			Name (_UID, 0xFF)
		}
	}
}
