/*
 * A spare slot of PCI: dsdt.c gives each its name, its place on the bus, its number
 * and its bit in the registers of pci/hotplug.c. Its general purpose event says that
 * something was put in, which is looked at, or is wanted back.
 */
#include "block.asli"
BLOCK
{
	Device (\_SB.PCI0) /* is there already: dsdt.c leaves this away */
	{
		Name (_ADR, 0)
	}
	Scope (\_SB.PCI0)
	{
		Device (S000)
		{
			Name (_ADR, 0xEEEE0000)
			Name (_SUN, 0xEE)
			Name (MASK, 0xED)
			OperationRegion (REGS, SystemIO, PC_PCI_SPARE_PORT,
				PC_PCI_SPARE_PORT_LEN)
			Field (REGS, ByteAcc, NoLock, WriteAsZeros)
			{
				FULL, 8, WANT, 8, EJCT, 8
			}
			Method (CHEK)
			{
				If (WANT & MASK)
				{
					WANT = MASK
					Notify (S000, 3)
				}
				Else
				{
					Notify (S000, 1)
				}
			}
			Method (_EJ0, 1)
			{
				EJCT = MASK
			}
		}
	}
	Method (\_GPE._E00)
	{
		\_SB.PCI0.S000.CHEK ()
	}
}
