/* The floppy disk controller, which drives there are (_FDE: a number for each of four,
 * and 2: a tape there is never), and the DMA controllers that it needs. */
#include "block.asli"
BLOCK
{
	Scope (\_SB)
	{
		Device (FDC0)
		{
			Name (_HID, EisaId ("PNP0700"))
			Name (_CRS, ResourceTemplate ()
			{
				IO (Decode16, 0x3F0, 0x3F0, 1, 6)
				IO (Decode16, 0x3F7, 0x3F7, 1, 1)
				IRQNoFlags () { 6 }
				DMA (Compatibility, NotBusMaster, Transfer8) { 2 }
			})
			Name (_FDE, Buffer ()
			{
				0xEA, 0, 0, 0, 0xEB, 0, 0, 0,
				0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0
			})
		}
		Device (DMA0)
		{
			Name (_HID, EisaId ("PNP0200"))
			Name (_CRS, ResourceTemplate ()
			{
				IO (Decode16, 0x00, 0x00, 1, 16)
				IO (Decode16, 0x81, 0x81, 1, 15)
				IO (Decode16, 0xC0, 0xC0, 1, 32)
				DMA (Compatibility, NotBusMaster, Transfer8) { 4 }
			})
		}
	}
}
