/* The two 8259s. */
#include "block.asli"
BLOCK
{
	Scope (\_SB)
	{
		Device (PIC0)
		{
			Name (_HID, EisaId ("PNP0000"))
			Name (_CRS, ResourceTemplate ()
			{
				IO (Decode16, 0x20, 0x20, 0, 2)
				IO (Decode16, 0xA0, 0xA0, 0, 2)
				IO (Decode16, 0x4D0, 0x4D0, 0, 2)
				IRQNoFlags () { 2 }
			})
		}
	}
}
