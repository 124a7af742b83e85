/* The mouse behind the keyboard controller, which has the ports. */
#include "block.asli"
BLOCK
{
	Scope (\_SB)
	{
		Device (MOU0)
		{
			Name (_HID, EisaId ("PNP0F13"))
			Name (_CRS, ResourceTemplate ()
			{
				IRQNoFlags () { 12 }
			})
		}
	}
}
