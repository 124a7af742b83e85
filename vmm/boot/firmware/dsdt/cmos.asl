/* The clock and CMOS memory. */
#include "block.asli"
BLOCK
{
	Scope (\_SB)
	{
		Device (RTC0)
		{
			Name (_HID, EisaId ("PNP0B00"))
			Name (_CRS, ResourceTemplate ()
			{
				IO (Decode16, 0x70, 0x70, 0, 2)
				IRQNoFlags () { 8 }
			})
		}
	}
}
