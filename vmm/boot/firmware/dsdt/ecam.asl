/* The configuration space in memory, which belongs to no other device: a system
 * that reads MCFG looks whether it is so. */
#include "block.asli"
BLOCK
{
	Scope (\_SB)
	{
		Device (ECAM)
		{
			Name (_HID, EisaId ("PNP0C02"))
			Name (_UID, 0)
			Name (_CRS, ResourceTemplate ()
			{
				Memory32Fixed (ReadWrite, PC_ECAM_GPA, PC_ECAM_LEN)
			})
		}
	}
}
