/* The 8254, and its speaker's port. */
#include "block.asli"
BLOCK
{
	Scope (\_SB)
	{
		Device (TMR0)
		{
			Name (_HID, EisaId ("PNP0100"))
			Name (_CRS, ResourceTemplate ()
			{
				IO (Decode16, 0x40, 0x40, 0, 4)
				IO (Decode16, 0x61, 0x61, 0, 1)
				IRQNoFlags () { 0 }
			})
		}
	}
}
