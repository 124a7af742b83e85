/* virtio over MMIO: dsdt.c gives each its name, V000 and so on, its number, its
 * place and its interrupt line instead of those here. */
#include "block.asli"
BLOCK
{
	Scope (\_SB)
	{
		Device (V000)
		{
			Name (_HID, "LNRO0005")
			Name (_UID, 0xEE)
			Name (_CRS, ResourceTemplate ()
			{
				Memory32Fixed (ReadWrite, 0xEEEEE000,
					PC_WINDOW_LEN)
				Interrupt (ResourceConsumer, Edge, ActiveHigh,
					Exclusive)
				{
					0xEEEEEEEE
				}
			})
		}
	}
}
