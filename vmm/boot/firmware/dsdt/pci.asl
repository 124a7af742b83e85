/*
 * The PCI host bridge. INTx# is wired twice: to pins 16 to 19 of the I/O APIC,
 * and for a system that has not said by _PIC that it uses that, to lines 10 and
 * 11 of the 8259s; in the same turn as platform_intx() (include/firmware.h).
 */
#include "block.asli"
BLOCK
{
	Name (\PICM, 0)
	Method (\_PIC, 1)
	{
		PICM = Arg0
	}
	Scope (\_SB)
	{
		Device (PCI0)
		{
			Name (_HID, EisaId ("PNP0A08"))
			Name (_CID, EisaId ("PNP0A03"))
			Name (_UID, 0)
			Name (_BBN, 0)
			Name (_CRS, ResourceTemplate ()
			{
				WordBusNumber (ResourceProducer, MinFixed,
					MaxFixed, PosDecode,
					0, 0, 0, 0, 1)
				IO (Decode16, PC_PCI_CONFIG, PC_PCI_CONFIG, 1, 8)
				/* Functions at the ports of old: IDE, VGA. */
				WordIO (ResourceProducer, MinFixed, MaxFixed,
					PosDecode, EntireRange,
					0, 0, PC_PCI_OLD_LAST,
					0, PC_PCI_CONFIG)
				WordIO (ResourceProducer, MinFixed, MaxFixed,
					PosDecode, EntireRange,
					0, PC_PCI_IO,
					PC_PCI_IO_LAST,
					0, PC_PCI_IO_LEN)
				DWordMemory (ResourceProducer, PosDecode,
					MinFixed, MaxFixed, NonCacheable,
					ReadWrite,
					0, PC_PCI_MEM1,
					PC_PCI_MEM1_LAST,
					0, PC_PCI_MEM1_LEN)
				DWordMemory (ResourceProducer, PosDecode,
					MinFixed, MaxFixed, NonCacheable,
					ReadWrite,
					0, PC_PCI_MEM2,
					PC_PCI_MEM2_LAST,
					0, PC_PCI_MEM2_LEN)
			})
			Method (_PRT, 0, Serialized)
			{
				Local0 = Package (128) {}
				Local1 = 0
				While (Local1 < 128)
				{
					Local2 = Local1 >> 2
					Local3 = (Local2 + Local1) & 3
					Local4 = Package () { 0, 0, 0, 0 }
					Local4[0] = (Local2 << 16) | 0xFFFF
					Local4[1] = Local1 & 3
					If (PICM)
					{
						Local4[3] = Local3 + PC_PCI_INTX_GSI
					}
					Else
					{
						Local4[3] = (((Local3 + 3) & 3) >> 1) + PC_PCI_INTX_LINE
					}
					Local0[Local1] = Local4
					Local1++
				}
				Return (Local0)
			}
		}
	}
}
