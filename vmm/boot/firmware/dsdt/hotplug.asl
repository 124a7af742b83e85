/* The registers of spare slots, which belong to no other device. */
#include "block.asli"
BLOCK
{
	Scope (\_SB)
	{
		Device (SPRE)
		{
			Name (_HID, EisaId ("PNP0C02"))
			Name (_UID, 1)
			Name (_CRS, ResourceTemplate ()
			{
				IO (Decode16, PC_PCI_SPARE_PORT,
					PC_PCI_SPARE_PORT, 0,
					PC_PCI_SPARE_PORT_LEN)
			})
		}
	}
}
