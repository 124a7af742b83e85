/* The keyboard and its controller. */
#include "block.asli"
BLOCK
{
	Scope (\_SB)
	{
		Device (KBD0)
		{
			Name (_HID, EisaId ("PNP0303"))
			Name (_CRS, ResourceTemplate ()
			{
				IO (Decode16, 0x60, 0x60, 0, 1)
				IO (Decode16, 0x64, 0x64, 0, 1)
				IRQNoFlags () { 1 }
			})
		}
	}
}
