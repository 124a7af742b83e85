/* The VM generation ID: where it lies, and that it is looked at again when the
 * general purpose event comes. */
#include "block.asli"
BLOCK
{
	Scope (\_SB)
	{
		Device (VGEN)
		{
			Name (_HID, "MKVM0001")
			Name (_CID, Package () { "VMGENCTR", "VM_Gen_Counter" })
			Name (_DDN, "VM_Gen_Counter")
			Name (ADDR, Package () { MEM_GENERATION, 0 })
		}
	}
	Method (\_GPE._E05)
	{
		Notify (\_SB.VGEN, 0x80)
	}
}
